"""Pictures from outside, flagged or not: what the page and the command `score` both show.

A picture comes in through `read_picture`, is fitted to the run's images, scored, and flagged when its score is above
the threshold. The same file gives the same numbers wherever it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aecore.analysis.anomalies.detector import Detector
from aecore.analysis.anomalies.scores import find_score
from aecore.analysis.anomalies.thresholds import QuantileBand, percentile, quantile_band
from aecore.analysis.trained import Floats
from aecore.data.fitting import Fitted, fit_picture, inverted
from aecore.data.image_set import Pixels
from aecore.data.pictures import read_picture
from aecore.errors import DataError

QUANTILE = 0.95
SCORE = "together"


@dataclass(frozen=True)
class Line:
    """What pictures are flagged by: a score and a threshold."""

    score: str
    threshold: float
    quantile: float | None  # of the calibration images, where the threshold is theirs
    images: int  # normal ones that percentiles are taken over


@dataclass(frozen=True, eq=False)
class Flag:
    """One picture: its numbers and what is to be seen of it, each [channels, height, width]."""

    name: str
    how: str  # it was fitted
    flagged: bool
    value: float
    percentile: float  # among the calibration images
    scores: Mapping[str, float]
    pixels: Pixels
    reconstruction: Floats
    error: Floats
    nearest: Pixels  # the normal training image whose pixels are nearest

    def numbers(self, line: Line) -> dict[str, object]:
        """What is told of it, as JSON knows it."""
        return {
            "file": self.name,
            "flagged": self.flagged,
            "score": line.score,
            "value": self.value,
            "percentile": self.percentile,
            "threshold": line.threshold,
            "quantile": line.quantile,
            "normal_images": line.images,
            "scores": dict(self.scores),
            "fitted": self.how,
        }


def take_picture(name: str, data: bytes | Path, shape: tuple[int, int, int], fit: str, invert: bool = False) -> Fitted:
    """A picture as a run of this shape takes it. PictureError when it is none, SettingError for another way to fit."""
    channels, height, width = shape
    taken = read_picture(name, data, enough=2 * max(height, width))
    fitted = fit_picture(taken, (height, width), fit, channels)
    return inverted(fitted) if invert else fitted


def draw_line(detector: Detector, score: str = SCORE, quantile: float = QUANTILE) -> tuple[Line, QuantileBand]:
    """The threshold that a share `quantile` of the calibration images stays below. SettingError for another score."""
    find_score(score, detector.keys)
    normal = detector.calibration.scores[score]
    band = quantile_band(normal, quantile)
    return Line(score, band.threshold, quantile, band.images), band


def moved(line: Line, threshold: float) -> Line:
    """The same score with a threshold that a person chose."""
    return Line(line.score, threshold, None, line.images)


def flag_pictures(detector: Detector, pictures: Sequence[Fitted], line: Line) -> list[Flag]:
    """Each picture with its numbers. DataError where the model gives no finite score.

    They are scored one by one: sums of many rows at once may round otherwise, and the numbers of a picture must not
    depend on those beside it.
    """
    return [_flag(detector, each, line) for each in pictures]


def _flag(detector: Detector, picture: Fitted, line: Line) -> Flag:
    looked = detector.look(picture.pixels[None])
    value = float(looked.scores[line.score][0])
    if not np.isfinite(value):
        raise DataError("The model gives scores that are not finite numbers: it has diverged, so choose another run.")
    return Flag(
        name=picture.name,
        how=picture.how,
        flagged=value > line.threshold,
        value=value,
        percentile=float(percentile(detector.calibration.scores[line.score], looked.scores[line.score])[0]),
        scores={key: float(found[0]) for key, found in looked.scores.items()},
        pixels=picture.pixels,
        reconstruction=looked.reconstruction[0],
        error=looked.error[0],
        nearest=detector.references.images[looked.nearest[0]],
    )
