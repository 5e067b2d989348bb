"""The line before each device: one run at a time, in the order in which they were started.

    RUNS/.queue/<time in ns>@<device asked for>@<run id>   a ticket: an empty file, so that it is there all at once
    RUNS/.queue/<device>.lock                              held by the run that trains

A ticket counts as long as its run is alive; whoever dies loses lock and place by that alone.
"""

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from aecore.jobs.loading import load_torch
from aecore.runs.files import write_error
from aecore.runs.job_folder import QUEUE, JobFolder, job_called

TICKET = re.compile(r"(\d{20})@([^@]+)@(.+)")
SIGNS_OF_A_GPU = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")


@dataclass(frozen=True)
class Waiting:
    """A run waits for its device; place 1 is next."""

    place: int


class Line:
    """The place of one job in the line before its device."""

    def __init__(self, job: JobFolder):
        self.job = job
        self.folder = job.runs_folder / QUEUE
        self.device = _in_file_name(str(job.about()["device"]))
        self._lock: FileLock | None = None

    def join(self) -> None:
        """Take a ticket, unless the run has one. RunError when the folder cannot be written."""
        if self._own():
            return
        try:
            self.folder.mkdir(exist_ok=True)
            (self.folder / f"{time.time_ns():020d}@{self.device}@{self.job.id}").touch()
        except OSError as error:
            raise write_error(error, f"{QUEUE}/", 0) from error

    def advance(self) -> int:
        """0 when it is this run's turn, which then has the device; otherwise its place, 1 for the next."""
        ahead = self._ahead()
        if ahead:
            return ahead + 1
        lock = self._device_lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return 1
        self._lock = lock
        self._drop_tickets()
        return 0

    def is_free(self) -> bool:
        """Whether it would be this run's turn at once. To look is to hold the device for an instant."""
        if self._ahead():
            return False
        try:
            with self._device_lock().acquire(timeout=0):
                return True
        except Timeout:
            return False

    def leave(self) -> None:
        """Give up place and device."""
        self._drop_tickets()
        if self._lock is not None:
            self._lock.release()

    def _device_lock(self) -> FileLock:
        return FileLock(self.folder / f"{_in_file_name(device_key(self.device))}.lock", thread_local=False)

    def _ahead(self) -> int:
        """How many living runs wait for the same device with an older ticket. The tickets of dead ones are removed."""
        own = self._own()
        key, count = device_key(self.device), 0
        for path in sorted(self.folder.iterdir()):
            ticket = TICKET.fullmatch(path.name)
            if own and path.name >= own[0].name:
                break
            if ticket is None or device_key(ticket[2]) != key:
                continue
            if job_called(self.job.runs_folder, ticket[3]).alive():
                count += 1
            else:
                path.unlink(missing_ok=True)
        return count

    def _own(self) -> list[Path]:
        return sorted(self.folder.glob(f"*@*@{self.job.id}")) if self.folder.is_dir() else []

    def _drop_tickets(self) -> None:
        for path in self._own():
            path.unlink(missing_ok=True)


class NoLine(Line):
    """For a job of Slurm, which has waited already and has its device to itself."""

    def join(self) -> None:
        """No ticket."""

    def advance(self) -> int:
        """Always its turn."""
        return 0


def device_key(asked_for: str) -> str:
    """The device that "auto", "cuda" or a key means on this machine.

    Without any sign of a GPU "auto" is the CPU, and torch need not be loaded to say so: whoever only waits in line
    does not hold its memory.
    """
    if asked_for == "auto":
        if sys.platform == "linux" and not any(Path(sign).exists() for sign in SIGNS_OF_A_GPU):
            return "cpu"
        load_torch()
        from aecore.training.precision import find_device

        return _in_file_name(find_device("auto").key)
    return "cuda-0" if asked_for == "cuda" else asked_for


def _in_file_name(device: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", device)
