"""How many threads a training uses on the CPU: the one place that decides it.

A new run takes what torch offers, one thread for each physical core or what OMP_NUM_THREADS says. A run that goes on
takes the number it began with, since sums are rounded in another order with another number of threads.
"""

import os

import torch

from aecore.runs.folder import Run
from aecore.runs.summary import whole


def settle_threads(run: Run) -> None:
    """Use as many threads as the run began with, if this machine has them."""
    begun = whole(run.environment(), "threads")
    if 0 < begun <= (os.cpu_count() or 1) and begun != torch.get_num_threads():
        torch.set_num_threads(begun)
