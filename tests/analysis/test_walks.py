"""Walks over stops and along lines: which codes, in which order, how far apart."""

from dataclasses import replace

import numpy as np
import pytest

from aecore.analysis.latent import latent_map
from aecore.analysis.projections import inverse
from aecore.analysis.trained import decode, encode
from aecore.analysis.walks import resample, walk, walk_along, walk_codes
from aecore.errors import SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]
SQUARE = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], np.float32)


def test_an_open_walk_has_its_steps_on_every_leg_and_ends_at_the_last_stop():
    codes, positions = walk_codes(SQUARE[:3], steps=2)
    assert codes.tolist() == [[0, 0], [2, 0], [4, 0], [4, 2], [4, 4]]
    assert positions.tolist() == [0, 0.5, 1, 1.5, 2]


def test_a_closed_walk_goes_back_to_the_first_stop_and_does_not_show_it_twice():
    codes, positions = walk_codes(SQUARE, steps=2, closed=True)
    assert codes.tolist() == [[0, 0], [2, 0], [4, 0], [4, 2], [4, 4], [2, 4], [0, 4], [0, 2]]
    assert positions.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]


def test_a_spherical_walk_keeps_to_the_sphere():
    codes, _ = walk_codes(np.eye(3, dtype=np.float32), steps=5, way="spherical", closed=True)
    assert np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-6)
    assert len(codes) == 15


@pytest.mark.parametrize("shape", SHAPES)
def test_a_walk_shows_the_reconstructions_of_its_stops(shape, make):
    trained = make("variational", shape, fit=3)
    stops = encode(trained, trained.splits.test.images[:3])
    path = walk(trained, stops, steps=4)
    assert path.images.shape == (9, *shape)
    assert np.allclose(path.images[[0, 4, 8]], decode(trained, stops), atol=1e-6)


def test_a_line_is_walked_at_an_even_pace_however_unevenly_it_was_drawn():
    drawn = np.array([[0, 0], [0.1, 0], [0.1, 0], [3, 0], [3, 3]], np.float32)
    assert np.allclose(resample(drawn, 5), [[0, 0], [1.5, 0], [3, 0], [3, 1.5], [3, 3]], atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_in_the_plane_of_the_map_is_lifted_by_its_projection(shape, make):
    trained = make("simple", shape, fit=3)
    seen = latent_map(trained)
    path = walk_along(trained, seen, SQUARE, 7)
    assert np.allclose(seen.projection.to_plane(path.codes), resample(SQUARE, 7), atol=1e-4)
    assert np.allclose(path.images, decode(trained, path.codes))
    assert path.images.shape == (7, *shape)
    assert np.allclose(path.positions, np.linspace(0, 1, 7))


def test_a_line_in_a_plane_without_a_formula_leads_over_the_codes_around_it(make):
    trained = make("simple", fit=3)
    seen = latent_map(trained)
    bent = replace(seen, plane=seen.plane**3, projection=None)
    first, last = bent.plane[[0, 5]]
    path = walk_along(trained, bent, np.stack([first, last]), 9)
    assert np.allclose(path.codes[[0, -1]], seen.codes[[0, 5]], atol=1e-5)
    assert np.allclose(path.codes, inverse(seen.codes, bent.plane, resample(np.stack([first, last]), 9)), atol=1e-5)


def test_a_line_in_the_plane_of_a_code_of_two_numbers_is_the_code(make):
    trained = make("variational")
    assert np.array_equal(walk_along(trained, latent_map(trained), SQUARE, 7).codes, resample(SQUARE, 7))


def test_of_a_line_for_a_code_of_one_number_only_the_first_coordinate_counts(make):
    trained = make("simple", bottleneck__code_size=1)
    line = np.array([[0, 5], [1, -5], [4, 0]], np.float32)
    assert np.allclose(walk_along(trained, latent_map(trained), line, 5).codes, resample(line, 5)[:, :1])


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda: walk_codes(SQUARE[:1]), "1 stops leads nowhere: choose 2"),
        (lambda: walk_codes(SQUARE, steps=0), "choose 1 or more"),
        (lambda: walk_codes(SQUARE, steps=5000), "15,001 images, the limit is 5,000"),
        (lambda: walk_codes(SQUARE, way="scenic"), "straight, spherical"),
        (lambda: resample(SQUARE, 1), "choose 2 or more"),
        (lambda: resample(SQUARE, 5001), "5,001 images"),
        (lambda: resample(SQUARE[:1], 5), "no length"),
        (lambda: resample(SQUARE[[0, 0]], 5), "no length"),
        (lambda: resample(np.full((2, 2), np.nan, np.float32), 5), "no numbers"),
    ],
)
def test_what_is_no_walk_is_a_sentence(act, sentence):
    with pytest.raises(SettingError, match=sentence):
        act()
