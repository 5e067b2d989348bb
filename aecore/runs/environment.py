"""environment.json: what a training ran on, without anything that names a person or a machine."""

import json
import platform

import numpy as np
import torch

from aecore import __version__
from aecore.runs.files import write_file
from aecore.runs.folder import ENVIRONMENT, Run
from aecore.training.events import Started


def write_environment(run: Run, started: Started) -> None:
    """Keep versions, device, precision and threads; those of an earlier start that differ stay under "earlier"."""
    now = {
        "aecore": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": str(np.__version__),
        "device": started.device,
        "precision": started.precision,
        "threads": torch.get_num_threads(),
        **({"processes": started.processes} if started.processes > 1 else {}),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    before = run.environment()
    earlier = before.pop("earlier", [])
    if before and before != now:
        earlier = [*earlier, before]
    write_file(run.path / ENVIRONMENT, json.dumps(now | ({"earlier": earlier} if earlier else {}), indent=1).encode())
