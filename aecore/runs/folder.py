"""One run folder: what lies in it, and how it is read. Needs no torch.

    recipe.json      everything needed to train again
    about.json       name, time of creation, device asked for
    status.json      state, progress, last metrics; written only by whoever holds `lock`
    metrics.jsonl    one line for each epoch           steps.jsonl  the loss within epochs, thinned
    log.txt          what happened, in words           environment.json  versions, device, threads
    checkpoint.safetensors, checkpoint.previous.safetensors, preview.safetensors, snapshots/
    lock             held for life by the process that trains     stop  asks that process to stop

The folder is the only truth. It can be read after a kill at any moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aecore.training.events import Array, Preview

if TYPE_CHECKING:
    import aecore.training.recipe

STATES = ("queued", "running", "stopped", "finished", "failed", "crashed")


@dataclass(frozen=True)
class RunSummary:
    """What a list shows of a run."""

    id: str
    name: str
    variant: str  # "" where the recipe cannot be read, like every text below
    dataset: str
    state: str  # one of STATES; "stopped" with 0 epochs: not started yet
    created: str  # ISO 8601, UTC
    epochs_done: int
    epochs_total: int
    seed: int
    latent: int
    image_shape: tuple[int, int, int] | None  # None before the first start
    parameters: int  # 0 before the first start
    device: str  # as a person reads it; before the first start the key that was asked for
    loss: float | None  # of the last validation
    metrics: Mapping[str, Any]  # the last line of metrics.jsonl; empty before the first epoch
    bytes: int
    starter: bool
    message: str  # what is wrong and the way out; "" when nothing is
    place: int | None = None  # in the queue: 1 is next
    progress: Mapping[str, Any] | None = None  # epoch, step, done (0 to 1), losses, images_per_second, seconds_left
    damaged: bool = False  # a file of the run cannot be used; `message` says which


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A recorded epoch: arrays as in `Preview`, and the decoder's weights (float16) by their names in its state."""

    epoch: int
    codes: Array
    clean: npt.NDArray[np.uint8]
    corrupted: npt.NDArray[np.uint8]
    reconstructions: npt.NDArray[np.uint8]
    decoder: Mapping[str, npt.NDArray[Any]]


class Run:
    """One run folder. Making the object reads nothing."""

    def __init__(self, path: Path, starter: bool | None = None):
        self.path = path
        self.id = path.name
        self.starter = bool(starter)

    def status(self) -> dict[str, Any]:
        """The content of status.json with the state as it is now; never an error."""
        raise NotImplementedError

    def summary(self) -> RunSummary:
        """What a list shows; never an error: what is wrong stands in `message`."""
        raise NotImplementedError

    def recipe_values(self) -> dict[str, Any]:
        """recipe.json as plain values, no torch. RunError when it is missing or no JSON object."""
        raise NotImplementedError

    def recipe(self) -> "aecore.training.recipe.Recipe":
        """The recipe, fully checked (imports torch). RunError when it does not fit."""
        raise NotImplementedError

    def metrics(self) -> list[dict[str, Any]]:
        """One entry for each epoch: epoch, stage, step, train, validation, images_per_second, seconds, learning_rate."""
        raise NotImplementedError

    def steps(self) -> list[dict[str, Any]]:
        """The loss within epochs, a point about every half percent: epoch, step, done, losses, images_per_second."""
        raise NotImplementedError

    def environment(self) -> dict[str, Any]:
        """python, torch, numpy, aecore, device, precision, threads, platform of the last start; empty before it."""
        raise NotImplementedError

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log; "" when there is none."""
        raise NotImplementedError

    def snapshots(self) -> tuple[int, ...]:
        """The recorded epochs, ascending."""
        raise NotImplementedError

    def snapshot(self, epoch: int) -> Snapshot:
        """RunError when that epoch was not recorded or its file is damaged."""
        raise NotImplementedError

    def preview(self) -> Preview | None:
        """The newest epoch's preview; None when there is none that can be read."""
        raise NotImplementedError

    def bytes_on_disk(self) -> int:
        """Size of all files."""
        raise NotImplementedError

    def alive(self) -> bool:
        """Whether a process trains this run, waits to do so, or was just started for it."""
        raise NotImplementedError
