"""The chart and the table of error against the number of labels, for the page and for the variant's picture."""

from typing import TYPE_CHECKING

from aecore.experiments.few_labels import METHODS
from pages.shared.charts import show_chart
from pages.shared.experiments import Results
from pages.shared.matrix import Numbers, show_numbers
from pages.shared.theme import palette

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.few_labels import FewLabelsCurve, FewLabelsLine

ALT = "Error on test images against the number of labelled training images, a line for each method"


def show_curve(results: Results, images: int, key: str) -> "FewLabelsCurve":
    """The chart of the results, on so many test images."""
    from aecore.analysis.demonstrations.few_labels import few_labels_curve
    from aecore.plots.few_labels import few_labels_figure

    curve = few_labels_curve(results, METHODS)
    show_chart(few_labels_figure(curve, palette(), images), key=key, alt=ALT)
    return curve


def show_errors(curve: "FewLabelsCurve") -> None:
    """The same in numbers: a row for each method, a column for each number of labels."""
    rows = [Numbers(line.title, "", [_error(line, count) for count in curve.labels]) for line in curve.lines]
    heads = [f"{count:,}" for count in curve.labels]
    show_numbers(rows, heads, "Error in percent of the test images by method and number of labelled images")


def _error(line: "FewLabelsLine", count: int) -> str:
    at = [index for index, each in enumerate(line.labels) if each == count]
    if not at:
        return "–"
    mean, spread = float(line.mean[at[0]]), float(line.spread[at[0]])
    digits = 1 if mean >= 10 else 2
    both = f"{mean:.{digits}f}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{spread:.{digits}f}"
    return both if line.draws[at[0]] > 1 else f"{mean:.{digits}f}"
