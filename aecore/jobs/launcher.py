"""How a worker comes to life: here as a process of this machine."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aecore import places
from aecore.errors import JobError
from aecore.runs.folder import LOG, Run
from aecore.runs.processes import started_at


@dataclass(frozen=True)
class Launched:
    """A process and when it began: together they name it for good."""

    pid: int
    started: float


@runtime_checkable
class Launcher(Protocol):
    """Starts `aecore.jobs.worker` for a run, somewhere."""

    def launch(self, run: Run) -> Launched:
        """JobError when the worker cannot be started."""
        ...


class LocalLauncher:
    """A process of its own session: it outlives whoever started it and the terminal."""

    def launch(self, run: Run) -> Launched:
        """Start the worker; what it says goes to the run's log."""
        command = [sys.executable, "-m", "aecore.jobs.worker", str(run.path)]
        try:
            with (run.path / LOG).open("ab") as log:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    close_fds=True,
                    env=places.child_environment(),
                )
        except OSError as error:
            raise JobError(f"The run {run.id} could not be started ({error.strerror}): try again.") from None
        # A child that nobody waits for stays in the table of processes after its end.
        threading.Thread(target=child.wait, name=f"wait for {run.id}", daemon=True).start()
        return Launched(child.pid, started_at(child.pid) or time.time())
