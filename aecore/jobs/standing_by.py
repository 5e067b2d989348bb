"""What the worker that stands by does (aecore/jobs/standby.py): get ready, wait, and take on the folder of a job."""

import gc
import os
import socket
from pathlib import Path

from aecore.jobs.loading import load_torch

LONGEST_PATH = 64 * 1024  # bytes


def await_job() -> Path | None:
    """Get ready and wait for a job: its folder, with this process's output going to its log.

    Standard input is the end of the pair through which it comes. None when the process that would send one is gone.
    """
    line = socket.socket(fileno=os.dup(0))
    _get_ready()
    with line:
        folder, files, _, _ = socket.recv_fds(line, LONGEST_PATH, 1)
    if not folder or not files:
        return None
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nowhere, 0), (files[0], 1), (files[0], 2)):
        os.dup2(source, target)
    os.close(nowhere)
    os.close(files[0])
    return Path(os.fsdecode(folder))


def _get_ready() -> None:
    """Load what a training needs and let torch set up what it sets up at the first step.

    A small network is trained on a few black pixels, on the CPU. Nothing of it stays: no global random number is drawn,
    no thread count set, no GPU touched.
    """
    load_torch()
    import numpy as np
    import torch

    import aecore.jobs.memory
    import aecore.runs.beginning
    import aecore.runs.recorder  # noqa: F401
    from aecore.data.image_set import ImageSet, Splits
    from aecore.training.loop import Training
    from aecore.training.precision import Device
    from aecore.training.recipe import DataChoice, make_recipe

    part = ImageSet(np.zeros((4, 1, 8, 8), np.uint8))
    splits = Splits(part, part, part, name="nothing", fingerprint="")
    recipe = make_recipe("convolutional", DataChoice("nothing"), {"training.epochs": 1, "training.batch_size": 4})
    with torch.random.fork_rng(devices=[]):
        for _ in Training(recipe, splits, Device("cpu", "CPU", bfloat16=False)).events():
            pass
    gc.collect()
    gc.freeze()
