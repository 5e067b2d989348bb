"""Seconds of an epoch for models trained together, beside one after the other: `python -m tests.benchmarks.race`.

VAEs 784-400-20 on MNIST that differ in their seed, batches of 128, on the best device of this machine; convolutional
autoencoders with `--model conv`. How they are moved is what a race chooses on that device, or what `--way` says.

    steps   the optimiser steps of an epoch over the training images
    epoch   the same, then measuring 5,000 validation images and making the preview of every model; nothing is written

One after the other is as many times one model, which is measured as a training alone. Epochs take turns in rounds, so
that a busy machine is busy for all; the median counts.
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence

from aecore.data.catalog import load
from aecore.data.image_set import Splits
from aecore.experiments.entrants import vary
from aecore.training.events import CheckpointDue, Epoch
from aecore.training.loop import Training
from aecore.training.precision import Device, find_device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.training.together import together
from tests.benchmarks.throughput import MODELS

COUNTS = (1, 2, 4, 8, 16)
WAYS = {"chosen": None, "at-once": True, "in-turn": False}


def main() -> None:
    """Measure and print the table."""
    options = _options()
    device, splits = find_device(options.device), load("mnist", limit=options.limit)
    load_average = f"load average {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    print(f"{device.title}, {load_average}{len(splits.train):,} images, median of {options.rounds} epochs")
    readings: dict[int, list[tuple[float, float]]] = {count: [] for count in options.counts}
    runs = {count: _Measured(count, splits, device, options) for count in options.counts}
    for _ in range(options.rounds + 1):  # the first warms up
        for count, measured in runs.items():
            readings[count].append(measured.epoch())
    _print(readings)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--model", choices=MODELS, default="vae")
    parser.add_argument("--way", choices=WAYS, default="chosen")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="training images; 0 for all")
    return parser.parse_args()


class _Measured:
    """Models in training, an epoch at a time."""

    def __init__(self, count: int, splits: Splits, device: Device, options: argparse.Namespace):
        recipes = _recipes(count, options)
        if count == 1:
            trainings: Sequence[Training] = [Training(recipes[0], splits, device)]
        else:
            trainings = together(recipes, splits, device, [None] * count, WAYS[options.way])
        self._first = trainings[0]
        self._events = [each.events() for each in trainings]

    def epoch(self) -> tuple[float, float]:
        """Seconds of the steps, and of the whole epoch."""
        begun, rate = time.perf_counter(), 0.0
        for events in zip(*self._events, strict=True):
            if isinstance(events[0], Epoch):
                rate = events[0].images_per_second
            if isinstance(events[0], CheckpointDue):
                break
        return len(self._first.splits.train) / rate, time.perf_counter() - begun


def _recipes(count: int, options: argparse.Namespace) -> list[Recipe]:
    variant, changes = MODELS[options.model]
    epochs = options.rounds + 2
    size = {"training.batch_size": options.batch, "training.epochs": epochs, "training.precision": options.precision}
    recipe = make_recipe(variant, DataChoice("mnist", limit=options.limit), {**changes, **size})
    if count == 1:
        return [recipe]
    return [each.recipe for each in vary([recipe], {"seed": [str(seed) for seed in range(count)]})]


def _print(readings: dict[int, list[tuple[float, float]]]) -> None:
    middle = {
        count: tuple(statistics.median(each[index] for each in found[1:]) for index in (0, 1))
        for count, found in readings.items()
    }
    one = middle.get(1)
    print("| models | steps, together | epoch, together | epoch, one after the other | together takes, of one |")
    print("|---|---|---|---|---|")
    for count, (steps, epoch) in middle.items():
        apart = f"{count * one[1]:.2f} s" if one else "–"
        times = f"{steps / one[0]:.2f} (steps), {epoch / one[1]:.2f} (epoch)" if one else "–"
        print(f"| {count} | {steps:.2f} s | {epoch:.2f} s | {apart} | {times} |")
    print("Promised on a GPU: 16 models in under 4 times the time of one.")


if __name__ == "__main__":
    main()
