"""Training on an NVIDIA card: `python -m tests.benchmarks.gpu`, where there is one.

The VAE 784-400-20 and the convolutional autoencoder on the 55,000 training images of MNIST, batches of 128 and 512, one
after the other on the same card:

    plain     a Dataset that gives image by image, a DataLoader, Adam, `.to("cuda")` (pytorch/examples, vae)
    steps     the lab, each step taken by itself
    graph     the lab as it trains: whole steps replayed as a CUDA graph
    run       the same as a run, with checkpoints and snapshots on disk

Milliseconds of an epoch, median and least of all but the first, images per second, and how many times as fast as plain.
The lab's epochs include measuring 5,000 validation images and a preview. Promised: a graph's epoch of the VAE at batch
128 under 60 ms on a card of the H100 class and 50 times as fast as plain, ten epochs within a second.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.throughput import MODELS

BATCHES, EPOCHS, FEW = (128, 512), 11, 3


def main() -> None:
    """Measure and print the table."""
    import torch

    if not torch.cuda.is_available():
        sys.exit("There is no CUDA device here: run this on a machine with an NVIDIA card.")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    print("| model | batch | what | ms an epoch | images a second | ten epochs | times as fast as plain |")
    print("|---|---|---|---|---|---|---|")
    for model in MODELS:
        for batch in BATCHES:
            _measure(model, batch)


def _measure(model: str, batch: int) -> None:
    plain = _line(model, batch, "plain", _plain(model, batch))
    if (model, batch) == ("vae", 128):
        _line(model, batch, "steps", _ours(model, batch, FEW, graph=False), plain)
    _line(model, batch, "graph", _ours(model, batch, EPOCHS), plain)
    if batch == 128:
        _line(model, batch, "run", _written(model, batch), plain)


def _line(model: str, batch: int, what: str, seconds: list[float], plain: float | None = None) -> float:
    middle, images = statistics.median(seconds[1:]), 55_000 // batch * batch
    ten = f"{sum(seconds[:10]):.2f} s" if len(seconds) >= 10 else ""
    times = "" if plain is None else f"{plain / middle:.1f}"
    least = min(seconds[1:])
    print(
        f"| {model} | {batch} | {what} | {middle * 1000:,.1f} ({least * 1000:,.1f}) | {images / middle:,.0f} | {ten} | "
        f"{times} |",
        flush=True,
    )
    return middle


def _plain(model: str, batch: int) -> list[float]:
    from aecore.data.catalog import load

    return peers.plain(model, batch, FEW, load("mnist").train.images, "cuda")


def _recipe(model: str, batch: int, epochs: int):  # type: ignore[no-untyped-def]
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe

    variant, changes = MODELS[model]
    size = {"training.batch_size": batch, "training.epochs": epochs}
    return prepare(make_recipe(variant, DataChoice("mnist"), {**changes, **size}))[0]


def _ours(model: str, batch: int, epochs: int, graph: bool = True) -> list[float]:
    from aecore.data.catalog import load
    from aecore.training.loop import Training
    from aecore.training.precision import find_device

    training = Training(_recipe(model, batch, epochs), load("mnist"), find_device("cuda"))
    if not graph:
        training._taken.recorder = None
    return list(_epochs(training.events()))


def _written(model: str, batch: int) -> list[float]:
    from aecore.jobs.foreground import run_here
    from aecore.runs.store import Runs

    with tempfile.TemporaryDirectory() as folder:
        return list(_epochs(run_here(Runs(Path(folder)).create(_recipe(model, batch, EPOCHS), "Measured", "cuda"))))


def _epochs(events: Iterator[object]) -> Iterator[float]:
    from aecore.training.events import Epoch, Started

    began = 0.0
    for event in events:
        now = time.perf_counter()
        if isinstance(event, Epoch):
            yield now - began
        if isinstance(event, Started | Epoch):
            began = now


if __name__ == "__main__":
    main()
