"""A small data set that worker processes can load too, and recipes that train on it in seconds."""

import time
from pathlib import Path

import psutil
from filelock import FileLock
from PIL import Image

from aecore import places
from aecore.data.catalog import load
from aecore.data.image_set import Splits
from aecore.data.intake import OwnSettings, add_own
from aecore.data.own import own_datasets
from aecore.runs.folder import Run
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from tests.made_up import made_up_set

NAME = "tiny"
IMAGES = 1000
IDLE_S = 0.5  # a process that loads uses its processor time in smaller pieces
DEADLINE_S = 120.0  # a machine under load may take long; nothing waits longer than it must


def tiny_splits(folder: Path) -> Splits:
    """Grey pictures of 28 x 28 with four classes, taken in as somebody's own."""
    places.data_folder().mkdir(parents=True, exist_ok=True)
    with FileLock(places.data_folder() / "tiny.lock"):
        if NAME not in [each.key for each in own_datasets()]:
            _take_in(folder)
    return load(NAME)


def _take_in(folder: Path) -> None:
    made = made_up_set(IMAGES, (1, 28, 28), seed=3)
    for index, (image, label) in enumerate(zip(made.images, made.labels, strict=True)):
        place = folder / made.class_names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(place / f"{index:04}.png")
    for _ in add_own(folder, NAME, OwnSettings(size=28, channels="1")):
        pass


def tiny_recipe(epochs: int = 2, batch_size: int = 100, seed: int = 0, **changes: object) -> Recipe:
    """A denoising recipe, so that the random streams matter."""
    chosen = {
        "network.kind": "dense",
        "network.hidden": (32,),
        "bottleneck.code_size": 3,
        "training.epochs": epochs,
        "training.batch_size": batch_size,
        "training.precision": "float32",
    }
    return make_recipe("denoising", DataChoice(NAME), chosen | changes, seed)


def long_recipe(epochs: int = 2, seed: int = 0) -> Recipe:
    """Eight hundred steps an epoch: there is time to catch it in the middle of one."""
    return tiny_recipe(epochs, batch_size=1, seed=seed, **{"training.rotate_degrees": 10.0})


def until(condition, what: str):
    """Wait for something observable; its value. Fails when it does not come."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {DEADLINE_S:.0f} s for {what}")
        time.sleep(0.01)
    return value


def until_idle(pid: int) -> None:
    """Wait until a process that is still loading has used no processor time for half a second."""
    process, used, since = psutil.Process(pid), -1.0, 0.0

    def idle() -> bool:
        nonlocal used, since
        now = sum(process.cpu_times()[:2])
        if now != used:
            used, since = now, time.monotonic()
        return time.monotonic() - since > IDLE_S

    until(idle, "the process to be ready")


def numbers(run: Run) -> list[dict[str, object]]:
    """The metrics without what depends on the clock."""
    timed = ("images_per_second", "seconds")
    return [{name: value for name, value in line.items() if name not in timed} for line in run.metrics()]
