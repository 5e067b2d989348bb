"""Codes of several epochs on one map: turns that are undone, scales that are not, and what cannot be turned."""

import numpy as np
import pytest

from aecore.analysis.alignment import align, neighbours_kept
from aecore.analysis.latent import plane_of


def drawn(*shape, seed=0):
    """Codes whose numbers vary differently, as those of a network do."""
    codes = np.random.default_rng(seed).normal(size=shape)
    return (codes * np.arange(shape[-1], 0, -1)).astype(np.float32)


def a_turn(latent, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(latent, latent)))[0]


def test_an_epoch_that_was_only_turned_and_shifted_does_not_move_on_the_map():
    last = drawn(60, 5)
    found = align(np.stack([last @ a_turn(5) + 3, last]).astype(np.float32))

    assert np.allclose(found.plane[0], found.plane[1], atol=1e-3)
    assert found.residuals == pytest.approx([0, 0], abs=1e-5)
    assert found.movements[1] == pytest.approx(0, abs=1e-4)


def test_growing_stays_to_be_seen_and_is_no_residual():
    last = drawn(60, 5)
    found = align(np.stack([0.5 * last @ a_turn(5), last]).astype(np.float32))

    assert np.allclose(2 * found.plane[0], found.plane[1], atol=1e-3)
    assert found.residuals[0] == pytest.approx(0, abs=1e-5)
    assert found.spreads[1] == pytest.approx(2 * found.spreads[0], rel=1e-4)


def test_the_residual_is_that_of_the_formula():
    star = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    found = align(np.stack([star * [2, 1, 0], star * [0, 1, 2]]).astype(np.float32))
    # X^T Y = diag(0, 2, 0), so that its singular values add up to 2; |X|^2 = |Y|^2 = 2 (4 + 1).
    assert found.residuals[0] == pytest.approx(1 - 2**2 / (10 * 10))


def test_unrelated_codes_leave_a_large_residual():
    assert 0.8 < align(np.stack([drawn(500, 5), drawn(500, 5, seed=9)])).residuals[0] <= 1


@pytest.mark.parametrize("shape", [(3, 40, 1), (3, 40, 2), (3, 40, 7), (3, 12, 200)], ids=str)
def test_places_are_those_of_the_codes_and_lead_back_to_them(shape):
    codes = drawn(*shape)
    found = align(codes)

    assert found.components.shape == (3, 2, shape[2])
    for index, each in enumerate(codes):
        mean, components = found.means[index], found.components[index]
        places = (each - mean) @ components.T
        seen = slice(0, min(2, shape[2]))  # the height of a code of one number is chance
        assert np.allclose(places[:, seen], found.plane[index][:, seen], atol=1e-2)
        back = (mean + places @ components - mean) @ components.T
        assert np.allclose(back, places, atol=1e-2)


@pytest.mark.parametrize("shape", [(3, 40, 7), (3, 12, 200)], ids=str)
def test_the_last_epoch_lies_as_on_the_map_of_its_own(shape):
    codes = drawn(*shape)
    assert np.allclose(align(codes).plane[-1], plane_of(codes[-1])[0], atol=1e-2)


def test_codes_of_two_numbers_are_the_map_and_their_shift_is_movement():
    codes = drawn(30, 2)
    found = align(np.stack([codes, codes + np.float32(3)]))

    assert np.array_equal(found.plane, [codes, codes + np.float32(3)])
    assert np.isnan(found.residuals).all()
    spread = np.sqrt(codes.var(0).sum())
    assert found.movements[1] == pytest.approx(3 * np.sqrt(2) / spread, rel=1e-4)


def test_the_height_of_a_code_of_one_number_never_moves():
    heights = align(drawn(2, 30, 1)).plane[:, :, 1]
    assert np.array_equal(heights[0], heights[1])
    assert len(np.unique(heights[0])) == 30


def test_few_codes_of_many_numbers_come_with_a_warning():
    assert "trust the motion little" in align(drawn(2, 12, 200)).note
    assert "trust the motion little" not in align(drawn(2, 201, 200)).note


@pytest.mark.parametrize("latent", [0, 32])
def test_without_codes_there_is_nothing_on_the_map(latent):
    found = align(np.empty((3, 0, latent), np.float32))
    assert found.plane.shape == (3, 0, 2)
    assert np.isnan(found.movements).all()


@pytest.mark.parametrize("latent", [2, 5, 100])
def test_codes_that_collapsed_have_no_residual_and_no_movement(latent):
    found = align(np.stack([drawn(20, latent), np.ones((20, latent), np.float32)]))
    assert np.isfinite(found.plane).all()
    assert np.allclose(found.components @ found.components.transpose(0, 2, 1), np.eye(2), atol=1e-4)
    assert np.isnan(found.residuals).all()
    assert np.isnan(found.movements).all()


def test_neighbours_are_kept_by_a_turn_and_lost_by_chance():
    codes = drawn(200, 3)
    kept = neighbours_kept(np.stack([codes, codes @ a_turn(3).astype(np.float32), drawn(200, 3, seed=5)]))
    assert np.isnan(kept[0])
    assert kept[1] > 0.99
    assert kept[2] == pytest.approx(10 / 199, abs=0.03)  # by chance


def test_eleven_codes_have_no_neighbours_to_lose():
    assert np.isnan(neighbours_kept(drawn(2, 11, 3))).all()
