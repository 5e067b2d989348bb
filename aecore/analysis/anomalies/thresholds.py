"""Where to draw the line: what a threshold does to images of both kinds, and how sure it is with normal ones alone.

An image whose score is above the threshold is flagged.

                 flagged             passed
    anomaly      caught              missed           recall       = caught / anomalies
    normal       false alarms        rightly passed   precision    = caught / flagged
                                                      false alarms = normal flagged / normal

    cost = false alarms x price of one + missed x price of one

With normal images alone the threshold is a quantile q of their scores: the k-th smallest of n, k = ceil(q n). How far
the true quantile may be is known without any assumption on the distribution: it lies below the j-th smallest score
with the probability that at most j - 1 of n images are below it, which is binomial,

    P(x_(l) <= x_q < x_(u)) = F(u - 1; n, q) - F(l - 1; n, q)        F: the binomial distribution function

and the band takes l and u with at most half of the remaining probability on each side. Where n is too small there is
no such u: the upper end is then infinite, and that is said.

Source: David and Nagaraja, "Order Statistics", 3rd edition, Wiley 2003 (confidence intervals for quantiles).
"""

import math
from dataclasses import dataclass

import numpy as np

from aecore.analysis.anomalies.ranking import Scores
from aecore.errors import DataError, SettingError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Outcome:
    """What a threshold does. Shares are None where there is nothing to take a share of."""

    threshold: float
    caught: int
    missed: int
    false_alarms: int
    passed: int
    cost: float

    @property
    def recall(self) -> float | None:
        """Share of the anomalies that are flagged."""
        return _share(self.caught, self.caught + self.missed)

    @property
    def precision(self) -> float | None:
        """Share of anomalies among what is flagged."""
        return _share(self.caught, self.caught + self.false_alarms)

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of the normal images that are flagged."""
        return _share(self.false_alarms, self.false_alarms + self.passed)


@dataclass(frozen=True)
class QuantileBand:
    """A quantile of normal scores and where the true one lies with at least `confidence`."""

    quantile: float
    threshold: float
    low: float
    high: float  # infinite where there are too few images
    confidence: float
    images: int


def outcome(
    normal: Scores, anomalous: Scores, threshold: float, alarm_price: float = 1.0, miss_price: float = 1.0
) -> Outcome:
    """Count at a threshold; the cost in units of the two prices."""
    false_alarms, caught = int((normal > threshold).sum()), int((anomalous > threshold).sum())
    missed = len(anomalous) - caught
    cost = false_alarms * alarm_price + missed * miss_price
    return Outcome(threshold, caught, missed, false_alarms, len(normal) - false_alarms, cost)


def check_share(name: str, share: float) -> None:
    """SettingError for a number that is no share."""
    if not 0.0 < share < 1.0:
        raise SettingError(f"The {name} is {share:g}: choose a share between 0 and 1, for instance 0.95.")


def quantile_band(normal: Scores, quantile: float, confidence: float = CONFIDENCE) -> QuantileBand:
    """The threshold that a share `quantile` of the normal images stays below, with its band.

    SettingError for a quantile or a confidence that is no share, DataError without an image.
    """
    check_share("quantile", quantile)
    check_share("confidence", confidence)
    if not len(normal):
        raise DataError("A threshold needs scores of normal images: there are none.")
    ordered = np.sort(np.asarray(normal, np.float64))
    count = len(ordered)
    place = min(count, math.ceil(quantile * count - 1e-9))
    below = _binomial_sums(count, quantile)
    outside = (1.0 - confidence) / 2.0
    low = int(np.searchsorted(below, outside, "right"))  # F(low - 1) <= outside
    high = int(np.searchsorted(below, 1.0 - outside, "left")) + 1  # F(high - 1) >= 1 - outside
    return QuantileBand(
        quantile=quantile,
        threshold=float(ordered[max(place, 1) - 1]),
        low=float(ordered[low - 1]) if low >= 1 else -math.inf,
        high=float(ordered[high - 1]) if high <= count else math.inf,
        confidence=confidence,
        images=count,
    )


def percentile(normal: Scores, scores: Scores) -> Scores:
    """The share of normal images with a lower score, in percent; those with an equal one count half."""
    ordered = np.sort(normal)
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return np.asarray(100.0 * below / (2.0 * max(1, len(ordered))), np.float64)


def _binomial_sums(count: int, share: float) -> Scores:
    """F(k; count, share) for k = 0 to count."""
    k = np.arange(count + 1)
    logs = np.array([math.lgamma(each + 1) for each in range(count + 1)])
    terms = logs[count] - logs[k] - logs[count - k] + k * math.log(share) + (count - k) * math.log1p(-share)
    return np.asarray(np.minimum(np.cumsum(np.exp(terms)), 1.0), np.float64)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
