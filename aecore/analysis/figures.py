"""Every number of a run: what `evaluate` prints, what ships beside a starter run, what tables are made of.

A run with an encoder has the errors of its reconstructions, one that draws images has their quality, a variational
run has both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aecore.analysis.evaluate import Evaluation, Progress, evaluate
from aecore.analysis.quality import Quality, quality
from aecore.analysis.restoring.protocol import Protocol, measure_pictures
from aecore.analysis.trained import Trained, model_of
from aecore.data.image_set import Splits
from aecore.data.splits import nested_subset
from aecore.model import Autoencoder, Restorer
from aecore.training.classifier import Classifier

Measure = Callable[..., Evaluation]
ClassifierOf = Callable[[Splits, Progress | None], Classifier | None]
MOST_RESTORED = 200
TRAINING_SHARE = 0.3  # of the bar, for a classifier that has to be trained first


@dataclass(frozen=True)
class Figures:
    """What a run does not have is None."""

    reconstruction: Evaluation | None
    generation: Quality | None
    restoration: Protocol | None = None

    def to_dict(self) -> dict[str, object]:
        """All numbers under names that say their unit, as JSON knows them."""
        values: dict[str, object] = {"split": "test"}
        if self.reconstruction is not None:
            values |= self.reconstruction.to_dict()
        if self.generation is not None:
            values |= self.generation.to_dict()
        if self.restoration is not None:
            values |= self.restoration.to_dict()
        return values


def restored(trained: Trained, progress: Progress | None = None) -> Protocol:
    """The published protocol of a restorer on its own test images, at most 200 of them. DataError without any."""
    test = trained.splits.test
    chosen = nested_subset(test, MOST_RESTORED)
    pictures = [np.ascontiguousarray(each.transpose(1, 2, 0)) for each in chosen.images]
    return measure_pictures(pictures, trained, progress)


def figures(
    trained: Trained,
    classifier_of: ClassifierOf,
    count: int | None = None,
    progress: Progress | None = None,
    measure: Measure = evaluate,
) -> Figures:
    """Measure whatever the run can do on its test images.

    `classifier_of` gives the classifier of its data set (`jobs.classifiers.classifier_for`) and is asked only where
    images are drawn, `count` of them. `progress` is told the share done. DataError where there is nothing to
    measure on. `measure` is `evaluate`, or that with some of its options chosen.
    """
    model = model_of(trained)
    if isinstance(model, Restorer):
        return Figures(None, None, restored(trained, progress))
    parts = isinstance(model, Autoencoder) + model.generates
    tell = progress or (lambda done: None)
    reconstruction = generation = None
    if isinstance(model, Autoencoder):
        reconstruction = measure(trained, progress=lambda done: tell(done / parts))
    if model.generates:
        before, rest = 1 - 1 / parts, 1 / parts
        learned = classifier_of(trained.splits, lambda done: tell(before + rest * TRAINING_SHARE * done))
        begun = before + rest * TRAINING_SHARE
        generation = quality(trained, learned, count, progress=lambda done: tell(begun + (1 - begun) * done))
    return Figures(reconstruction, generation)
