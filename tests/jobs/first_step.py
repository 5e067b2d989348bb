"""What a process has loaded when a run in it has taken its first step; asked in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from aecore import places

PROJECT = Path(__file__).parents[2]


def modules_at_first_step(folder: str) -> set[str]:
    """The names of all modules, at the first that the run in `folder` tells of its progress."""
    import aecore.jobs.worker  # noqa: F401
    from aecore.jobs.foreground import run_here
    from aecore.runs.folder import Run
    from aecore.training.events import Progress

    for event in run_here(Run(Path(folder))):
        if isinstance(event, Progress):
            return set(sys.modules)
    raise AssertionError("the run took no step")


def told_by(program: str, run: Any) -> Any:
    """The JSON that a Python program prints, which is given the folder of the run."""
    command = [sys.executable, "-c", program, str(run.path)]
    told = subprocess.run(command, capture_output=True, text=True, env=places.child_environment(), cwd=PROJECT)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)
