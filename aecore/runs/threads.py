"""How many threads a training uses on the CPU: the one place that decides it.

A new run takes what torch offers, one thread for each physical core or what OMP_NUM_THREADS says. A run that goes on
takes the number it began with, since sums are rounded in another order with another number of threads. Processes that
train together divide the cores of their machine: torchrun sets OMP_NUM_THREADS to 1 where nobody has set it, so that
only a larger number is somebody's choice.
"""

import os

import torch

from aecore.places import Companions
from aecore.runs.folder import Run
from aecore.runs.summary import whole


def settle_threads(run: Run) -> None:
    """Use as many threads as the run began with, if this machine has them, or this process's share of the cores."""
    companions = Companions.found()
    begun = whole(run.environment(), "threads")
    if companions is not None:
        if torch.get_num_threads() == 1:
            torch.set_num_threads(max(1, _cores() // companions.local_ranks))
    elif 0 < begun <= (os.cpu_count() or 1) and begun != torch.get_num_threads():
        torch.set_num_threads(begun)


def _cores() -> int:
    """The physical cores that this process may use."""
    import psutil

    physical: int = psutil.cpu_count(logical=False) or 1  # type: ignore[no-untyped-call]
    return min(physical, len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else physical
