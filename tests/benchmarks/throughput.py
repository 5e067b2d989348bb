"""Images per second of training: `python -m tests.benchmarks.throughput --peers PYTHON`.

PYTHON is the interpreter of an environment with tests/benchmarks/requirements.txt; without it the lab is measured
alone. The same layers, the same 55,000 images of MNIST and the same batch size, in float32; the lab in what it chooses
for this processor, or with `--precision float32` in that too. Every run in a process of its own, one after the other,
in rounds, so that a busy machine is busy for all.

    images per second   images / seconds of an epoch, median of all epochs but the first of a process. The epochs of the
                        others train and do nothing else: beside them stand the lab's steps alone, and its whole epochs,
                        which also measure 5,000 validation images and write checkpoint, preview and snapshot
    memory              peak of the process, images and libraries included
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PEERS = ("plain", "pythae", "keras")
TITLES = {
    "ours": "Latent Lab, steps",
    "whole": "Latent Lab, whole epochs",
    "plain": "plain PyTorch, DataLoader",
    "pythae": "pythae 0.1.2",
    "keras": "Keras 3 on TensorFlow",
}
MODELS = {
    "vae": (
        "variational",
        {
            "network.hidden": (400,),
            "network.normalisation": False,
            "network.activation": "relu",
            "bottleneck.code_size": 20,
        },
    ),
    "conv": ("convolutional", {"network.channels": (16, 32), "bottleneck.code_size": 32}),
}
ABOUT = {"vae": "VAE 784-400-20", "conv": "convolutional autoencoder, code of 32"}


@dataclass(frozen=True)
class Reading:
    """One process."""

    epochs: Sequence[float]  # seconds
    peak_mb: float
    whole: Sequence[float] = ()  # seconds with what the lab does beside the steps


def main() -> None:
    """Measure and print the table."""
    options = _options()
    if options.ours:
        return _measure_here(*options.ours, options.precision)
    names = ("ours", *(PEERS if options.peers else ()))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {options.rounds} rounds")
    print("| model | batch | | images per second (all epochs) | peak memory | the lab's steps are | its whole epochs |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images.npy"
        count = _save_images(images)
        for model in MODELS:
            for batch in options.batches:
                _print_rows(model, batch, count, dict(_readings(names, model, batch, images, options)))
    return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has the other libraries")
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--epochs", type=int, default=4, help="of each process; the first warms up")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--precision", default="auto", help="of the lab")
    parser.add_argument("--ours", nargs=3, metavar=("MODEL", "BATCH", "EPOCHS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _save_images(path: Path) -> int:
    from aecore.data.catalog import load

    images = load("mnist").train.images
    np.save(path, images)
    return len(images)


def _readings(
    names: Sequence[str], model: str, batch: int, images: Path, options: argparse.Namespace
) -> Iterator[tuple[str, list[Reading]]]:
    found: dict[str, list[Reading]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            found[name].append(_in_a_process(name, model, batch, images, options))
    yield from found.items()


def _in_a_process(name: str, model: str, batch: int, images: Path, options: argparse.Namespace) -> Reading:
    what = [model, str(batch), str(options.epochs)]
    if name == "ours":
        command = [sys.executable, "-m", "tests.benchmarks.throughput", "--ours", *what]
        command += ["--precision", options.precision]
    else:
        command = [options.peers, str(Path(__file__).with_name("peers.py")), name, *what, str(images)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{TITLES[name]} failed:\n{done.stderr[-3000:]}")
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return Reading(said["epochs"], said["peak_mb"], said.get("whole", ()))


def _print_rows(model: str, batch: int, count: int, readings: dict[str, list[Reading]]) -> None:
    rates = {
        name: [count / seconds for each in found for seconds in each.epochs[1:]] for name, found in readings.items()
    }
    whole = [count / seconds for each in readings["ours"] for seconds in each.whole[1:]]
    steps, epochs = statistics.median(rates["ours"]), statistics.median(whole)
    for name, found in {"ours": rates["ours"], "whole": whole, **rates}.items():
        middle = statistics.median(found)
        memory = max(each.peak_mb for each in readings["ours" if name == "whole" else name])
        ratios = f"{steps / middle:.2f} times as fast | {epochs / middle:.2f}" if name in PEERS else "|"
        span = f"{middle:,.0f} ({min(found):,.0f} to {max(found):,.0f})"
        print(f"| {ABOUT[model]} | {batch} | {TITLES[name]} | {span} | {memory:,.0f} MB | {ratios} |", flush=True)


def _measure_here(model: str, batch: str, epochs: str, precision: str) -> None:
    """Train in this process, as a person does from a notebook, and print what `peers.py` prints."""
    from aecore.jobs.foreground import run_here
    from aecore.runs.store import Runs
    from aecore.training.events import Epoch, Started
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe

    variant, changes = MODELS[model]
    size = {"training.batch_size": int(batch), "training.epochs": int(epochs), "training.precision": precision}
    recipe, splits = prepare(make_recipe(variant, DataChoice("mnist"), {**changes, **size}))
    steps: list[float] = []
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        began = 0.0
        for event in run_here(Runs(Path(folder)).create(recipe, "Measured")):
            now = time.perf_counter()
            if isinstance(event, Epoch):
                steps.append(len(splits.train) / event.images_per_second)
                times.append(now - began)
            if isinstance(event, Started | Epoch):
                began = now
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"epochs": steps, "whole": times, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
