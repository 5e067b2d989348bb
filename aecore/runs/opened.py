"""A run opened for analysis: its model as it was trained, its data beside it."""

from dataclasses import dataclass

from aecore.data.image_set import Splits
from aecore.runs.folder import Run
from aecore.training.recipe import Recipe
from aecore.variants.compose import Composition


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

    RunError when no weights can be read, DataError when the data set is gone.
    """
    raise NotImplementedError
