"""Codes laid out by UMAP and t-SNE, and the way back."""

import threading

import numpy as np
import pytest

from aecore.analysis.projections import (
    Layout,
    choose,
    fidelity,
    inverse,
    inverse_errors,
    lay_out,
    pixels_at,
)
from aecore.analysis.trained import decode, encode
from aecore.data.image_set import Splits
from aecore.errors import DataError, SettingError
from tests.made_up import made_up_set


def to_the_end(steps):
    """All steps, and the plane."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


@pytest.fixture(scope="module")
def groups():
    """Codes of 60 numbers, so that t-SNE reduces them, in three groups far apart; and the group of each."""
    chance = np.random.default_rng(0)
    group = np.arange(150) % 3
    centres = 20 * chance.normal(size=(3, 60))
    return (centres[group] + chance.normal(size=(150, 60))).astype(np.float32), group


@pytest.mark.parametrize("layout", [Layout("umap", neighbours=10), Layout("t-sne", perplexity=10.0)], ids=str)
def test_a_layout_keeps_groups_apart_says_how_far_it_is_and_is_the_same_again(groups, layout):
    codes, group = groups

    steps, plane = to_the_end(lay_out(codes, layout))

    assert (plane.shape, plane.dtype) == ((150, 2), np.float32)
    nearest = np.linalg.norm(plane[:, None] - plane, axis=2).argsort(1)[:, 1:6]
    assert (group[nearest] == group[:, None]).mean() > 0.99
    done = [each.done for each in steps]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= 1
    assert steps[0].message == "neighbours of 0 of 150 codes are known"
    assert np.array_equal(to_the_end(lay_out(codes, layout))[1], plane)
    assert not np.array_equal(to_the_end(lay_out(codes, Layout(**{**vars(layout), "seed": 1})))[1], plane)


def test_a_layout_that_nobody_waits_for_any_more_ends(groups):
    steps = lay_out(np.tile(groups[0], (20, 1)), Layout("t-sne", perplexity=10.0))
    while "iteration" not in next(steps).message:
        pass
    (thread,) = [each for each in threading.enumerate() if each.name == "layout"]

    steps.close()

    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("codes", "layout", "sentence"),
    [
        (np.zeros((50, 2)), Layout(), "The code of this run has 2 numbers: the map shows the code itself"),
        (np.zeros((50, 1)), Layout(), "has 1 number: the map"),
        (np.zeros((50, 5)), Layout(), "All codes are equal"),
        (np.full((50, 5), np.nan), Layout(), "not finite"),
        (np.eye(50), Layout("pca"), "no projection 'pca': choose one of umap, t-sne"),
        (np.eye(50), Layout(neighbours=60), "50 images, too few for neighbours 60: take at least 61"),
        (np.eye(50), Layout("t-sne"), "50 images, too few for perplexity 30: take at least 92"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(codes, layout, sentence):
    with pytest.raises(SettingError, match=sentence):
        next(lay_out(codes.astype(np.float32), layout))


# --- the inverse; three points on a line at 0, 1 and 3, so that weights can be found on paper

LINE = np.array([[0, 0], [1, 0], [3, 0]], np.float32)
CODES = np.array([[0, 0, 0], [1, 0, 0], [0, 9, 0]], np.float32)


def test_the_weights_of_the_inverse_are_those_of_its_formula():
    # At 0.5 the distances are 0.5, 0.5 and 2.5 = R: s = 0.2 twice, equal weights.
    # At 0.75: 0.75 and 0.25, R = 2.25: s = 1/3 and 1/9, w = (2/3 * 3)^2 = 4 and (8/9 * 9)^2 = 64.
    found = inverse(CODES, LINE, np.array([[0.5, 0], [0.75, 0]], np.float32), neighbours=2)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.5, 0, 0], [64 / 68, 0, 0]], rtol=1e-6)


def test_at_a_projected_point_the_inverse_is_its_code():
    np.testing.assert_allclose(inverse(CODES, LINE, LINE), CODES, atol=1e-6)


def test_the_inverse_does_not_jump_where_the_neighbours_change():
    chance = np.random.default_rng(1)
    codes, plane = chance.normal(size=(200, 4)).astype(np.float32), chance.uniform(size=(200, 2)).astype(np.float32)
    path = np.linspace([0.1, 0.1], [0.9, 0.9], 20_001).astype(np.float32)

    jumps = np.abs(np.diff(inverse(codes, plane, path), axis=0)).max()

    assert jumps < 0.05  # a mean over eight neighbours with weights that do not fade jumps by more than 0.3


def test_points_in_one_place_give_the_mean_of_the_neighbours():
    found = inverse(CODES[[0, 1, 1]], np.zeros((3, 2), np.float32), LINE[1:], neighbours=1)
    assert all(each.tolist() in ([0, 0, 0], [1, 0, 0]) for each in found)
    np.testing.assert_allclose(inverse(CODES[[1, 1, 1]], np.zeros((3, 2), np.float32), LINE), CODES[[1, 1, 1]])


def test_a_single_point_is_its_own_answer():
    assert np.array_equal(inverse(CODES[:1], LINE[:1], LINE), np.repeat(CODES[:1], 3, axis=0))


def test_the_error_of_the_inverse_leaves_its_own_point_out():
    guessed, errors = inverse_errors(CODES, LINE, neighbours=1)

    # With one neighbour and itself left out every point takes the code of the nearest other.
    assert np.array_equal(guessed, CODES[[1, 0, 1]])
    np.testing.assert_allclose(errors, [1, 1, np.sqrt(82)], rtol=1e-6)


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda: inverse(CODES, LINE[:2], LINE), r"\[3, 3\] and a plane of shape \[2, 2\] do not belong"),
        (lambda: inverse(CODES, LINE, LINE, neighbours=0), "0 neighbours give no code"),
        (lambda: inverse_errors(CODES[:2], LINE[:2]), "Of 2 points none can be left out"),
    ],
)
def test_an_inverse_of_nothing_is_refused(work, sentence):
    with pytest.raises(SettingError, match=sentence):
        work()


# --- images and measures


def test_all_counts_the_parts_on_end():
    parts = [made_up_set(count, (3, 8, 8), seed=count) for count in (7, 5, 6)]
    splits = Splits(*parts, "made up", "")

    indices = choose(splits, "all")

    assert np.array_equal(indices, np.arange(18))
    assert np.array_equal(pixels_at(splits, "all", indices), np.concatenate([each.images for each in parts]))
    assert np.array_equal(
        pixels_at(splits, "all", np.array([6, 7, 17])),
        [each.images[i] for each, i in zip(parts, (6, 0, 5), strict=True)],
    )
    some = choose(splits, "test", 4)
    assert len(some) == 4
    assert np.array_equal(pixels_at(splits, "test", some), parts[2].images[some])
    with pytest.raises(SettingError, match="no split 'tests' to project: choose one of test"):
        choose(splits, "tests")
    with pytest.raises(DataError, match="validation split has no images"):
        choose(Splits(parts[0], parts[1].first(1).take([]), parts[2], "made up", ""), "validation")


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 24)])
def test_a_plane_that_is_the_code_is_worth_more_than_one_of_chance(shape, make):
    trained = make("simple", shape, fit=5, bottleneck__code_size=6)
    codes = encode(trained, trained.splits.train.images)
    codes[:, 2:] *= 1e-3  # what is left of them is a plane
    chance = np.random.default_rng(0).normal(size=(len(codes), 2)).astype(np.float32)

    good, bad = (fidelity(trained, codes, plane, inverse_errors(codes, plane)[0]) for plane in (codes[:, :2], chance))

    assert good.trustworthiness > 0.999 > 0.7 > bad.trustworthiness
    assert good.pca_trustworthiness == bad.pca_trustworthiness > 0.999
    assert good.inverse_error < 0.5 * good.mean_code_error
    assert good.pixel_error < 0.5 * good.mean_code_pixel_error
    assert bad.inverse_error > 0.7 * good.mean_code_error == 0.7 * bad.mean_code_error
    mean = decode(trained, codes.mean(0, keepdims=True))
    expected = np.square(decode(trained, codes) - mean).reshape(len(codes), -1).sum(1).mean()
    assert good.mean_code_pixel_error == pytest.approx(expected, rel=1e-4)
