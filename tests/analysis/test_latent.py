"""The latent space as a map, as dimensions, and as ways between codes."""

import numpy as np
import pytest

from aecore.analysis.latent import (
    between,
    field,
    interpolate,
    latent_map,
    map_codes,
    principal_directions,
    traverse,
)
from aecore.analysis.trained import decode, encode
from aecore.errors import DataError, SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]


def codes(*rows):
    return np.array(rows, np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_code_of_two_numbers_is_its_own_map(shape, make):
    trained = make("variational", shape)
    found = latent_map(trained)
    assert np.array_equal(found.plane, found.codes)
    assert np.array_equal(found.codes, encode(trained, trained.splits.test.images[found.indices]))
    assert found.projection is None
    assert found.prior
    assert np.array_equal(found.labels, trained.splits.test.labels[found.indices])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_larger_code_is_shown_by_its_principal_components(shape, make):
    found = latent_map(make("simple", shape, fit=5))
    projection = found.projection
    assert np.allclose(found.plane, projection.to_plane(found.codes), atol=1e-5)
    assert np.allclose(projection.components @ projection.components.T, np.eye(2), atol=1e-5)
    assert np.allclose(projection.to_plane(projection.to_codes(found.plane)), found.plane, atol=1e-4)
    spread = found.plane.var(0).sum() / found.codes.var(0).sum()
    assert projection.explained.sum() == pytest.approx(spread, rel=0.02)
    assert not found.prior


def test_a_map_is_never_mirrored_by_chance(make):
    trained = make("simple")
    for seed in range(4):
        drawn = np.random.default_rng(seed).normal(size=(60, 32)).astype(np.float32)
        components = map_codes(trained, drawn, np.arange(60), trained.splits.test, "test").projection.components
        assert (components.max(1) == np.abs(components).max(1)).all()


def test_a_code_of_one_number_gets_a_second_axis_that_is_the_same_chance_every_time(make):
    trained = make("simple", bottleneck__code_size=1)
    first, again = latent_map(trained), latent_map(trained)
    assert np.array_equal(first.plane, again.plane)
    assert np.array_equal(first.plane[:, 0], first.codes[:, 0])
    assert "chance" in first.note


def test_codes_that_do_not_vary_still_have_a_map(make):
    trained = make("simple")
    same = np.ones((5, 32), np.float32)
    found = map_codes(trained, same, np.arange(5), trained.splits.test, "test")
    assert np.isfinite(found.plane).all()
    assert found.projection.explained.sum() == 0


def test_dimensions_come_in_the_order_of_their_activity(make):
    trained = make("variational", bottleneck__code_size=3)
    spread = np.random.default_rng(0).normal(0, [0.01, 2.0, 0.5], (400, 3)).astype(np.float32)
    found = map_codes(trained, spread, np.zeros(400, np.int64), trained.splits.test, "test").dimensions
    assert list(found.order) == [1, 2, 0]
    assert list(found.active) == [False, True, True]
    assert found.active_count == 2
    assert np.all(found.low < found.mean)
    assert np.all(found.mean < found.high)


def test_only_a_variational_code_has_active_units(make):
    assert latent_map(make("simple")).dimensions.active_count is None


def test_a_limit_takes_so_many_images_and_more_than_there_are_takes_all(make):
    trained = make("variational")
    assert len(latent_map(trained, limit=10).codes) == 10
    assert len(latent_map(trained, limit=10**6).codes) == 100


def test_a_split_without_images_is_an_error_that_says_what_to_do(make, splits):
    parts = splits((1, 28, 28))
    empty = type(parts)(parts.train, parts.validation, parts.test.take([]), "blobs", "blobs")
    with pytest.raises(DataError, match="no images to map"):
        latent_map(make("simple", data=empty))


def test_the_straight_way_is_even_and_keeps_its_ends():
    assert np.allclose(between(codes(0, 0)[0:2].ravel(), codes(4, 2).ravel(), 3), [[0, 0], [2, 1], [4, 2]])


def test_the_spherical_way_between_perpendicular_codes_keeps_their_length():
    way = between(codes(1, 0).ravel(), codes(0, 1).ravel(), 5, "spherical")
    assert np.allclose(np.linalg.norm(way, axis=1), 1, atol=1e-6)
    assert np.allclose(way[2], np.sqrt(0.5), atol=1e-6)


def test_on_the_spherical_way_the_direction_turns_evenly_and_the_length_grows_evenly():
    start, end = codes(1, 0, 0).ravel(), codes(0, 0, 4).ravel()
    way = between(start, end, 4, "spherical")
    lengths = np.linalg.norm(way, axis=1)
    assert np.allclose(lengths, [1, 2, 3, 4], atol=1e-5)
    assert np.allclose(np.degrees(np.arccos(way[:, 0] / lengths)), [0, 30, 60, 90], atol=1e-3)
    assert np.allclose(way[[0, -1]], [start, end], atol=1e-6)


@pytest.mark.parametrize("end", [(2.0, 0.0), (-1.0, 0.0), (0.0, 0.0)])
def test_the_spherical_way_is_the_straight_one_where_no_angle_is_defined(end):
    start, end = codes(1, 0).ravel(), codes(*end).ravel()
    assert np.allclose(between(start, end, 4, "spherical"), between(start, end, 4), atol=1e-6)


def test_unknown_ways_and_too_few_steps_are_refused():
    with pytest.raises(SettingError, match="straight, spherical"):
        between(codes(0).ravel(), codes(1).ravel(), 3, "scenic")
    with pytest.raises(SettingError, match="2 or more"):
        between(codes(0).ravel(), codes(1).ravel(), 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_way_between_two_images_begins_and_ends_with_their_reconstructions(shape, make):
    trained = make("variational", shape, fit=3)
    start, end = encode(trained, trained.splits.test.images[:2])
    path = interpolate(trained, start, end, 7)
    assert path.images.shape == (7, *shape)
    assert np.allclose(path.images[[0, -1]], decode(trained, np.stack([start, end])), atol=1e-6)


def test_a_traverse_changes_one_number_only(make):
    trained = make("simple")
    path = traverse(trained, np.zeros(32, np.float32), 4, -1, 1, 3)
    assert np.array_equal(path.codes[:, 4], [-1, 0, 1])
    assert not np.delete(path.codes, 4, axis=1).any()
    with pytest.raises(SettingError, match="0 to 31"):
        traverse(trained, np.zeros(32, np.float32), 32, -1, 1)


def test_a_field_is_decoded_row_by_row_with_the_largest_value_on_top(make):
    trained = make("variational")
    found = field(trained, (-1, 1), (0, 2), columns=3, rows=2)
    assert np.allclose(found.codes, [[-1, 2], [0, 2], [1, 2], [-1, 0], [0, 0], [1, 0]])
    assert found.images.shape == (6, 1, 28, 28)


def test_a_field_of_a_larger_code_lies_in_the_plane_of_the_map(make):
    trained = make("simple", fit=3)
    projection = latent_map(trained).projection
    found = field(trained, (-1, 1), (-1, 1), 2, 2, projection)
    assert np.allclose(projection.to_plane(found.codes), [[-1, 1], [1, 1], [-1, -1], [1, -1]], atol=1e-4)
    with pytest.raises(SettingError, match="give the projection"):
        field(trained, (-1, 1), (-1, 1))


def test_codes_of_another_size_are_refused(make):
    with pytest.raises(SettingError, match="codes of 2 numbers"):
        decode(make("variational"), np.zeros((1, 3), np.float32))


def test_the_map_of_all_images_begins_with_the_test_images(make):
    trained = make("simple", (3, 20, 24), fit=2)
    splits = trained.splits
    found = latent_map(trained, "all")
    assert len(found.codes) == splits.count
    np.testing.assert_array_equal(
        found.indices[: len(splits.test)], splits.offset("test") + np.arange(len(splits.test))
    )
    np.testing.assert_array_equal(np.sort(found.indices), np.arange(splits.count))
    taken = splits.take(found.indices)
    np.testing.assert_array_equal(found.labels, taken.labels)
    np.testing.assert_allclose(found.codes, encode(trained, taken.images), atol=1e-5)
    assert len(latent_map(trained, "all", 7).codes) == 7


def test_principal_directions_are_those_of_greatest_variance_in_order():
    chance = np.random.default_rng(0)
    turned, _ = np.linalg.qr(chance.normal(size=(5, 5)))
    drawn = (chance.normal(size=(4000, 5)) * [1, 4, 0.1, 2, 0.1] @ turned + 7).astype(np.float32)
    found = principal_directions(drawn, 3)
    assert np.allclose(np.abs(found.components @ turned.T), np.eye(5)[[1, 3, 0]], atol=0.05)
    assert found.explained == pytest.approx(np.array([16, 4, 1]) / 21.02, rel=0.1)
    assert np.allclose(found.to_codes(found.to_plane(drawn)), drawn, atol=0.6)


def test_more_principal_directions_than_there_are_and_codes_that_do_not_vary_are_refused():
    drawn = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    assert principal_directions(drawn, 3).components.shape == (3, 6)
    for count in (0, 4):
        with pytest.raises(SettingError, match=f"have 3 principal directions, not {count}"):
            principal_directions(drawn, count)
    with pytest.raises(SettingError, match="All codes are the same"):
        principal_directions(np.ones((9, 3), np.float32), 2)
