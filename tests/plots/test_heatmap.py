"""Error maps in colour: one scale for all of them, in the order of lightness."""

import numpy as np

from aecore.plots.heatmap import heatmap, largest_error

BT_709 = np.array([0.2126, 0.7152, 0.0722])


def test_no_error_is_black_and_the_largest_is_almost_white():
    errors = np.array([[[[0.0, 0.25]]], [[[0.5, 0.1]]]], np.float32)
    drawn = heatmap(errors, largest_error(errors))
    assert drawn.shape == (2, 3, 1, 2)
    assert drawn[0, :, 0, 0].tolist() == [0, 0, 0]
    assert drawn[1, :, 0, 0].tolist() == [255, 244, 207]


def test_a_larger_error_is_always_lighter():
    errors = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    lightness = np.tensordot(BT_709, heatmap(errors, 1.0)[0].astype(float), 1).ravel()
    assert (np.diff(lightness) > 0).all()


def test_the_channels_of_a_colour_picture_count_alike():
    errors = np.zeros((1, 3, 1, 3), np.float32)
    errors[0, 0, 0, 0] = errors[0, 1, 0, 1] = errors[0, 2, 0, 2] = 0.6
    assert np.isclose(largest_error(errors), 0.2)
    assert len(np.unique(heatmap(errors, 1.0).reshape(3, 3), axis=1).T) == 1


def test_pictures_without_any_error_are_all_black():
    errors = np.zeros((2, 1, 3, 3), np.float32)
    assert not heatmap(errors, largest_error(errors)).any()
