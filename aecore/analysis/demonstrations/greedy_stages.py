"""Layer by layer against end to end: the error of validation images against the seconds of training. Needs no torch.

All numbers are those that the runs recorded. In every chapter the error is that of the image, through the layers that
have been trained by then, so that the curves can be compared from the beginning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aecore.runs.summary import text

ERRORS = {"mse": "squared_error", "bce": "cross_entropy"}
GREEDY, TUNED, WHOLE = "layer by layer", "layer by layer, then all layers", "end to end"


@dataclass(frozen=True)
class StagedRun:
    """One run: after each epoch the seconds of training and the error; where its chapters begin, and their titles."""

    way: str  # GREEDY, TUNED or WHOLE
    name: str
    seconds: tuple[float, ...]
    errors: tuple[float, ...]
    begins: tuple[tuple[float, float, str], ...]  # seconds, error there, title; none of a single chapter


@dataclass(frozen=True)
class GreedyStages:
    """The runs side by side."""

    runs: tuple[StagedRun, ...]
    error: str  # its name in the metrics
    images: int  # validation images that the errors are means over


def way_of(recipe: Mapping[str, Any]) -> str:
    """How a recipe trains its layers; "" for a scheme that is neither of the three."""
    kind = text(recipe, "parts", "scheme", "kind")
    if kind == "greedy":
        return TUNED if recipe["parts"]["scheme"].get("fine_tuning") else GREEDY
    return WHOLE if kind == "end_to_end" else ""


def error_of(recipe: Mapping[str, Any]) -> str:
    """The name under which the recipe's runs record the error of the image."""
    return ERRORS.get(text(recipe, "parts", "objective", "kind"), "loss")


def greedy_stages(
    runs: Sequence[tuple[str, Mapping[str, Any], Sequence[Mapping[str, Any]]]], images: int
) -> GreedyStages:
    """Name, recipe and lines of metrics of runs whose recipes differ in scheme and length only."""
    error = error_of(runs[0][1])
    return GreedyStages(tuple(_staged(way_of(recipe), name, rows, error) for name, recipe, rows in runs), error, images)


def _staged(way: str, name: str, metrics: Sequence[Mapping[str, Any]], error: str) -> StagedRun:
    rows = [row for row in metrics if error in row["validation"]]
    groups = [list(group) for _, group in groupby(rows, key=lambda row: text(row, "chapter"))]
    begins = [(group[0]["seconds"], group[0]["validation"][error], text(group[0], "chapter")) for group in groups]
    return StagedRun(
        way=way,
        name=name,
        seconds=tuple(float(row["seconds"]) for row in rows),
        errors=tuple(float(row["validation"][error]) for row in rows),
        begins=tuple(begins) if len(begins) > 1 else (),
    )
