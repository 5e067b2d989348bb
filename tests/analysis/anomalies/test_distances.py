"""Distances from a cloud of vectors, by hand."""

import numpy as np
import pytest

from aecore.analysis.anomalies.distances import RIDGE, Mahalanobis, Neighbours
from aecore.errors import DataError

LINE = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]], np.float32)


def test_the_distance_is_the_mean_over_the_nearest_and_the_very_nearest_is_named():
    found = Neighbours(LINE, neighbours=2)(np.array([[1.0, 0.0], [3.0, 4.0]], np.float32))
    assert found.distances == pytest.approx([(0 + 1) / 2, (4 + 20**0.5) / 2], abs=1e-3)
    assert found.first.tolist() == [1, 2]


def test_fewer_references_than_neighbours_are_all_taken():
    assert Neighbours(LINE[:1])(LINE[2:]).distances == pytest.approx([3.0])


def test_vectors_far_from_nought_are_told_apart():
    far = LINE + 1000
    assert Neighbours(far, 1)(far + np.float32(0.125)).distances == pytest.approx([0.125 * 2**0.5] * 3, rel=1e-3)


def test_mahalanobis_measures_in_standard_deviations_of_each_direction():
    cloud = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]], np.float32)
    variances = np.array([8 / 3, 2 / 3]) + RIDGE * (5 / 3)
    found = Mahalanobis(cloud)(np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.float32))
    assert found == pytest.approx([2 / variances[0] ** 0.5, 2 / variances[1] ** 0.5, 0.0])


@pytest.mark.parametrize("count", [3, 11, 12, 13, 40])
def test_of_fewer_vectors_than_dimensions_the_distance_is_that_of_the_whole_covariance(count):
    chance = np.random.default_rng(count)
    cloud = (chance.normal(size=(count, 12)) * np.linspace(1, 9, 12) + 50).astype(np.float32)
    vectors = np.concatenate([cloud[:3], chance.normal(size=(6, 12)).astype(np.float32) * 20 + 50])
    covariance = np.cov(cloud.astype(np.float64), rowvar=False)
    covariance += np.eye(12) * RIDGE * np.trace(covariance) / 12
    away = vectors.astype(np.float64) - cloud.astype(np.float64).mean(0)
    expected = np.sqrt(np.einsum("ij,jk,ik->i", away, np.linalg.inv(covariance), away))
    assert Mahalanobis(cloud)(vectors) == pytest.approx(expected, rel=2e-4)


def test_a_few_vectors_of_very_many_dimensions_take_no_matrix_of_them():
    cloud = np.random.default_rng(0).normal(size=(9, 60_000)).astype(np.float32)
    near, far = Mahalanobis(cloud)(np.stack([cloud[0], cloud[0] + 1]))
    assert 0 < near < far


@pytest.mark.parametrize("count", [1, 2])
def test_a_cloud_without_width_gives_finite_distances(count):
    found = Mahalanobis(np.ones((count, 3), np.float32))(np.array([[1.0, 1.0, 2.0]], np.float32))
    assert np.isfinite(found).all()
    assert found[0] > 0


@pytest.mark.parametrize("fit", [Neighbours, Mahalanobis])
def test_nothing_to_compare_with_is_refused(fit):
    with pytest.raises(DataError, match="at least one normal image"):
        fit(np.empty((0, 2), np.float32))
