"""Error against the number of labels: every method's mean over draws of the labelled images, and their spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Indices


@dataclass(frozen=True, eq=False)
class FewLabelsLine:
    """One method: test error in percent by number of labels, over the draws that were made of each."""

    method: str
    title: str
    labels: Indices  # [n], ascending
    mean: npt.NDArray[np.float64]  # [n]
    spread: npt.NDArray[np.float64]  # [n], standard deviation over the draws; 0 for a single one
    draws: Indices  # [n]


@dataclass(frozen=True, eq=False)
class FewLabelsCurve:
    """The methods of which there is at least one error, in the order of their titles."""

    lines: tuple[FewLabelsLine, ...]

    @property
    def labels(self) -> tuple[int, ...]:
        """All numbers of labels there are, ascending."""
        return tuple(sorted({int(each) for line in self.lines for each in line.labels}))

    def best(self, labels: int) -> FewLabelsLine | None:
        """The method with the least mean error for so many labels."""
        there = [line for line in self.lines if labels in line.labels]
        return min(there, key=lambda line: line.mean[line.labels == labels][0], default=None)


def few_labels_curve(results: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> FewLabelsCurve:
    """From results with method, labels, seed and error_percent; those of methods without a title are left out."""
    lines = []
    for method, title in titles.items():
        errors: dict[int, list[float]] = {}
        for each in results:
            if each.get("method") == method and each.get("error_percent") is not None:
                errors.setdefault(int(each["labels"]), []).append(float(each["error_percent"]))
        if errors:
            lines.append(_line(method, title, errors))
    return FewLabelsCurve(tuple(lines))


def _line(method: str, title: str, errors: Mapping[int, list[float]]) -> FewLabelsLine:
    labels = sorted(errors)
    return FewLabelsLine(
        method,
        title,
        np.array(labels, np.int64),
        np.array([np.mean(errors[each]) for each in labels]),
        np.array([np.std(errors[each], ddof=1) if len(errors[each]) > 1 else 0.0 for each in labels]),
        np.array([len(errors[each]) for each in labels], np.int64),
    )
