"""The chart of methods against code size."""

import pytest

from aecore.analysis.dimensions import Comparison, Row
from aecore.plots.dimensions import dimension_curves
from tests.plots.test_figures import PALETTE, axis_titles

ROWS = (
    Row("Pixels", 784, 0.95, 1.0),
    Row("PCA", 8, 0.9, 0.95),
    Row("PCA", 2, 0.4, 0.7),
    Row("t-SNE", 2, 0.93, 0.99),
    Row("t-SNE", 8, note="Not offered."),
)


def test_each_method_is_one_curve_in_both_panels_in_order_of_size():
    figure = dimension_curves(Comparison(ROWS, "mnist", 100), PALETTE)
    assert [(each.name, list(each.x), list(each.y)) for each in figure.data] == [
        ("PCA", [2, 8], [40.0, 90.0]),
        ("t-SNE", [2], [93.0]),
        ("PCA", [2, 8], [0.7, 0.95]),
        ("t-SNE", [2], [0.99]),
    ]
    assert [each.showlegend for each in figure.data] == [True, True, False, False]
    assert [each.line.color for each in figure.data[:2]] == list(PALETTE.classes[:2])


def test_panels_and_axes_say_what_is_counted():
    figure = dimension_curves(Comparison(ROWS, "mnist", 100), PALETTE)
    assert [each.text for each in figure.layout.annotations] == ["Accuracy, %", "Trustworthiness"]
    assert axis_titles(figure) == ["code size, numbers"] * 2
    assert list(figure.layout.xaxis.tickvals) == [2, 8]


def test_what_the_pixels_keep_is_a_line_across():
    (line,) = dimension_curves(Comparison(ROWS, "mnist", 100), PALETTE).layout.shapes
    assert line.y0 == line.y1 == pytest.approx(95.0)
    assert (line.name, line.showlegend) == ("784 pixels", True)


def test_images_without_classes_leave_one_panel():
    rows = tuple(Row(each.method, each.size, None, each.trustworthiness) for each in ROWS)
    figure = dimension_curves(Comparison(rows, "own", 100), PALETTE)
    assert [each.text for each in figure.layout.annotations] == ["Trustworthiness"]
    assert [each.name for each in figure.data if each.showlegend] == ["PCA", "t-SNE"]


def test_runs_are_points_of_one_kind_that_say_which_they_are():
    runs = (Row("<b>first</b>", 3, 0.5, 0.8, run="a"), Row("second", 16, 0.9, 0.9, run="b"))
    figure = dimension_curves(Comparison(ROWS + runs, "mnist", 100), PALETTE)
    points = [each for each in figure.data if each.name == "Finished runs"]
    assert [(list(each.x), list(each.y), each.mode) for each in points] == [
        ([3, 16], [50.0, 90.0], "markers"),
        ([3, 16], [0.8, 0.9], "markers"),
    ]
    assert list(points[0].text) == ["&lt;b&gt;first&lt;/b&gt;, 3 numbers", "second, 16 numbers"]
    assert list(figure.layout.xaxis.tickvals) == [2, 8]
