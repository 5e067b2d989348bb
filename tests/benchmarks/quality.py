"""Seconds until the lab is as good as another library: `python -m tests.benchmarks.quality --peers PYTHON`.

PYTHON is the interpreter of an environment with tests/benchmarks/requirements.txt. pythae trains its own networks on
the 55,000 training images for ten epochs, and what its model says of the 10,000 test images is the mark. The lab
trains the preset "At once" of the variant, in a process of its own, and after every epoch is asked the same; the time
that the asking takes is not counted, what else it does in an epoch is.

    vae     variational, code of 20    -ELBO in nats, mean over test images, one draw each
    deep    deep, code of 30           squared error summed over pixels, mean over test images

The test images only say when the mark is passed; settings were chosen on the validation images.

Both use the processor. What the lab alone does elsewhere: `--ours vae --device cuda` prints a line of JSON with what
the test images say after each epoch, and the seconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from aecore.data.image_set import ImageSet
    from aecore.model import Model

EPOCHS = 10  # of the other library
MODELS = {"vae": "variational", "deep": "deep"}
PRESET = "At once"
ABOUT = {"vae": "VAE, code of 20: -ELBO, nats", "deep": "autoencoder, code of 30: squared error"}
BATCH = 500


def main() -> None:
    """Measure and print the table."""
    options = _options()
    if options.ours:
        print(json.dumps(list(_epochs_here(options.ours, options.seed, options.device, options.precision))))
        return
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {options.rounds} rounds")
    print("| what | round | pythae 0.1.2 after 10 epochs | Latent Lab | passes the mark after | share of the time |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        images = _save_images(Path(folder))
        for model in MODELS:
            shares = [_print_row(model, number, images, options) for number in range(1, options.rounds + 1)]
            print(f"| {ABOUT[model]} | all | | | | median 1 / {1 / statistics.median(shares):.1f} |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has the other library")
    parser.add_argument("--rounds", type=int, default=3, help="each with another seed")
    parser.add_argument("--ours", choices=MODELS, help="the lab alone, in this process")
    parser.add_argument("--device", default="cpu", help="of the lab alone")
    parser.add_argument("--precision", default="auto", help="of the lab")
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (options.peers or options.ours):
        parser.error("--peers is needed: the mark is what the other library reaches")
    return options


def _save_images(folder: Path) -> tuple[Path, Path]:
    from aecore.data.catalog import load

    splits, paths = load("mnist"), (folder / "images.npy", folder / "test.npy")
    for path, part in zip(paths, (splits.train, splits.test), strict=True):
        np.save(path, part.images)
    return paths


def _print_row(model: str, number: int, images: tuple[Path, Path], options: argparse.Namespace) -> float:
    script = str(Path(__file__).with_name("peers.py"))
    other = _answer([options.peers, script, "quality", model, str(EPOCHS), *map(str, images)])
    how = ["--seed", str(number), "--precision", options.precision]
    ours = _answer([sys.executable, "-m", "tests.benchmarks.quality", "--ours", model, *how])
    passed = next((each for each in ours if each["value"] <= other["value"]), None)
    last = ours[-1]
    said = f"{passed['seconds']:.1f} s, epoch {passed['epoch']}" if passed else "never"
    share = (passed or last)["seconds"] / other["seconds"] if passed else float("inf")
    print(
        f"| {ABOUT[model]} | {number} | {other['value']:.2f} in {other['seconds']:.1f} s | {last['value']:.2f} in "
        f"{last['seconds']:.1f} s | {said} | {f'1 / {1 / share:.1f}' if passed else ''} |",
        flush=True,
    )
    return share


def _answer(command: Sequence[str]) -> Any:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _epochs_here(model: str, seed: int, device: str, precision: str) -> Iterator[dict[str, float]]:
    """Train in this process, as a person does from a notebook: what the test images say after each epoch, and when."""
    from aecore.data.catalog import load
    from aecore.jobs.memory import keep_freed_memory
    from aecore.training.events import Epoch, Started
    from aecore.training.loop import Training
    from aecore.training.precision import find_device
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe
    from aecore.variants.catalog import variant

    keep_freed_memory()
    preset = next(each for each in variant(MODELS[model]).presets if each.title == PRESET)
    changes = {**preset.changes, "training.precision": precision}
    recipe, _ = prepare(make_recipe(MODELS[model], DataChoice("mnist"), changes, seed=seed))
    splits = load("mnist")
    training = Training(recipe, splits, find_device(device))
    began = asked = 0.0
    for event in training.events():
        if isinstance(event, Started):
            began = time.perf_counter()
        if isinstance(event, Epoch):
            now = time.perf_counter()
            value = _measured(training.model, splits.test)
            yield {"epoch": event.epoch, "seconds": now - began - asked, "value": value}
            asked += time.perf_counter() - now


def _measured(model: "Model", test: "ImageSet") -> float:
    import torch
    from torch.nn import functional

    from aecore.objectives.penalties import kl_divergence

    model.eval()
    device, total = next(model.parameters()).device, 0.0
    generator = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for start in range(0, len(test), BATCH):
            clean = torch.from_numpy(np.array(test.images[start : start + BATCH])).to(device).float().div(255)
            outcome = model(clean, generator)
            if outcome.posterior is None:
                total += float((outcome.images - clean).square().sum())
            else:
                total += float(functional.binary_cross_entropy_with_logits(outcome.logits, clean, reduction="sum"))
                total += float(kl_divergence(outcome.posterior).sum())
    return total / len(test)


if __name__ == "__main__":
    main()
