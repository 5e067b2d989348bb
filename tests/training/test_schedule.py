"""The schedule of step sizes, and which epochs are recorded."""

from itertools import pairwise

import pytest

from aecore.training.schedule import END, SCHEDULES, START, learning_rate_factor, recorded_epochs

TOP = {"one_cycle": 0.25, "cosine": 0.02}


@pytest.mark.parametrize("schedule", TOP)
def test_the_rate_starts_low_reaches_its_top_and_ends_at_nearly_nothing(schedule):
    assert learning_rate_factor(schedule, 0.0) == pytest.approx(START)
    assert learning_rate_factor(schedule, TOP[schedule]) == pytest.approx(1.0)
    assert learning_rate_factor(schedule, 1.0) == pytest.approx(END)


@pytest.mark.parametrize("schedule", TOP)
def test_the_rate_only_rises_before_its_top_and_only_falls_behind_it(schedule):
    top = TOP[schedule]
    rise = [learning_rate_factor(schedule, top * share / 50) for share in range(51)]
    fall = [learning_rate_factor(schedule, top + (1 - top) * share / 50) for share in range(51)]
    assert all(one < other for one, other in pairwise(rise))
    assert all(one > other for one, other in pairwise(fall))


def test_half_way_down_the_rate_is_half():
    assert learning_rate_factor("one_cycle", 0.625) == pytest.approx((1 + END) / 2)


def test_a_constant_rate_is_constant():
    assert {learning_rate_factor("constant", share / 10) for share in range(11)} == {1.0}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_beyond_its_ends_a_schedule_stays_where_it_was(schedule):
    assert learning_rate_factor(schedule, -0.1) == learning_rate_factor(schedule, 0.0)
    assert learning_rate_factor(schedule, 1.1) == learning_rate_factor(schedule, 1.0)


@pytest.mark.parametrize("snapshots", [1, 2, 3, 12, 200])
@pytest.mark.parametrize("epochs", [1, 2, 5, 12, 13, 20, 100, 1000])
def test_as_many_epochs_are_recorded_as_asked_for_always_with_the_last_one(epochs, snapshots):
    recorded = recorded_epochs(epochs, snapshots)
    assert len(recorded) == min(epochs, snapshots)
    assert recorded <= set(range(1, epochs + 1))
    assert epochs in recorded
    assert 1 in recorded or snapshots == 1


def test_recorded_epochs_are_denser_at_the_start_where_more_happens():
    recorded = sorted(recorded_epochs(100, 12))
    steps = [later - earlier for earlier, later in pairwise(recorded)]
    assert recorded[:5] == [1, 2, 3, 4, 5]
    assert steps == sorted(steps)
