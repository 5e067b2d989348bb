"""The starter runs that ship with the lab, and the one way in which they are made.

Each is trained by its recipe like any run, then reduced to what looking at it needs: weights of a byte a number, of a
restorer two, no state of the optimiser, no weights of single epochs. What is documented of them is measured on the
weights as shipped.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.data.photographs import NAME as PHOTOGRAPHS
from aecore.errors import RunError
from aecore.jobs.foreground import run_here
from aecore.model import Restorer
from aecore.runs.archive import TEXTS
from aecore.runs.arrays import read_arrays, to_bytes
from aecore.runs.files import write_file
from aecore.runs.folder import CHECKPOINT, INPUTS, METRICS, PREVIEW, SNAPSHOTS, STEPS, Run
from aecore.runs.job_folder import LOG, STATUS
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.runs.weights import newest_checkpoint
from aecore.training.checkpoints import Checkpoint
from aecore.training.events import Progress
from aecore.training.packing import packed
from aecore.training.prepare import prepare
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS

NOT_COPIED = (LOG, STEPS, METRICS)  # the last in part only
SNAPSHOT_BYTES = 50_000  # of the codes in all snapshots of one starter run: long ones are recorded at fewer epochs
PICTURE_BYTES = 60_000  # of the images in a preview: of large ones fewer are kept
MOST_EPOCHS = 200  # of which the measurements are kept: of more, fewer and fewer towards the end
CODES, CODE_NUMBERS = 1000, 10_000  # images whose codes are kept, and numbers in them together
# Nothing to do with what was learned.
OF_THE_PROCESS = ("launched", "pid", "host", "place", "progress", "heartbeat", "bytes", "asked_at", "first_step_at")


@dataclass(frozen=True)
class Starter:
    """One run that ships: the name of its folder, its name on screen, and its recipe."""

    key: str
    name: str
    variant: str
    dataset: str
    changes: Mapping[str, object] = field(default_factory=dict)
    classes: tuple[int, ...] = ()  # none for all
    more: tuple[int, ...] = ()  # epochs of further stages, each like the first


def _on_photographs(key: str, name: str, variant: str, changes: Mapping[str, object] = MappingProxyType({})) -> Starter:
    """The variant with its own preset for photographs, in which `changes` are made."""
    (preset,) = (each for each in VARIANTS[variant].presets if each.title == "Photographs")
    return Starter(key, name, variant, PHOTOGRAPHS, {**preset.changes, **changes})


# Trained on one class, which is then the normal one.
ONE_CLASS: Mapping[str, object] = {
    "network.kind": "dense",
    "network.hidden": (112,),
    "bottleneck.code_size": 24,
    "corruption.noise_std": 0.3,
    "training.epochs": 30,
    "training.batch_size": 128,
}

STARTERS = (
    Starter("vae-2-mnist", "Digits on a plane", "variational", "mnist", {"training.epochs": 50}),
    Starter("vae-2-fashion", "Clothes on a plane", "variational", "fashion_mnist", {"training.epochs": 50}),
    Starter("simple-mnist", "Simple, 32 numbers", "simple", "mnist"),
    Starter(
        "deep-30-mnist",
        "Deep, 30 numbers",
        "deep",
        "mnist",
        {"network.hidden": (1000, 500, 250), "bottleneck.code_size": 30, "training.epochs": 40},
    ),
    Starter("convolutional-mnist", "Convolutional, 32 numbers", "convolutional", "mnist"),
    Starter(
        "denoising-fashion",
        "Clothes out of noise",
        "denoising",
        "fashion_mnist",
        {"training.epochs": 18},
    ),
    Starter("tied-mnist", "Tied, 32 numbers", "tied", "mnist"),
    Starter("untied-mnist", "Untied, 32 numbers", "tied", "mnist", {"network.kind": "dense"}),
    Starter("greedy-mnist", "Layer by layer, 32 numbers", "greedy", "mnist"),
    Starter("greedy-alone-mnist", "Layer by layer, never as a whole", "greedy", "mnist", {"scheme.fine_tuning": 0.0}),
    Starter("greedy-whole-mnist", "The same layers end to end", "greedy", "mnist", {"scheme.kind": "end_to_end"}),
    Starter("memorising-mnist", "Fifty digits by heart", "memorising", "mnist"),
    Starter("overcomplete-mnist", "800 numbers out of noise", "overcomplete", "mnist"),
    Starter(
        "overcomplete-free-mnist", "800 numbers, unconstrained", "overcomplete", "mnist", {"corruption.kind": "none"}
    ),
    Starter("gan-mnist", "Digits from noise", "gan", "mnist", {"training.epochs": 3}),
    Starter(
        "vae-20-mnist",
        "Digits in twenty numbers",
        "variational",
        "mnist",
        {
            "network.hidden": (512, 256),
            "bottleneck.code_size": 20,
            "training.epochs": 50,
            "training.learning_rate": 3e-3,
            "training.weight_decay": 0.05,
        },
    ),
    Starter("conditional-mnist", "Digits to order", "conditional", "mnist", {"training.epochs": 20}),
    Starter(
        "sparse-l1-mnist",
        "Sparse, L1",
        "sparse",
        "mnist",
        {"bottleneck.code_size": 190, "training.epochs": 12},
    ),
    Starter(
        "sparse-kl-mnist",
        "Sparse, KL to a target rate",
        "sparse",
        "mnist",
        {
            "bottleneck.code_size": 190,
            "penalty.kind": "kl_rate",
            "penalty.rate": 0.05,
            "penalty.weight": 0.5,
            "training.epochs": 12,
        },
    ),
    Starter(
        "sparse-top-k-mnist",
        "Sparse, top-k",
        "sparse",
        "mnist",
        {
            "bottleneck.kind": "top_k",
            "bottleneck.code_size": 190,
            "bottleneck.active_units": 16,
            "penalty.kind": "none",
            "training.epochs": 12,
        },
    ),
    Starter(
        "pretraining-mnist",
        "Digits from 1,000 labels",
        "pretraining",
        "mnist",
        {"network.hidden": (156, 128), "training.shift_pixels": 1.0, "training.rotate_degrees": 8.0},
    ),
    Starter("stylegan-fashion", "Clothes with style", "stylegan", "fashion_mnist"),
    Starter("diffusion-mnist", "Digits out of noise", "diffusion", "mnist", {"training.epochs": 12}),
    Starter("latent-diffusion-mnist", "Digits out of noise, in a code", "latent_diffusion", "mnist"),
    replace(_on_photographs("denoising-photographs", "Photographs out of noise", "photo_denoising"), more=(36, 36)),
    _on_photographs("subpixel-photographs", "Photographs enlarged", "subpixel"),
    _on_photographs("srcnn-2-photographs", "SRCNN, 2 times", "srcnn"),
    _on_photographs("srcnn-3-photographs", "SRCNN, 3 times", "srcnn", {"corruption.factor": 3.0}),
    _on_photographs("srcnn-4-photographs", "SRCNN, 4 times", "srcnn", {"corruption.factor": 4.0}),
    _on_photographs("skips-photographs", "Photographs enlarged by an autoencoder", "super_resolution"),
    Starter("eights-mnist", "Only eights", "denoising", "mnist", ONE_CLASS, (8,)),
    Starter("coats-fashion", "Only coats", "denoising", "fashion_mnist", ONE_CLASS, (4,)),
    Starter("compression-mnist", "Digits in small files", "compression", "mnist", {"training.epochs": 30}),
    Starter(
        "compression-fashion",
        "Clothes in small files",
        "compression",
        "fashion_mnist",
        {"network.blocks": 2, "training.epochs": 32},
    ),
)


def find_starter(key: str) -> Starter:
    """RunError naming those that exist."""
    for starter in STARTERS:
        if starter.key == key:
            return starter
    raise RunError(f"There is no starter run {key!r}: choose one of {', '.join(each.key for each in STARTERS)}.")


def train_starter(starter: Starter, runs: Runs) -> Iterator[Progress | Run]:
    """Train it as an ordinary run: its progress, then the run. A run of the same recipe is resumed, not repeated."""
    recipe, _ = prepare(make_recipe(starter.variant, DataChoice(starter.dataset, starter.classes), starter.changes))
    for epochs in starter.more:
        recipe = recipe.with_stage(epochs)
    run = next((each for each in _with_name(runs, starter.name) if each.recipe() == recipe), None)
    run = run or runs.create(recipe, starter.name)
    if run.summary().state != "finished":
        for event in run_here(run):
            if isinstance(event, Progress):
                yield event
    yield run


def ship(run: Run, folder: Path) -> Run:
    """Write the reduced run into `folder`, in place of what was there. RunError for a run that is not finished."""
    if run.summary().state != "finished":
        raise RunError(f"{run.id} is {run.summary().state}: only a finished run can be shipped; resume it first.")
    weights = _weights(run)
    made = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    (made / SNAPSHOTS).mkdir(parents=True)
    _ship_records(run, made)
    write_file(made / CHECKPOINT, weights)
    _ship_snapshots(run, made)
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)
    return Run(folder, starter=True)


def _weights(run: Run) -> bytes:
    """The settled model of the newest checkpoint, in few bytes."""
    checkpoint, _ = newest_checkpoint(run)
    if checkpoint is None:
        raise RunError(f"{run.id} has no checkpoint: train it again.")
    model = open_run(run).composition.model
    model.settle()
    tensors = {f"model.{name}": each for name, each in model.state_dict().items()}
    return Checkpoint(checkpoint.position, tensors).to_few_bytes(rounded=not isinstance(model, Restorer))


def _ship_records(run: Run, made: Path) -> None:
    """What was written down, less what concerns the process that wrote it."""
    for name in TEXTS:
        if name not in NOT_COPIED and (run.path / name).is_file():
            shutil.copyfile(run.path / name, made / name)
    lines = (run.path / METRICS).read_bytes().splitlines(keepends=True)
    write_file(made / METRICS, b"".join(lines[index] for index in _kept_epochs(len(lines))))
    preview, inputs = read_arrays(run.path / PREVIEW), read_arrays(run.path / SNAPSHOTS / INPUTS)
    count = _kept_codes(preview["codes"])
    shown = _kept_pictures(inputs["clean"])
    preview = _fewer(preview, shown) | {"codes": preview["codes"][:count]}
    write_file(made / PREVIEW, packed(to_bytes(preview)))
    labels = {"labels": inputs["labels"][: max(count, len(inputs["clean"]))]} if "labels" in inputs else {}
    write_file(made / SNAPSHOTS / INPUTS, packed(to_bytes(_fewer(inputs, shown) | labels)))
    status = {name: value for name, value in run.status().items() if name not in OF_THE_PROCESS}
    write_file(made / STATUS, json.dumps(status, indent=1).encode() + b"\n")


def _ship_snapshots(run: Run, made: Path) -> None:
    """Codes and reconstructions of the recorded epochs that can be afforded, less the weights of the decoder."""
    for path in _affordable([run.snapshot_path(epoch) for epoch in run.snapshots()]):
        kept = {name: each for name, each in read_arrays(path).items() if not name.startswith("decoder.")}
        codes = kept["codes"][: _kept_codes(kept["codes"])]
        pictures = kept.get("reconstructions", codes[:0])
        kept = _fewer(kept, _kept_pictures(pictures))
        write_file(made / SNAPSHOTS / path.name, packed(to_bytes(kept | {"codes": codes})))


def _kept_epochs(count: int) -> list[int]:
    """Which of `count` epochs stay, as indices: all of the first ones, then at growing distances, and the last."""
    if count <= MOST_EPOCHS:
        return list(range(count))
    return sorted({round(float(each)) - 1 for each in np.geomspace(1, count, MOST_EPOCHS)})


def keep_figures(run: Run, figures: Mapping[str, object]) -> None:
    """Write the figures measured on the shipped weights beside them."""
    write_file(run.path / "evaluation.json", json.dumps(figures, indent=2).encode() + b"\n")


def _affordable(snapshots: list[Path]) -> list[Path]:
    """As many snapshots as may ship, from the first to the last spread evenly; of only one, the last."""
    if not snapshots:
        return []
    codes = read_arrays(snapshots[-1])["codes"]
    if not codes.size:
        return snapshots[-1:]  # nothing moves on a map
    count = min(len(snapshots), SNAPSHOT_BYTES // max(codes[: _kept_codes(codes)].nbytes, 1))
    if count <= 1:
        return snapshots[-1:]
    return [snapshots[round(index * (len(snapshots) - 1) / (count - 1))] for index in range(count)]


def _kept_pictures(pictures: npt.NDArray[Any]) -> int:
    """How many pictures of a preview are kept: all where they are small."""
    return max(1, PICTURE_BYTES // max(pictures[:1].nbytes, 1))


def _fewer(arrays: Mapping[str, npt.NDArray[Any]], shown: int) -> dict[str, npt.NDArray[Any]]:
    """The same with at most so many pictures in each array of pictures."""
    return {name: each[:shown] if each.ndim == 4 else each for name, each in arrays.items()}


def _kept_codes(codes: npt.NDArray[Any]) -> int:
    """Of how many images the codes are kept."""
    numbers: int = codes.shape[1]
    return min(len(codes), CODES, max(1, CODE_NUMBERS // max(numbers, 1)))


def _with_name(runs: Runs, name: str) -> Iterator[Run]:
    for summary in runs.list():
        if summary.name == name and not summary.starter and not summary.damaged:
            yield runs.get(summary.id)
