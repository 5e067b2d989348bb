"""One run folder: what lies in it, and how it is read. Needs no torch.

    recipe.json      everything needed to train again
    about.json       name, time of creation, device asked for
    status.json      state, progress, last metrics; written only by whoever holds `lock`
    metrics.jsonl    one line for each epoch           steps.jsonl       the loss within epochs, thinned
    log.txt          what happened, in words           environment.json  versions, device, threads
    checkpoint.safetensors, checkpoint.previous.safetensors, preview.safetensors, snapshots/
    kept/            what a person keeps with the run: groups of images, projections of its codes
    lock             held for life by the process that trains     stop  asks that process to stop

The folder is the only truth. It can be read after a kill at any moment.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aecore import places
from aecore.errors import LabError, RunError
from aecore.runs.arrays import Snapshot, as_preview, as_snapshot, read_arrays
from aecore.runs.files import read_lines, read_object, write_file
from aecore.runs.job_folder import ABOUT, STATUS, STOP, JobFolder, files_in, size_of
from aecore.runs.status import LiveStatus
from aecore.runs.summary import UNDER_WAY, RunSummary, summarise, whole
from aecore.training.events import Preview

if TYPE_CHECKING:
    import aecore.training.recipe

RECIPE, ENVIRONMENT = "recipe.json", "environment.json"
METRICS, STEPS = "metrics.jsonl", "steps.jsonl"
CHECKPOINT, PREVIOUS = "checkpoint.safetensors", "checkpoint.previous.safetensors"
PREVIEW, SNAPSHOTS, INPUTS = "preview.safetensors", "snapshots", "inputs.safetensors"
KEPT, BESIDE_STARTERS = "kept", ".starters"
GROUPS = "groups.json"

AT_REST = ("stopped", "finished", "failed")
MOST_SUMMARIES = 50_000

WAY_OUT = "Resume the run to go on from its last checkpoint, or delete it."


Stamp = tuple[int, int, int]


class Run(JobFolder):
    """One run folder. Making the object reads nothing."""

    kind, works = "run", "trains"

    def __init__(self, path: Path, starter: bool | None = None):
        super().__init__(path, path.absolute().parent == places.STARTER_RUNS if starter is None else starter)

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

    def write_about(self, **changes: str) -> None:
        """Change name or device. RunError for a starter run."""
        if self.starter:
            raise RunError(f"{self.id} is a starter run and cannot be changed: train a run of your own.")
        write_file(self.path / ABOUT, json.dumps(self.about() | changes, indent=1).encode())

    # --- how it is

    def summary(self) -> RunSummary:
        """What a list shows; never an error: what is wrong stands in `message`.

        A list of thousands is asked for at every click: that of a run at rest is kept until one of its files changes.
        """
        files = [_stamp(self.path / name) for name in (STATUS, RECIPE, ABOUT, CHECKPOINT)]  # before they are read
        known = self.path, self.starter
        kept = _summaries.get(known)
        if kept is not None and kept[0] == files:
            return kept[1]
        made = self._summary()
        if made.state in AT_REST and not made.damaged:
            if len(_summaries) >= MOST_SUMMARIES:
                _summaries.clear()
            _summaries[known] = files, made
        return made

    def _summary(self) -> RunSummary:
        status = self.status()
        recipe, problem = self._checked_recipe(status)
        if problem:
            status |= {"message": problem, "damaged": True}
            if status["state"] not in UNDER_WAY:
                status["state"] = "failed"
        elif status["state"] in UNDER_WAY and (self.path / STOP).exists():
            status["message"] = "Stopping."
        # A starter run was made smaller after its training; any other size is known since the last checkpoint.
        size = (0 if self.starter else whole(status, "bytes")) or self.bytes_on_disk()
        weights = any((self.path / name).exists() for name in (CHECKPOINT, PREVIOUS))
        return summarise(self.id, self.starter, status, self.about(), recipe, size, weights)

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

    # --- what is kept with it

    def kept_folder(self, root: str | Path | None = None) -> Path:
        """Where groups and projections of this run are kept; it need not exist.

        A starter run ships with the lab and stays as it is: what belongs to it lies among the runs in `root`
        (otherwise `places.runs_folder()`).
        """
        if self.starter:
            return places.runs_folder(root) / BESIDE_STARTERS / self.id / KEPT
        return self.path / KEPT

    def bytes_on_disk(self) -> int:
        """Size of all files."""
        folders = (self.path, self.path / SNAPSHOTS, self.path / KEPT)
        return sum(size_of(path) for folder in folders for path in files_in(folder))

    # --- within

    def _crash_message(self, status: Mapping[str, Any]) -> str:
        return (
            f"The process ended without a word after epoch {whole(status, 'epochs_done')}, perhaps killed or out of "
            "memory: the log may say more. Resume the run to go on from its last checkpoint."
        )

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


_summaries: dict[
    tuple[Path, bool], tuple[list[Stamp | None], RunSummary]
] = {}  # of runs at rest, with the state of their files


def _stamp(path: Path) -> Stamp | None:
    """What changes whenever a file is replaced or written to; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _recorded(epochs: tuple[int, ...]) -> str:
    return f"choose one of {', '.join(map(str, epochs))}" if epochs else "no epoch of it was"
