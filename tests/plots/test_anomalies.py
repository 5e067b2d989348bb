"""ROC and precision against recall."""

import numpy as np

from aecore.analysis.anomalies.ranking import curves
from aecore.plots.anomalies import MOST_POINTS, ranking_curves
from tests.plots.test_figures import PALETTE, axis_titles

FOUND = curves(np.array([1.0, 2.0]), np.array([2.0, 3.0]))


def test_both_panels_have_a_curve_of_each_score_and_chance():
    figure = ranking_curves({"Worst patch": FOUND, "PCA residual": FOUND}, 0.5, PALETTE)
    assert [each.name for each in figure.data] == ["Worst patch"] * 2 + ["PCA residual"] * 2 + ["chance"] * 2
    roc, precision = figure.data[:2]
    assert (list(roc.x), list(roc.y)) == ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    assert (list(precision.x), list(precision.y)) == ([0.5, 1.0, 1.0], [1.0, 2 / 3, 0.5])
    assert [each.showlegend for each in figure.data] == [None, False, None, False, True, False]
    assert axis_titles(figure)[0] == "false alarms, share of the normal images"


def test_long_curves_are_thinned_but_keep_their_ends():
    chance = np.random.default_rng(0)
    found = curves(chance.normal(size=3000), chance.normal(size=3000))
    roc = ranking_curves({"x": found}, 0.5, PALETTE).data[0]
    assert len(roc.x) <= MOST_POINTS + 1
    assert (roc.x[-1], roc.y[-1]) == (1.0, 1.0)
