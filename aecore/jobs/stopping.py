"""How a job is asked to stop: by the file `stop` in its folder, or by a signal."""

import _thread
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from aecore.runs.job_folder import STOP, JobFolder

PATIENCE_S = 0.8  # for the main thread to notice, before its process is given up


class Stopped(BaseException):
    """A job ends because it was asked to, at a moment when there is nothing to keep."""


class StopRequest:
    """Whether a job should stop. It is asked between events; `at_once` is for work that has none."""

    def __init__(self, job: JobFolder, abandons: bool = False):
        """With `abandons` the process is this job's alone and may end in the middle of work that nothing interrupts."""
        self._abandons = abandons
        self._asked_at: float | None = None
        self._file = job.path / STOP
        self._signals = 0
        self._at_once = False
        self._raised_at = -PATIENCE_S

    def asked(self) -> bool:
        """Whether the job should stop."""
        return self._signals > 0 or self._file.exists()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within, a request raises `Stopped` in the main thread: for preparations, which leave nothing to keep."""
        self._at_once = True
        try:
            if self.asked():
                raise Stopped
            yield
        finally:
            self._at_once = False

    def watch(self) -> None:
        """Called by another thread now and then: interrupts the main thread where that was asked for."""
        if self._at_once and self.asked():
            _thread.interrupt_main(signal.SIGTERM)

    def overdue(self) -> bool:
        """Whether the main thread is so deep in a library's work that it does not notice the request."""
        if not (self._abandons and self._at_once and self._file.exists()):
            return False
        self._asked_at = self._asked_at or time.monotonic()
        return time.monotonic() - self._asked_at > PATIENCE_S

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Within, SIGTERM and the first SIGINT are requests. Only the main thread can receive signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._receive) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        # Again after a while: what is raised within a callback or a destructor Python only prints.
        if self._at_once and time.monotonic() - self._raised_at >= PATIENCE_S:
            self._raised_at = time.monotonic()
            raise Stopped
        if number == signal.SIGINT and self._signals > 1:
            raise KeyboardInterrupt  # someone insists: the last checkpoint will do
