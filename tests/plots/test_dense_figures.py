"""Figures of tied, greedy and memorising runs, and the parts of training in every loss panel."""

from aecore.analysis.demonstrations.greedy_stages import GreedyStages, StagedRun
from aecore.analysis.demonstrations.tied_pairs import PairSide, TiedPair
from aecore.plots.greedy_stages import greedy_stages
from aecore.plots.memorised import two_errors
from aecore.plots.palette import Palette
from aecore.plots.tied_pairs import tied_pairs
from aecore.plots.training import chapters, loss_curves, loss_panels

PALETTE = Palette("#111111", "#222222", "#333333", "#ffffff", "#eeeeee", tuple(f"#0000{n:02x}" for n in range(10)))


def metrics(*titles, **parts):
    return [
        {
            "epoch": n,
            "step": 100 * n,
            "chapter": title,
            "train": {"loss": 4.0, **parts},
            "validation": {"loss": 2.0, **parts},
        }
        for n, title in enumerate(titles, start=1)
    ]


def staged():
    """Two chapters, each with a loss of its own."""
    return metrics("Layer 1", "Layer 1", squared_error=2.0) + [
        {**row, "epoch": 3, "step": 300} for row in metrics("Layer 2", squared_error=9.0, code_error=2.0)
    ]


def test_chapters_begin_where_the_one_before_ended():
    assert chapters(staged()) == [(0.0, "Layer 1"), (2, "Layer 2")]
    assert chapters(metrics("", "")) == []
    assert chapters([]) == []


def test_every_panel_marks_where_a_chapter_begins_with_its_title():
    for figure in loss_panels(staged(), [], PALETTE).values():
        assert [each.text for each in figure.layout.annotations] == ["Layer 1", "Layer 2"]
        assert [each.x0 for each in figure.layout.shapes] == [0, 2]
    together = loss_curves(staged(), [], PALETTE)
    assert [each.text for each in together.layout.annotations].count("Layer 2") == 2
    assert {each.xref for each in together.layout.shapes} == {"x", "x2"}


def test_training_of_one_part_has_no_marks():
    (figure,) = loss_panels(metrics("", "", squared_error=2.0), [], PALETTE).values()
    assert not figure.layout.shapes
    assert not figure.layout.annotations


def test_a_number_of_one_chapter_only_has_a_panel_and_a_loss_that_is_always_another_number_has_none():
    assert list(loss_panels(staged(), [], PALETTE)) == [
        "Squared error, sum over pixels, per image",
        "Squared error of the layer's input, sum, per image",
    ]


def test_a_pair_is_drawn_from_the_training_to_the_test_error():
    sides = (PairSide("tied", 100, 1.5, 3.0, 4.0), PairSide("untied", 200, 1.25, 2.0, 4.5))
    figure = tied_pairs(TiedPair(sides, "squared error per image", 8, 5, 60, 10), PALETTE)
    parameters, seconds, tied, untied = figure.data
    assert list(parameters.x) == [100, 200]
    assert list(seconds.text) == ["1.50", "1.25"]
    assert (list(tied.x), list(untied.x)) == ([3.0, 4.0], [2.0, 4.5])
    assert untied.text[1].strip() == "gap 2.5"
    assert figure.layout.xaxis3.range[0] < 2.0


def test_ways_of_training_are_curves_over_seconds_with_their_beginnings_marked():
    runs = (
        StagedRun("layer by layer", "a", (1.0, 2.0), (9.0, 5.0), ((1.0, 9.0, "Layer 1"), (2.0, 5.0, "Layer 2"))),
        StagedRun("end to end", "b", (1.0,), (4.0,), ()),
    )
    figure = greedy_stages(GreedyStages(runs, "squared_error", 5000), PALETTE)
    assert [each.name for each in figure.data if each.showlegend is not False] == ["layer by layer", "end to end"]
    assert list(figure.data[1].text) == ["layer 1", "layer 2"]
    assert figure.layout.yaxis.title.text == "Squared error, sum over pixels, per image"


def test_two_errors_are_drawn_on_a_logarithmic_axis():
    figure = two_errors(metrics("", "", squared_error=3.0), "squared_error", PALETTE)
    assert {each.name: list(each.y) for each in figure.data} == {
        "validation images": [3.0, 3.0],
        "training images": [3.0, 3.0],
    }
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.title.text == "Squared error, sum over pixels, per image"
