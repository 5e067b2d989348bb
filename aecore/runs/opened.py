"""A run opened for analysis: its model as it was trained, its data beside it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aecore.data.catalog import load
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import DataError, RunError
from aecore.runs.folder import Run
from aecore.runs.summary import UNDER_WAY
from aecore.runs.weights import newest_checkpoint
from aecore.training.precision import find_device
from aecore.training.recipe import Recipe
from aecore.variants.compose import Composition, compose


@dataclass(frozen=True, eq=False)
class OpenRun:
    """`composition.model` is in evaluation mode, its parameters take no gradient. `epoch` says which weights."""

    run: Run
    recipe: Recipe
    composition: Composition
    splits: Splits
    epoch: int
    fallback_note: str  # what a person should know about these weights or data; "" when all is as it should be


def open_run(run: Run, device: str = "cpu", epoch: int | None = None) -> OpenRun:
    """The newest checkpoint, or with `epoch` the decoder as it was recorded then.

    RunError when no weights can be read, DataError when the data set is gone. A run that restores pictures is opened
    without its data set then, with no images in any part: it is of use for pictures of any other origin.
    """
    recipe = run.recipe()
    checkpoint, note = newest_checkpoint(run)
    if checkpoint is None:
        raise RunError(f"The run {run.id} has kept no weights yet: it can be opened when its first epochs are over.")
    splits = _splits_of(run, recipe)
    weights = checkpoint.part("model")
    if epoch is not None:
        weights |= _recorded_decoder(run, epoch)
    else:
        note = note or _what_was_lost(run, checkpoint.position.epoch)
    composition = compose(recipe.parts, splits.shape, recipe.seed, splits.classes)
    try:
        composition.model.load_state_dict(weights)
    except RuntimeError as error:
        raise RunError(f"The weights of the run {run.id} do not fit its recipe and data ({error}).") from None
    composition.model.to(find_device(device).key).eval().requires_grad_(False)
    return OpenRun(
        run,
        recipe,
        composition,
        splits,
        checkpoint.position.epoch if epoch is None else epoch,
        " ".join(filter(None, (note, _data_note(recipe, splits)))),
    )


def _splits_of(run: Run, recipe: Recipe) -> Splits:
    try:
        return load(recipe.data.name, recipe.data.classes, recipe.data.limit)
    except DataError:
        summary = run.summary()
        if not summary.restores or summary.image_shape is None:
            raise
        none = ImageSet(np.empty((0, *summary.image_shape), np.uint8))
        return Splits(none, none, none, recipe.data.name, recipe.data.fingerprint)


def _recorded_decoder(run: Run, epoch: int) -> dict[str, Tensor]:
    decoder = run.snapshot(epoch).decoder
    if not decoder:
        raise RunError(
            f"{run.id} keeps codes and reconstructions of epoch {epoch}, but no weights: open its last epoch."
        )
    return {f"decoder.{name}": torch.from_numpy(each) for name, each in decoder.items()}


def _what_was_lost(run: Run, epoch: int) -> str:
    """A run that was killed may have short epochs behind it whose weights were not kept."""
    summary = run.summary()
    if summary.state in UNDER_WAY or epoch >= summary.epochs_done:
        return ""
    return (
        f"The run ended after epoch {summary.epochs_done}, before the weights of its last epochs were kept: these are "
        f"the weights after epoch {epoch}. Resume it to train the others again."
    )


def _data_note(recipe: Recipe, splits: Splits) -> str:
    if not recipe.data.fingerprint or recipe.data.fingerprint == splits.fingerprint:
        return ""
    return (
        f"The pictures of {recipe.data.name!r} have changed since this run was trained: what is shown for them is not "
        "what it was trained and measured on."
    )
