"""How well a score tells anomalies from normal images, whatever the threshold.

    AUROC              share of pairs of an anomaly and a normal image in which the anomaly has the higher score;
                       equal scores count half. 0.5 is chance
    average precision  mean over the anomalies of the precision at their score: sum_k (R_k - R_(k-1)) P_k

AUROC does not depend on how rare anomalies are, average precision does: by chance it is their share.

Source: Hanley and McNeil, "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve",
Radiology 1982; Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves", ICML 2006.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.errors import DataError

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """What a score is worth on `normal` and `anomalous` images."""

    auroc: float
    average_precision: float
    normal: int
    anomalous: int

    @property
    def chance_precision(self) -> float:
        """The average precision of a score that knows nothing."""
        return self.anomalous / (self.normal + self.anomalous)


@dataclass(frozen=True, eq=False)
class Curves:
    """Both curves at every threshold, from the highest down: shares in [0, 1]."""

    false_alarms: Scores  # share of normal images at or above the threshold
    recall: Scores  # share of anomalies there
    precision: Scores  # share of anomalies among what is there


def rank(normal: Scores, anomalous: Scores) -> Ranking:
    """DataError where one of the two kinds is missing or a score is not finite."""
    _check(normal, anomalous)
    ordered = np.sort(normal)
    below = np.searchsorted(ordered, anomalous, "left") + np.searchsorted(ordered, anomalous, "right")
    auroc = float(below.sum()) / (2.0 * len(normal) * len(anomalous))
    found = curves(normal, anomalous)
    steps = np.diff(found.recall, prepend=0.0)
    return Ranking(auroc, float((steps * found.precision).sum()), len(normal), len(anomalous))


def curves(normal: Scores, anomalous: Scores) -> Curves:
    """A point for each score that occurs. DataError as `rank`."""
    _check(normal, anomalous)
    scores = np.concatenate([normal, anomalous])
    is_anomaly = np.concatenate([np.zeros(len(normal)), np.ones(len(anomalous))])
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # equal scores are one point
    caught = np.cumsum(is_anomaly[order])[last]
    flagged = last + 1.0
    return Curves((flagged - caught) / len(normal), caught / len(anomalous), caught / flagged)


def _check(normal: Scores, anomalous: Scores) -> None:
    if not len(normal) or not len(anomalous):
        raise DataError(
            f"There are {len(normal):,} normal and {len(anomalous):,} anomalous images: a ranking needs both kinds."
        )
    if not (np.isfinite(normal).all() and np.isfinite(anomalous).all()):
        raise DataError("Some scores are not finite numbers: the model has diverged and cannot rank images.")
