"""What a run needs before a process may train it: its recipe bound to its data, and the state to go on from."""

from dataclasses import dataclass

from aecore.data.catalog import load
from aecore.data.image_set import Splits
from aecore.runs.folder import Run
from aecore.runs.status import LiveStatus
from aecore.runs.threads import settle_threads
from aecore.runs.weights import newest_checkpoint, put_previous_back
from aecore.training.checkpoints import Checkpoint
from aecore.training.distributed import Company
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Beginning:
    """The way into a training."""

    recipe: Recipe
    splits: Splits
    device: str  # as it was asked for
    checkpoint: Checkpoint | None  # None when nothing is done yet

    def training(self, company: Company | None = None) -> Training:
        """The training alone or in company. SettingError or RunError when recipe, data and checkpoint do not fit."""
        device = company.device(self.device) if company else find_device(self.device)
        return Training(self.recipe, self.splits, device, self.checkpoint, company)


def begin(run: Run, status: LiveStatus) -> Beginning:
    """Read all of it; the caller holds the run. A damaged checkpoint gives way to the one before it.

    RunError for a recipe or checkpoints that cannot be read, DataError for a data set that is gone.
    """
    settle_threads(run)
    recipe = run.recipe()
    splits = load(recipe.data.name, recipe.data.classes, recipe.data.limit)
    if not recipe.data.fingerprint:
        recipe = recipe.with_fingerprint(splits.fingerprint)
        run.write_recipe(recipe, status)
    checkpoint, note = newest_checkpoint(run)
    if note:
        run.write_log(note)
        status.update(message=note)
        put_previous_back(run)
    return Beginning(recipe, splits, str(run.about()["device"]), checkpoint)
