"""A direction between two groups: its arithmetic by hand, and what is known of groups drawn from a Gaussian."""

import numpy as np
import pytest

from aecore.analysis.directions import direction, direction_between
from aecore.analysis.trained import encode
from aecore.errors import SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]


def codes(*rows):
    return np.array(rows, np.float32)


def drawn(count, latent, seed, towards=0.0):
    """Codes of a standard normal distribution around (towards, 0, ..., 0)."""
    made = np.random.default_rng(seed).normal(size=(count, latent)).astype(np.float32)
    made[:, 0] += towards
    return made


def test_four_codes_of_one_number_by_hand():
    first, second = codes([0], [2]), codes([4], [6])
    found = direction(first, second, np.concatenate([first, second]))
    worth = found.worth
    assert (found.vector.tolist(), found.unit.tolist(), found.middle.tolist()) == ([4], [1], [3])
    assert found.positions(first).tolist() == [-3, -1]
    assert found.positions(second).tolist() == [1, 3]
    assert (worth.length, worth.spreads) == (4, (1, 1))
    assert worth.r2 == pytest.approx(0.8)  # between 4, total 5
    assert (worth.auroc, worth.angle_degrees, worth.map_share) == (1, 0, 1)
    assert worth.r2_random_mean == pytest.approx((0.8 + 0.2 + 0) / 3, abs=0.06)  # the three ways to make two pairs
    assert worth.r2_random_95 == pytest.approx(0.8)
    assert "made by chance explain as much" in found.note


def test_groups_of_unequal_size_are_weighted_by_it():
    first, second = codes([0, 1]), codes([3, 1], [3, 2], [3, 0])
    found = direction(np.repeat(first, 2, axis=0), second, second)
    assert found.unit.tolist() == [1, 0]
    assert found.worth.r2 == pytest.approx(1)
    assert found.worth.r2_band == pytest.approx((1, 1))
    assert found.worth.map_share == pytest.approx(0)


def test_large_groups_far_apart_explain_their_difference_surely():
    found = direction(drawn(500, 20, 0), drawn(500, 20, 1, towards=4), drawn(500, 20, 2))
    worth = found.worth
    assert worth.length == pytest.approx(4, abs=0.2)
    assert worth.r2 == pytest.approx(4 / 5, abs=0.03)  # between (4/2)^2, within 1
    assert worth.r2_band[0] < worth.r2 < worth.r2_band[1]
    assert worth.r2_band[1] - worth.r2_band[0] < 0.05
    expected = np.degrees(np.sqrt(19 * 2 / 500) / 4)  # 19 numbers beside the direction, variance 1/n + 1/m each
    assert worth.angle_degrees == pytest.approx(expected, rel=0.15)
    assert worth.angle_band_degrees[0] < worth.angle_degrees < worth.angle_band_degrees[1]
    assert worth.auroc == pytest.approx(0.9977, abs=0.004)  # Phi(4 / sqrt(2))
    assert worth.r2_random_95 < 0.1
    assert worth.map_share == pytest.approx(1 / 20, abs=0.02)
    assert found.note == ""


def test_small_groups_of_nothing_in_a_large_code_look_good_only_to_the_number_that_they_were_made_for():
    many = [direction(drawn(10, 200, 2 * i), drawn(10, 200, 2 * i + 1), drawn(9, 200, 0)).worth for i in range(12)]
    assert min(each.r2 for each in many) > 0.8
    assert min(each.r2_random_mean for each in many) > 0.8
    assert np.mean([each.auroc for each in many]) == pytest.approx(0.5, abs=0.12)
    assert min(each.angle_degrees for each in many) > 30


def test_smaller_groups_are_less_sure():
    large = direction(drawn(400, 5, 0), drawn(400, 5, 1, 2), drawn(9, 5, 2)).worth
    small = direction(drawn(20, 5, 0), drawn(20, 5, 1, 2), drawn(9, 5, 2)).worth
    assert small.angle_degrees > 2 * large.angle_degrees
    assert np.ptp(small.r2_band) > 2 * np.ptp(large.r2_band)


def test_the_share_of_the_map_is_that_of_its_variance_along_the_direction():
    everything = drawn(20_000, 2, 0) * codes([3, 1])
    worth = direction(codes([0, 0], [0, 1]), codes([5, 0], [5, 1]), everything).worth
    assert worth.map_share == pytest.approx(0.9, abs=0.01)


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others():
    groups = drawn(30, 5, 0), drawn(40, 5, 1, 1), drawn(9, 5, 2)
    first, again, other = (direction(*groups, seed=seed).to_dict() for seed in (0, 0, 1))
    assert first == again
    assert first["angle_degrees"] != other["angle_degrees"]
    assert (first["r2"], first["images"]) == (other["r2"], [30, 40])


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (drawn(1, 3, 0), drawn(5, 3, 1), "first group has 1 image: a direction needs 2 or more"),
        (drawn(5, 3, 0), drawn(0, 3, 1), "second group has 0 images"),
        (drawn(5, 3, 0), drawn(5, 3, 0), "mean codes of the two groups are the same"),
        (drawn(5, 3, 0), drawn(5, 3, 1, np.nan), "not finite"),
    ],
)
def test_groups_without_a_direction_are_a_sentence(first, second, sentence):
    with pytest.raises(SettingError, match=sentence):
        direction(first, second, drawn(9, 3, 2))


@pytest.mark.parametrize("shape", SHAPES)
def test_images_in_both_groups_are_left_out_and_counted(shape, make):
    trained = make("variational", shape, fit=3)
    first, second = np.arange(390, 420), np.arange(410, 460)
    found = direction_between(trained, first, second)
    alone = direction_between(trained, first[:20], second[10:])
    assert (found.shared, found.counts) == (10, (20, 40))
    assert found.note.startswith("10 images are in both groups and left out.")
    assert np.array_equal(found.vector, alone.vector)
    images = [trained.splits.take(each).images for each in (first[:20], second[10:])]
    means = [encode(trained, each).mean(0) for each in images]
    assert np.allclose(found.vector, means[1] - means[0], atol=1e-5)


def test_groups_of_the_same_images_or_of_too_few_others_are_a_sentence(make):
    trained = make("variational")
    with pytest.raises(SettingError, match="the same 9 images: choose two groups that differ"):
        direction_between(trained, np.arange(9), np.arange(9))
    with pytest.raises(SettingError, match="first group has 0 images beside 9 that both groups hold"):
        direction_between(trained, np.arange(9), np.arange(12))
