"""Filters are the weights of the layer that an image meets first, folded as images."""

import numpy as np
import pytest
from torch import nn

from aecore.analysis.filters import as_pictures, filters, strongest
from aecore.errors import SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_dense_filter_has_one_weight_for_every_pixel(shape, make):
    trained = make("simple", shape, bottleneck__code_size=6)
    found = filters(trained)
    assert found.shape == (6, *shape)
    (weight,) = (each.weight for each in trained.composition.model.encoder if isinstance(each, nn.Linear))
    assert np.array_equal(found.reshape(6, -1), weight.numpy())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_convolutional_filter_is_a_patch(shape, make):
    trained = make("convolutional", shape, network__channels=(5, 7))
    found = filters(trained)
    assert found.shape == (5, shape[0], 3, 3)
    assert np.array_equal(found, trained.composition.model.encoder[0].weight.numpy())


def test_a_first_layer_that_sees_no_image_is_refused(make):
    trained = make("simple")
    trained.composition.model.encoder.insert(1, nn.Unflatten(1, (784, 1)))
    trained.composition.model.encoder.insert(2, nn.Linear(1, 1))
    trained.composition.model.encoder.insert(3, nn.Flatten())
    with pytest.raises(SettingError, match=r"weights of shape \[1, 1\], which are no images"):
        filters(trained)


def test_the_strongest_filters_stay_in_the_order_of_their_units():
    weights = np.array([1.0, -5.0, 0.0, 3.0], np.float32).reshape(4, 1, 1, 1)
    assert strongest(weights, 2).tolist() == [1, 3]
    assert strongest(weights, 9).tolist() == [0, 1, 2, 3]


def test_a_weight_of_nothing_is_grey_and_the_largest_is_black_or_white():
    weights = np.array([[0.0, -2.0], [0.5, 0.25], [0.0, 0.0]], np.float32).reshape(3, 1, 1, 2)
    assert as_pictures(weights).reshape(3, 2).tolist() == [[128, 0], [255, 191], [128, 128]]


def test_what_is_less_than_can_be_seen_is_not_blown_up():
    changes = np.array([[1e-6, -1e-6], [0.5, 0.25]], np.float32).reshape(2, 1, 1, 2)
    assert as_pictures(changes, least=1 / 255).reshape(2, 2).tolist() == [[128, 127], [255, 191]]
