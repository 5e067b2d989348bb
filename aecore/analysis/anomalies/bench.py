"""Scores of normal and anomalous test images side by side, and what each score is worth on them.

Normal are the test images of the classes that the run was trained on. Anomalous are, as asked, the test images of the
other classes of the same data set, or those of another data set of the same shape. Neither has any part in fitting or
in setting thresholds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from aecore.analysis.anomalies.detector import Detector, Progress
from aecore.analysis.anomalies.ranking import Ranking, Scores, rank
from aecore.analysis.trained import Trained
from aecore.data.catalog import datasets, load
from aecore.data.image_set import ImageSet
from aecore.data.splits import nested_subset
from aecore.errors import SettingError

OTHER_CLASSES: Final = "other classes"
NONE: Final = "none"
MOST, MOST_NUMBERS = 2_000, 2**26  # images of each kind, of every class about as many, and numbers in them


@dataclass(frozen=True, eq=False)
class Bench:
    """Images of both kinds with every score of each; `anomalous` may be empty."""

    normal: ImageSet
    anomalous: ImageSet
    normal_scores: Mapping[str, Scores]
    anomalous_scores: Mapping[str, Scores]

    def ranking(self, key: str) -> Ranking | None:
        """What a score is worth; None where nothing anomalous is known."""
        if not len(self.anomalous):
            return None
        return rank(self.normal_scores[key], self.anomalous_scores[key])


def anomalies_for(trained: Trained) -> tuple[str, ...]:
    """Where known anomalies for a run can come from: other classes, data sets of the same shape, nowhere."""
    data = trained.recipe.data
    others = (OTHER_CLASSES,) if _other_classes(trained) else ()
    sets = tuple(each.key for each in datasets() if each.key != data.name and each.shape == trained.splits.shape)
    return (*others, *sets, NONE)


def anomalous_images(trained: Trained, source: str) -> ImageSet:
    """Test images that are anomalies; none for "none". SettingError for a source that the run does not have."""
    if source not in anomalies_for(trained):
        raise SettingError(f"Anomalies cannot come from {source!r}: choose one of {', '.join(anomalies_for(trained))}.")
    if source == NONE:
        return trained.splits.test.take([])
    if source == OTHER_CLASSES:
        return load(trained.recipe.data.name).test.of_classes(_other_classes(trained))
    return load(source).test


def make_bench(
    detector: Detector, trained: Trained, source: str, most: int = MOST, progress: Progress | None = None
) -> Bench:
    """Score test images of both kinds, at most so many of each; of large ones as many as 64 MB hold."""
    most = max(1, min(most, MOST_NUMBERS // trained.splits.test.pixels))
    normal = nested_subset(trained.splits.test, most)
    anomalous = nested_subset(anomalous_images(trained, source), most)
    total = len(normal) + len(anomalous)

    def tell(done: int, share: float, of: int) -> None:
        if progress:
            progress((done + share * of) / total)

    return Bench(
        normal,
        anomalous,
        detector.scores(normal.images, lambda share: tell(0, share, len(normal))),
        detector.scores(anomalous.images, lambda share: tell(len(normal), share, len(anomalous))),
    )


def _other_classes(trained: Trained) -> tuple[int, ...]:
    """The classes of the data set that the run was not trained on and that have images."""
    chosen = trained.recipe.data.classes
    if not chosen:
        return ()
    labels = load(trained.recipe.data.name).test.labels
    present = [] if labels is None else np.unique(labels).tolist()
    return tuple(int(each) for each in present if each not in chosen)
