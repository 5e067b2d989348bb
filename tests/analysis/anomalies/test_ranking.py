"""AUROC and average precision: by hand, and as scikit-learn gives them."""

import numpy as np
import pytest
from sklearn import metrics

from aecore.analysis.anomalies.ranking import curves, rank
from aecore.errors import DataError


def scores(seed=0, ties=False):
    chance = np.random.default_rng(seed)
    normal, anomalous = chance.normal(size=300), chance.normal(1.0, 1.5, size=120)
    return (np.round(normal, 1), np.round(anomalous, 1)) if ties else (normal, anomalous)


def test_auroc_is_the_share_of_pairs_in_the_right_order_and_ties_count_half():
    found = rank(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert found.auroc == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert found.chance_precision == 0.5


@pytest.mark.parametrize("ties", [False, True])
def test_both_measures_are_those_of_scikit_learn(ties):
    normal, anomalous = scores(ties=ties)
    truth = np.r_[np.zeros(len(normal)), np.ones(len(anomalous))]
    every = np.r_[normal, anomalous]
    found = rank(normal, anomalous)
    assert found.auroc == pytest.approx(metrics.roc_auc_score(truth, every))
    assert found.average_precision == pytest.approx(metrics.average_precision_score(truth, every))


def test_the_curves_go_from_few_flagged_to_all_and_are_those_of_scikit_learn():
    normal, anomalous = scores(ties=True)
    truth = np.r_[np.zeros(len(normal)), np.ones(len(anomalous))]
    false_alarms, recall, _ = metrics.roc_curve(truth, np.r_[normal, anomalous], drop_intermediate=False)
    found = curves(normal, anomalous)
    assert np.allclose(found.false_alarms, false_alarms[1:])
    assert np.allclose(found.recall, recall[1:])
    assert found.precision[-1] == pytest.approx(len(anomalous) / (len(normal) + len(anomalous)))


@pytest.mark.parametrize(
    ("normal", "anomalous", "sentence"),
    [([], [1.0], "0 normal and 1 anomalous"), ([1.0], [], "needs both kinds"), ([np.nan], [1.0], "not finite")],
)
def test_what_cannot_be_ranked_is_refused(normal, anomalous, sentence):
    with pytest.raises(DataError, match=sentence):
        rank(np.array(normal), np.array(anomalous))
