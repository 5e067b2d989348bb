"""A worker that has loaded torch before there is a job for it: a start then waits for no import.

    made      python -m aecore.jobs.worker --standby, in a session of its own, at the other end of a pair of sockets
    handed    the folder of a job and its open log go through that pair, once; from then on it is that job's worker
    replaced  by another one, when the job has had the processors to itself for its start
    unused    it ends with the process that made it, because its end of the pair is closed then

The pair is inherited, has no name and no port: nobody but the process that made it can ask for anything. Handing over
is as certain as starting: what dies before it gets no job, what dies after it is a job that crashed. A standby that is
still loading is taken as well: it is never behind a process that begins now. A job gets a process of its own where no
standby is there, where the environment has changed since it was made, and where the job will wait in line, which must
not hold the memory of torch meanwhile.

Only a server keeps one (`keep_one`); everybody else starts processes. Windows cannot pass an open file through a pair
of sockets: there none is ever kept.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

from aecore import places
from aecore.jobs.launcher import Launched, LocalLauncher, begin_worker
from aecore.jobs.queue import Line
from aecore.runs.job_folder import LOG, JobFolder

STANDBY = "--standby"
REPLACED_AFTER_S = 8.0  # to load torch for the next start would slow this one down
POSSIBLE = hasattr(socket, "send_fds")


class StandbyLauncher:
    """Hands a job to the worker that stands by, or starts a process for it. Threads may share it."""

    def __init__(self, replaced_after_s: float = REPLACED_AFTER_S):
        self._replaced_after_s = replaced_after_s
        self._mutex = threading.Lock()
        self._keeps = False
        self._waiting: _Standby | None = None

    def keep_one(self) -> None:
        """Make a standby, and from now on another for each that is used. Does nothing where that is switched off."""
        if POSSIBLE and places.keeps_standby():
            self._keeps = True
            self._make()

    def launch(self, job: JobFolder) -> Launched:
        """The worker of the job; JobError when it cannot be started."""
        standby = self._take() if self._keeps and Line(job).is_free() else None
        launched = standby.become(job) if standby else None
        if self._keeps:
            self._make_later()
        return launched or LocalLauncher().launch(job)

    def waiting(self) -> Launched | None:
        """The process that stands by; None when there is none."""
        with self._mutex:
            return None if self._waiting is None else self._waiting.process

    def dismiss(self) -> None:
        """Keep none any longer."""
        self._keeps = False
        standby = self._take()
        if standby:
            standby.close()

    def _take(self) -> "_Standby | None":
        """Whoever comes first has it, and nobody else."""
        with self._mutex:
            standby, self._waiting = self._waiting, None
            return standby

    def _make(self) -> None:
        with self._mutex:
            if self._keeps and self._waiting is None:
                with contextlib.suppress(OSError):  # no process to be had: the next start makes its own, or says so
                    self._waiting = _Standby()

    def _make_later(self) -> None:
        timer = threading.Timer(self._replaced_after_s, self._make)
        timer.daemon = True
        timer.start()


class _Standby:
    """One process that waits, and the only way to reach it."""

    def __init__(self) -> None:
        self._made_in = _surroundings()
        self._line, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = begin_worker(STANDBY, theirs.fileno(), subprocess.DEVNULL)
            except OSError:
                self._line.close()
                raise

    def become(self, job: JobFolder) -> Launched | None:
        """Make it the worker of the job; None when that fails or it would not be what a fresh process is."""
        with self._line:
            if self._made_in != _surroundings():
                return None
            try:
                with (job.path / LOG).open("ab") as log:
                    socket.send_fds(self._line, [os.fsencode(job.path)], [log.fileno()])
            except OSError:
                return None
            return self.process

    def close(self) -> None:
        """Let it end."""
        self._line.close()


def _surroundings() -> tuple[object, ...]:
    """What a process inherits when it begins."""
    return sys.executable, Path.cwd(), places.child_environment()


@cache
def standby_launcher() -> StandbyLauncher:
    """The one of this process."""
    return StandbyLauncher()
