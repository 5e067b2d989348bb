"""How a worker comes to life: here as a process of this machine."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aecore import places
from aecore.errors import JobError
from aecore.jobs.slurm import SlurmJob
from aecore.runs.job_folder import LOG, JobFolder
from aecore.runs.processes import started_at


@dataclass(frozen=True)
class Launched:
    """A process and when it began: together they name it for good."""

    pid: int
    started: float


@runtime_checkable
class Launcher(Protocol):
    """Starts `aecore.jobs.worker` for a job, somewhere."""

    def launch(self, job: JobFolder) -> Launched | SlurmJob:
        """JobError when the worker cannot be started."""
        ...


class LocalLauncher:
    """A process of its own session: it outlives whoever started it and the terminal."""

    def launch(self, job: JobFolder) -> Launched:
        """Start the worker; what it says goes to the job's log."""
        try:
            with (job.path / LOG).open("ab") as log:
                return begin_worker(str(job.path), subprocess.DEVNULL, log.fileno())
        except OSError as error:
            raise JobError(f"The {job.kind} {job.id} could not be started ({error.strerror}): try again.") from None


def begin_worker(argument: str, stdin: int, output: int) -> Launched:
    """A process `aecore.jobs.worker ARGUMENT`, in a session of its own. OSError when there can be none."""
    child = subprocess.Popen(
        [sys.executable, "-m", "aecore.jobs.worker", argument],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        close_fds=True,
        env=places.child_environment(),
    )
    # A child that nobody waits for stays in the table of processes after its end.
    threading.Thread(target=child.wait, name=f"wait for {child.pid}", daemon=True).start()
    return Launched(child.pid, started_at(child.pid) or time.time())
