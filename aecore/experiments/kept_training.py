"""A training within an experiment: it goes on from the checkpoint that is kept in the experiment's folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aecore.data.image_set import Splits
from aecore.runs.files import write_file
from aecore.training.checkpoints import read_checkpoint
from aecore.training.events import CheckpointDue, Progress
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import Recipe
from aecore.variants.compose import Composition, compose


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model trained here, as the analysis takes it."""

    recipe: Recipe
    composition: Composition
    splits: Splits


class KeptTraining:
    """Keeps its checkpoints in `file`, and begins where the last one stands."""

    def __init__(self, recipe: Recipe, splits: Splits, device: str, file: Path):
        """RunError when the checkpoint cannot be read, or is not of this recipe."""
        checkpoint = read_checkpoint(file) if file.exists() else None
        self.training = Training(recipe, splits, find_device(device), checkpoint)
        self._file = file

    def advances(self) -> Iterator[float]:
        """Train to the end, and give now and then how far it is, 0 to 1. RunError when the disk is full."""
        for event in self.training.events():
            if isinstance(event, CheckpointDue) and event.pressing:
                write_file(self._file, self.training.checkpoint().to_bytes())
            elif isinstance(event, Progress):
                yield event.done

    def fitted(self) -> Fitted:
        """The model as it is now, on the CPU."""
        recipe, splits = self.training.recipe, self.training.splits
        composition = compose(recipe.parts, splits.shape, recipe.seed, splits.classes)
        composition.model.load_state_dict(self.training.model.state_dict())
        composition.model.eval().requires_grad_(False)
        return Fitted(recipe, composition, splits)
