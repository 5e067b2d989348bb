"""Training on an NVIDIA card: `python -m tests.benchmarks.gpu`, where there is one.

The VAE 784-400-20 on the 55,000 training images of MNIST, batch 128, one after the other on the same card:

    plain     a Dataset that gives image by image, a DataLoader, Adam, `.to("cuda")` (pytorch/examples, vae)
    steps     the lab, each step taken by itself
    graph     the lab as it trains: whole steps replayed as a CUDA graph
    written   the same as a run, with checkpoints and snapshots on disk

Milliseconds of an epoch, median of all but the first, and how many times as fast as plain. The lab's epochs include
measuring 5,000 validation images and a preview. Promised: a graph's epoch under 60 ms on a card of the H100 class and
50 times as fast as plain, ten epochs within a second.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.throughput import MODELS

BATCH, EPOCHS, PLAIN_EPOCHS = 128, 11, 3


def main() -> None:
    """Measure and print the table."""
    import torch

    if not torch.cuda.is_available():
        sys.exit("There is no CUDA device here: run this on a machine with an NVIDIA card.")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    print("| what | ms an epoch | ten epochs | times as fast as plain |")
    print("|---|---|---|---|")
    plain = _line("plain PyTorch, DataLoader", _plain())
    for what, seconds in (("steps one by one", _ours(False)), ("a graph", _ours(True)), ("a run", _written())):
        _line(what, seconds, plain)


def _line(what: str, seconds: list[float], plain: float | None = None) -> float:
    middle = statistics.median(seconds[1:])
    ten = f"{sum(seconds[:10]):.2f} s" if len(seconds) >= 10 else ""
    times = "" if plain is None else f"{plain / middle:.0f}"
    print(f"| {what} | {middle * 1000:,.0f} ({min(seconds) * 1000:,.0f}) | {ten} | {times} |", flush=True)
    return middle


def _plain() -> list[float]:
    from aecore.data.catalog import load

    return peers.plain("vae", BATCH, PLAIN_EPOCHS, load("mnist").train.images, "cuda")


def _recipe():  # type: ignore[no-untyped-def]
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe

    variant, changes = MODELS["vae"]
    size = {"training.batch_size": BATCH, "training.epochs": EPOCHS}
    return prepare(make_recipe(variant, DataChoice("mnist"), {**changes, **size}))[0]


def _ours(graph: bool) -> list[float]:
    from aecore.data.catalog import load
    from aecore.training.loop import Training
    from aecore.training.precision import find_device

    training = Training(_recipe(), load("mnist"), find_device("cuda"))
    if not graph:
        training._recorder = None
    return list(_epochs(training.events()))


def _written() -> list[float]:
    from aecore.jobs.foreground import run_here
    from aecore.runs.store import Runs

    with tempfile.TemporaryDirectory() as folder:
        return list(_epochs(run_here(Runs(Path(folder)).create(_recipe(), "Measured", "cuda"))))


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
