"""The folder of a job, whatever it does: how it is, who holds it, what it said. Needs no torch.

    about.json    name, time of creation, device asked for
    status.json   state, message, progress, heartbeat; written only by whoever holds `lock`
    log.txt       what happened, in words
    lock          held for life by the process that works     stop  asks that process to stop

A run is one kind of job, an experiment another. The folder is the only truth: a lock that is free while the status
says "running" means that the process died.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from aecore.errors import RunError
from aecore.runs.files import read_object
from aecore.runs.processes import HERE, is_alive
from aecore.runs.slurm_queue import state_in_slurm
from aecore.runs.status import LiveStatus
from aecore.runs.summary import STATES, UNDER_WAY, mapping, text, whole

ABOUT, STATUS, LOG = "about.json", "status.json", "log.txt"
LOCK, STOP, QUEUE, EXPERIMENTS = "lock", "stop", ".queue", ".experiments"

LOCK_PATIENCE_S = 0.5  # whoever looks whether a job is alive takes its lock for an instant
TAIL_BYTES = 64 * 1024
SILENCE_S = 60.0  # heartbeats come every second; clocks of machines differ, and shared files come late


class JobFolder:
    """One job's folder. Making the object reads nothing."""

    kind, works = "job", "works"  # what sentences call it, and what it does

    def __init__(self, path: Path, starter: bool = False):
        self.path = path.absolute()
        self.id = self.path.name
        self.starter = starter  # ships with the lab: it stays as it is

    @property
    def runs_folder(self) -> Path:
        """The folder of the runs, where the queue is: all jobs wait in the same lines."""
        return self.path.parent

    # --- what it is

    def about(self) -> dict[str, Any]:
        """name, created, device asked for; without a readable file what the folder itself tells."""
        try:
            known = {key: value for key, value in read_object(self.path / ABOUT).items() if value}
        except RunError:
            known = {}
        made = {} if "created" in known else {"created": self._made()}
        return {"name": self.id, "device": "auto", **made, **known}

    # --- how it is

    def status(self) -> dict[str, Any]:
        """The content of status.json with "state" and "message" as they are now; never an error."""
        values = self._stored_status()
        if values["state"] in UNDER_WAY and not self.alive():
            # It may have ended between the two looks: then its last words stand there now.
            values = self._stored_status()
            if values["state"] in UNDER_WAY and not self.alive():
                values |= {"state": "crashed", "message": self._crash_message(values)}
        return values

    def alive(self) -> bool:
        """Whether a process works on it, waits to do so, or was just started for it."""
        if self.starter:
            return False
        return self._locked() or was_launched(values := self._stored_status()) or _beats_elsewhere(values)

    @contextmanager
    def hold(self, patience_s: float = LOCK_PATIENCE_S) -> Iterator[LiveStatus]:
        """Hold the job: only who does may write its status. RunError when another process or thread does."""
        if self.starter:
            raise RunError(f"{self.id} is a starter run and stays as it is: train a run of your own with its recipe.")
        if not self.path.is_dir():
            raise RunError(f"There is no {self.kind} {self.id} any more.")
        lock = self._lock()
        try:
            lock.acquire(timeout=patience_s, poll_interval=0.02)
        except Timeout:
            raise RunError(f"{self.id} is under way in another process: stop it first.") from None
        try:
            yield LiveStatus(self.path / STATUS)
        finally:
            lock.release()

    # --- what it said

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log; "" when there is none."""
        try:
            with (self.path / LOG).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def write_log(self, text: str) -> None:
        """Append to the log, each line with the time. Nothing depends on the log: a full disk is no error here."""
        stamp = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
        content = "".join(f"{stamp}  {line}\n" for line in text.splitlines())
        try:
            with (self.path / LOG).open("a", encoding="utf-8") as file:
                file.write(content)
        except OSError:
            return

    def bytes_on_disk(self) -> int:
        """Size of all files."""
        return sum(size_of(path) for path in files_in(self.path))

    # --- within

    def _crash_message(self, status: Mapping[str, Any]) -> str:
        return "The process ended without a word, perhaps killed or out of memory: the log may say more."

    def _status_from_the_rest(self, what: str) -> dict[str, Any]:
        """What can be said without status.json."""
        return {"state": "running" if self._locked() else "failed", "message": f"{what}.", "damaged": True}

    def _lock(self) -> FileLock:
        # A generator may be finished by another thread than the one which began it.
        return FileLock(self.path / LOCK, thread_local=False)

    def _locked(self) -> bool:
        if not (self.path / LOCK).exists():
            return False
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            return False
        lock.release()
        return False

    def _stored_status(self) -> dict[str, Any]:
        """status.json with a valid state and a message, whatever the file holds."""
        try:
            values = read_object(self.path / STATUS)
            if values.get("state") not in STATES:
                raise RunError(f"status.json is damaged (its state is {values.get('state')!r})")
        except RunError as error:
            return self._status_from_the_rest(str(error))
        return values | {"message": text(values, "message")}

    def _made(self) -> str:
        """The time of creation as the folder's name or its date tells it."""
        try:
            made = datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            made = datetime.fromtimestamp(self.path.stat().st_mtime if self.path.exists() else time.time(), UTC)
        return made.isoformat()


def was_launched(status: Mapping[str, Any]) -> bool:
    """Whether a worker was started for the job that has not begun yet.

    Between its start and its first lines of Python it holds no lock; with Slurm that may be a day.
    """
    launched = mapping(status, "launched")
    if "slurm" not in launched:
        return is_alive(whole(launched, "pid"), launched.get("started"))
    state = state_in_slurm(text(launched, "slurm")) if status.get("state") in UNDER_WAY else ""
    return state is None or state != ""  # where Slurm cannot be asked, the job waits until its folder says otherwise


def _beats_elsewhere(status: Mapping[str, Any]) -> bool:
    """Whether another machine works on it, whose lock a shared file system need not show."""
    host, beat = text(status, "host"), status.get("heartbeat")
    if host in ("", HERE) or status.get("state") not in UNDER_WAY or not isinstance(beat, (int, float)):
        return False
    return time.time() - beat < SILENCE_S


def job_called(runs_folder: Path, key: str) -> JobFolder:
    """The folder of a job by its id: a run's, or below `.experiments` where there is no such run."""
    run = runs_folder / key
    return JobFolder(run if run.is_dir() else runs_folder / EXPERIMENTS / key)


def files_in(folder: Path) -> list[os.DirEntry[str]]:
    """The files of a folder; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []


def size_of(entry: os.DirEntry[str]) -> int:
    """Bytes; 0 for a file that is gone."""
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
