"""One run folder: what lies in it, and how it is read. Needs no torch.

    recipe.json      everything needed to train again
    about.json       name, time of creation, device asked for
    status.json      state, progress, last metrics; written only by whoever holds `lock`
    metrics.jsonl    one line for each epoch           steps.jsonl       the loss within epochs, thinned
    log.txt          what happened, in words           environment.json  versions, device, threads
    checkpoint.safetensors, checkpoint.previous.safetensors, preview.safetensors, snapshots/
    lock             held for life by the process that trains     stop  asks that process to stop

The folder is the only truth. It can be read after a kill at any moment.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from aecore import places
from aecore.errors import LabError, RunError
from aecore.runs.arrays import Snapshot, as_preview, as_snapshot, read_arrays
from aecore.runs.files import read_lines, read_object, write_file
from aecore.runs.processes import is_alive
from aecore.runs.status import LiveStatus
from aecore.runs.summary import STATES, UNDER_WAY, RunSummary, summarise, text, whole
from aecore.training.events import Preview

if TYPE_CHECKING:
    import aecore.training.recipe

RECIPE, ABOUT, STATUS, ENVIRONMENT = "recipe.json", "about.json", "status.json", "environment.json"
METRICS, STEPS, LOG = "metrics.jsonl", "steps.jsonl", "log.txt"
CHECKPOINT, PREVIOUS = "checkpoint.safetensors", "checkpoint.previous.safetensors"
PREVIEW, SNAPSHOTS, INPUTS = "preview.safetensors", "snapshots", "inputs.safetensors"
LOCK, STOP = "lock", "stop"

WAY_OUT = "Resume the run to go on from its last checkpoint, or delete it."
LOCK_PATIENCE_S = 0.5  # whoever looks whether a run is alive takes its lock for an instant
TAIL_BYTES = 64 * 1024


class Run:
    """One run folder. Making the object reads nothing."""

    def __init__(self, path: Path, starter: bool | None = None):
        self.path = path.absolute()
        self.id = self.path.name
        self.starter = self.path.parent == places.STARTER_RUNS if starter is None else starter

    # --- what it is

    def recipe_values(self) -> dict[str, Any]:
        """recipe.json as plain values, no torch. RunError when it is missing or no JSON object."""
        try:
            return read_object(self.path / RECIPE)
        except RunError as error:
            raise RunError(f"{error}: the run {self.id} cannot be opened or resumed. Delete it.") from None

    def recipe(self) -> "aecore.training.recipe.Recipe":
        """The recipe, fully checked (imports torch). RunError when it does not fit."""
        from aecore.training.recipe import Recipe

        values = self.recipe_values()
        try:
            return Recipe.from_dict(values)
        except (LabError, TypeError, AttributeError) as error:
            raise RunError(f"recipe.json cannot be used: {error} Correct the file, or delete the run.") from None

    def write_recipe(self, recipe: "aecore.training.recipe.Recipe", status: LiveStatus) -> None:
        """Replace the recipe of a run that is held."""
        content = recipe.to_json().encode()
        write_file(self.path / RECIPE, content)
        status.update(recipe_digest=hashlib.sha256(content).hexdigest())

    def about(self) -> dict[str, Any]:
        """name, created, device asked for; without a readable file what the folder itself tells."""
        known = {"name": self.id, "created": self._made(), "device": "auto"}
        try:
            return known | {key: value for key, value in read_object(self.path / ABOUT).items() if value}
        except RunError:
            return known

    def write_about(self, **changes: str) -> None:
        """Change name or device. RunError for a starter run."""
        if self.starter:
            raise RunError(f"{self.id} is a starter run and cannot be changed: train a run of your own.")
        write_file(self.path / ABOUT, json.dumps(self.about() | changes, indent=1).encode())

    # --- how it is

    def status(self) -> dict[str, Any]:
        """The content of status.json with "state" and "message" as they are now; never an error."""
        values = self._stored_status()
        if values["state"] in UNDER_WAY and not self.alive():
            # It may have ended between the two looks: then its last words stand there now.
            values = self._stored_status()
            if values["state"] in UNDER_WAY and not self.alive():
                values |= {"state": "crashed", "message": _crash_message(values)}
        return values

    def summary(self) -> RunSummary:
        """What a list shows; never an error: what is wrong stands in `message`."""
        status = self.status()
        recipe, problem = self._checked_recipe(status)
        if problem:
            status |= {"message": problem, "damaged": True}
            if status["state"] not in UNDER_WAY:
                status["state"] = "failed"
        elif status["state"] in UNDER_WAY and (self.path / STOP).exists():
            status["message"] = "Stopping."
        # A starter run was made smaller after its training; any other size is known since the last epoch.
        size = (0 if self.starter else whole(status, "bytes")) or self.bytes_on_disk()
        return summarise(self.id, self.starter, status, self.about(), recipe, size)

    def alive(self) -> bool:
        """Whether a process trains this run, waits to do so, or was just started for it."""
        if self.starter:
            return False
        if self._locked():
            return True
        # Between its start and its first lines of Python a worker holds no lock yet.
        launched = self._stored_status().get("launched")
        return isinstance(launched, dict) and is_alive(whole(launched, "pid"), launched.get("started"))

    @contextmanager
    def hold(self, patience_s: float = LOCK_PATIENCE_S) -> Iterator[LiveStatus]:
        """Hold the run: only who does may write its status. RunError when another process or thread does."""
        if self.starter:
            raise RunError(f"{self.id} is a starter run and stays as it is: train a run of your own with its recipe.")
        if not self.path.is_dir():
            raise RunError(f"There is no run {self.id} any more.")
        lock = self._lock()
        try:
            lock.acquire(timeout=patience_s, poll_interval=0.02)
        except Timeout:
            raise RunError(f"{self.id} is under way in another process: stop it first.") from None
        try:
            yield LiveStatus(self.path / STATUS)
        finally:
            lock.release()

    # --- what it learned

    def metrics(self) -> list[dict[str, Any]]:
        """One entry per epoch: epoch, stage, step, train, validation, images_per_second, seconds, learning_rate."""
        return [each for each in read_lines(self.path / METRICS) if isinstance(each.get("epoch"), int)]

    def steps(self) -> list[dict[str, Any]]:
        """The loss within epochs, a point about every half percent: epoch, step, done, losses, images_per_second."""
        return [each for each in read_lines(self.path / STEPS) if isinstance(each.get("step"), int)]

    def environment(self) -> dict[str, Any]:
        """python, torch, numpy, aecore, device, precision, threads, platform of the last start; empty before it."""
        try:
            return read_object(self.path / ENVIRONMENT)
        except RunError:
            return {}

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

    def snapshots(self) -> tuple[int, ...]:
        """The recorded epochs, ascending."""
        names = (path.stem for path in (self.path / SNAPSHOTS).glob("*.safetensors"))
        return tuple(sorted(int(name) for name in names if name.isdecimal()))

    def snapshot(self, epoch: int) -> Snapshot:
        """RunError when that epoch was not recorded or its file is damaged."""
        if epoch not in self.snapshots():
            raise RunError(f"Epoch {epoch} of {self.id} was not recorded: {_recorded(self.snapshots())}.")
        inputs = read_arrays(self.path / SNAPSHOTS / INPUTS)
        return as_snapshot(epoch, inputs, read_arrays(self.snapshot_path(epoch)))

    def snapshot_path(self, epoch: int) -> Path:
        """The file of a recorded epoch."""
        return self.path / SNAPSHOTS / f"{epoch:05d}.safetensors"

    def preview(self) -> Preview | None:
        """The newest epoch's preview; None when there is none that can be read."""
        try:
            return as_preview(read_arrays(self.path / PREVIEW))
        except RunError:
            return None

    def preview_labels(self) -> npt.NDArray[np.int64] | None:
        """The class of each image whose code stands in previews and snapshots; None when they have none."""
        try:
            labels = read_arrays(self.path / SNAPSHOTS / INPUTS).get("labels")
        except RunError:
            return None
        return None if labels is None else labels.astype(np.int64)

    def bytes_on_disk(self) -> int:
        """Size of all files."""
        return sum(_size(path) for folder in (self.path, self.path / SNAPSHOTS) for path in _files(folder))

    # --- within

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

    def _status_from_the_rest(self, what: str) -> dict[str, Any]:
        """What can be said without status.json."""
        metrics = self.metrics()
        return {
            "state": "running" if self._locked() else "failed",
            "message": f"{what}. {WAY_OUT}" if (self.path / RECIPE).exists() else "",
            "damaged": True,
            "epochs_done": metrics[-1]["epoch"] if metrics else 0,
            "metrics": metrics[-1] if metrics else {},
        }

    def _checked_recipe(self, status: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The values of the recipe and what is wrong with it.

        A recipe is checked when it is written. Only one that has been changed since is checked again, because that
        needs torch.
        """
        try:
            content = (self.path / RECIPE).read_bytes()
            values = self.recipe_values()
            if hashlib.sha256(content).hexdigest() != status.get("recipe_digest"):
                self.recipe()
        except OSError:
            return {}, f"recipe.json is missing: {self.id} is no run that can be opened or resumed. Delete it."
        except RunError as error:
            return {}, str(error)
        return values, ""

    def _made(self) -> str:
        """The time of creation as the folder's name or its date tells it."""
        try:
            made = datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            made = datetime.fromtimestamp(self.path.stat().st_mtime if self.path.exists() else time.time(), UTC)
        return made.isoformat()


def _crash_message(status: Mapping[str, Any]) -> str:
    return (
        f"The process ended without a word after epoch {whole(status, 'epochs_done')}, perhaps killed or out of "
        "memory: the log may say more. Resume the run to go on from its last checkpoint."
    )


def _recorded(epochs: tuple[int, ...]) -> str:
    return f"choose one of {', '.join(map(str, epochs))}" if epochs else "no epoch of it was"


def _files(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
