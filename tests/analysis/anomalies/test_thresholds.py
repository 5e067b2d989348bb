"""What a threshold does, by hand; the quantile and its band, by order statistics."""

import math

import numpy as np
import pytest

from aecore.analysis.anomalies.thresholds import outcome, percentile, quantile_band
from aecore.errors import DataError, SettingError

NORMAL = np.array([1.0, 2.0, 3.0, 4.0])
ANOMALOUS = np.array([2.5, 5.0])


def test_everything_above_the_threshold_is_flagged_and_what_is_equal_passes():
    found = outcome(NORMAL, ANOMALOUS, 3.0, alarm_price=2.0, miss_price=10.0)
    assert (found.caught, found.missed, found.false_alarms, found.passed) == (1, 1, 1, 3)
    assert (found.recall, found.precision, found.false_alarm_rate) == (0.5, 0.5, 0.25)
    assert found.cost == 1 * 2.0 + 1 * 10.0


def test_a_share_of_nothing_is_none():
    found = outcome(NORMAL, np.empty(0), 9.0)
    assert (found.recall, found.precision, found.false_alarm_rate) == (None, None, 0.0)


def test_a_quantile_is_the_smallest_score_that_enough_images_stay_at_or_below():
    ten = np.arange(1.0, 11.0)
    assert quantile_band(ten, 0.9).threshold == 9.0
    assert quantile_band(ten, 0.91).threshold == 10.0
    assert quantile_band(np.arange(1.0, 101.0), 0.95).threshold == 95.0


def test_the_band_is_that_of_order_statistics():
    """For the median of 20 the 6th and the 15th smallest are the textbook's 95 % interval (95.86 %)."""
    found = quantile_band(np.arange(1.0, 21.0), 0.5)
    assert (found.low, found.high) == (6.0, 15.0)
    assert sum(math.comb(20, below) for below in range(6, 15)) / 2**20 == pytest.approx(0.9586, abs=1e-4)


def test_too_few_images_have_no_upper_end():
    found = quantile_band(np.arange(1.0, 21.0), 0.99)
    assert (found.threshold, found.high) == (20.0, math.inf)
    assert quantile_band(np.array([1.0]), 0.5).low == -math.inf


def test_the_band_holds_the_true_quantile_as_often_as_it_says():
    chance = np.random.default_rng(0)
    true = -math.log(0.05)
    bands = [quantile_band(chance.exponential(size=200), 0.95) for _ in range(400)]
    assert np.mean([each.low <= true < each.high for each in bands]) > 0.94


@pytest.mark.parametrize("quantile", [0.0, 1.0, -1.0, math.nan])
def test_a_quantile_that_is_no_share_is_refused(quantile):
    with pytest.raises(SettingError, match="choose a share between 0 and 1"):
        quantile_band(NORMAL, quantile)


def test_no_images_have_no_quantile():
    with pytest.raises(DataError, match="there are none"):
        quantile_band(np.empty(0), 0.5)


def test_a_percentile_counts_the_lower_ones_and_half_of_the_equal_ones():
    assert percentile(NORMAL, np.array([0.0, 2.0, 2.5, 9.0])).tolist() == [0.0, 37.5, 50.0, 100.0]
