"""The chart of a race: a line for each entrant, its name where it ends."""

from itertools import pairwise

import pytest

from aecore.plots.race import apart, race_curves
from tests.plots.test_figures import PALETTE, axis_titles


def rows(*values, name="squared_error"):
    return [{"epoch": epoch, "validation": {name: value}} for epoch, value in enumerate(values, 1)]


def test_every_entrant_has_a_line_and_its_name_in_the_order_of_where_they_end():
    figure = race_curves({"β 1": rows(5.0, 4.0), "β 2": rows(6.0, 3.0), "none yet": []}, "squared_error", PALETTE)

    assert [(each.name, list(each.x), list(each.y)) for each in figure.data] == [
        ("β 1", [1, 2], [5.0, 4.0]),
        ("β 2", [1, 2], [6.0, 3.0]),
        ("none yet", [], []),
    ]
    named = {each.text.rpartition("> ")[2]: each.y for each in figure.layout.annotations}
    assert list(named) == ["β 2", "β 1"]
    assert named["β 2"] < named["β 1"]
    assert "validation images" in axis_titles(figure)[1]


def test_names_that_would_lie_on_each_other_are_moved_apart_and_stay_in_order():
    places = apart({"a": 1.0, "b": 1.0, "c": 1.1, "far": 9.0}, 0.5)

    ordered = [places[each] for each in ("a", "b", "c")]
    assert ordered == sorted(ordered)
    assert min(second - first for first, second in pairwise(ordered)) >= 0.5 - 1e-9
    assert places["far"] - places["c"] > 5


def test_sixteen_entrants_are_all_named_within_the_chart():
    figure = race_curves({f"Seed {seed}": rows(5.0, 4.0) for seed in range(16)}, "squared_error", PALETTE)

    low, high = figure.layout.yaxis.range
    assert len(figure.layout.annotations) == 16
    assert all(low < each.y < high for each in figure.layout.annotations)
    assert len({(each.line.color, each.line.dash) for each in figure.data}) == 16


def test_a_name_is_no_markup():
    figure = race_curves({"<b>x</b>": rows(1.0)}, "squared_error", PALETTE)

    assert "&lt;b&gt;x" in figure.layout.annotations[0].text


@pytest.mark.parametrize("values", [(1.0,), (0.0, 0.0)])
def test_one_value_or_none_that_changes_is_drawn(values):
    low, high = race_curves({"a": rows(*values)}, "squared_error", PALETTE).layout.yaxis.range
    assert low < values[-1] < high


@pytest.mark.parametrize(("epochs", "step"), [(3, 1), (8, 1), (9, None)])
def test_of_few_epochs_each_is_named_and_no_half_of_one(epochs, step):
    entrants = {"a": rows(*range(epochs)), "none yet": []}
    assert race_curves(entrants, "squared_error", PALETTE).layout.xaxis.dtick == step
