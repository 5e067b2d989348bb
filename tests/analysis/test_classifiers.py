"""Classical classifiers on points whose classes are known."""

import numpy as np
import pytest

from aecore.analysis.classifiers import LabelPropagation, error_percent, logistic_regression, support_vectors


def two_arcs(count: int = 200, seed: int = 0):
    """Two half circles around each other: near a labelled point of one may lie points of the other."""
    chance = np.random.default_rng(seed)
    angles = chance.uniform(0, np.pi, count)
    labels = np.arange(count) % 2
    x = np.where(labels == 0, np.cos(angles), 1 - np.cos(angles))
    y = np.where(labels == 0, np.sin(angles), 0.5 - np.sin(angles))
    points = np.stack([x, y], 1) + chance.normal(0, 0.05, (count, 2))
    return points.astype(np.float32), labels.astype(np.int64)


def test_an_error_is_the_share_of_wrong_answers_in_percent():
    assert (
        error_percent(lambda rows: np.array([0, 1, 1, 1]), np.zeros((4, 1), np.float32), np.array([0, 1, 0, 1])) == 25
    )


@pytest.mark.parametrize("fit", [logistic_regression, support_vectors])
def test_points_on_two_sides_of_a_line_are_told_apart(fit):
    points = np.array([[-2.0], [-1.0], [1.0], [2.0]], np.float32)
    predict = fit(points, np.array([3, 3, 7, 7]))
    assert predict(np.array([[-1.5], [1.5]], np.float32)).tolist() == [3, 7]


@pytest.mark.parametrize("fit", [logistic_regression, support_vectors])
def test_a_single_class_is_given_to_everything(fit):
    assert fit(np.ones((1, 2), np.float32), np.array([4]))(np.zeros((3, 2), np.float32)).tolist() == [4, 4, 4]


def test_a_curved_border_needs_more_than_a_linear_classifier():
    (points, labels), (others, truth) = two_arcs(), two_arcs(seed=1)
    assert error_percent(support_vectors(points, labels), others, truth) < 2
    assert error_percent(logistic_regression(points, labels), others, truth) > 5


def test_labels_spread_along_the_arcs_from_one_point_of_each():
    (points, labels), (others, truth) = two_arcs(), two_arcs(seed=1)
    known = np.array([0, 1])
    graph = LabelPropagation(points)
    found = graph.spread(known, labels[known], graph.near(others))
    nearest = labels[known][np.linalg.norm(others[:, None] - points[known], axis=2).argmin(1)]
    assert np.mean(found != truth) < 0.05 < np.mean(nearest != truth)


def test_labels_spread_among_a_handful_of_points():
    points = np.array([[0.0], [0.1], [5.0]], np.float32)
    graph = LabelPropagation(points)
    near = graph.near(np.array([[0.05], [4.9]], np.float32))
    assert graph.spread(np.array([0, 2]), np.array([1, 0]), near).tolist() == [1, 0]
