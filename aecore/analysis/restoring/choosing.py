"""Which run restores a picture where nobody names one."""

from collections.abc import Sequence

from aecore.runs.summary import RunSummary

SHRINK = "shrink"
PHOTOGRAPHS = 64  # pixels a side of training images, at least: smaller ones are digits and clothes


def best_restorer(listed: Sequence[RunSummary], corruption: str) -> RunSummary | None:
    """The run that ships, was trained on photographs and has most parameters; None where none ships.

    `corruption` is "shrink" for super-resolution, "" for any kind of noise.
    """
    fitting = [each for each in listed if each.starter and restores(each, corruption) and _of_photographs(each)]
    return max(fitting, key=lambda each: each.parameters, default=None)


def restores(summary: RunSummary, corruption: str) -> bool:
    """Whether a run can restore pictures of any size, and of this corruption."""
    fits = summary.corruption == SHRINK if corruption == SHRINK else summary.corruption != SHRINK
    return summary.restores and fits and not summary.damaged and summary.weights


def _of_photographs(summary: RunSummary) -> bool:
    return summary.image_shape is not None and min(summary.image_shape[1:]) >= PHOTOGRAPHS
