"""What Slurm says of our jobs, by its own commands: asked at most every few seconds for all of them at once.

It is not read from submitit: without accounting in the cluster submitit does not learn that a job was cancelled.
"""

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

AGE_S = 3.0  # pages look at every run once a second
TIMEOUT_S = 10.0

_known: tuple[float, Mapping[str, str] | None] | None = None


def state_in_slurm(job: str, fresh: bool = False) -> str | None:
    """ "PENDING", "RUNNING" ...; "" for a job that has ended; None where Slurm cannot be asked."""
    global _known
    if fresh or _known is None or time.monotonic() - _known[0] > AGE_S:
        _known = (time.monotonic(), _asked())
    states = _known[1]
    return None if states is None else states.get(job, "")


def cancel(job: str) -> None:
    """Take a job out of the queue; one that runs is sent SIGTERM. Nothing happens to one that has ended."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["scancel", job], capture_output=True, timeout=TIMEOUT_S)


def _asked() -> Mapping[str, str] | None:
    command = ["squeue", "--me", "--noheader", "--format=%i %T"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return dict(line.split(maxsplit=1) for line in answer.stdout.splitlines() if " " in line)
