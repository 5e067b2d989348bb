"""Oriented gradients: which maps an edge lights up, and that a shift costs less than in pixels."""

import pytest
import torch

from aecore.analysis.anomalies.gradients import gradient_features, stride_for


def maps(images):
    side = -(-images.shape[3] // stride_for(*images.shape[2:]))
    return gradient_features(images).view(len(images), 4, images.shape[1], -1, side)


def test_an_edge_lights_up_the_map_of_its_direction_alone_and_where_it_is():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 14:] = 1.0
    found = maps(image)[0]
    assert found.amax((1, 2, 3)).tolist() == [float(found[0].max()), 0.0, 0.0, 0.0]
    assert float(found[0].max()) > 0.3
    assert int(found[0, 0, 7].argmax()) in (6, 7)
    assert maps(1 - image)[0].amax((1, 2, 3)).argmax() == 1  # from bright to dark
    assert maps(image.transpose(2, 3))[0].amax((1, 2, 3)).argmax() == 2


def test_a_flat_image_has_no_gradients():
    assert float(maps(torch.full((1, 1, 28, 28), 0.5)).max()) == 0.0


def test_a_shift_by_a_pixel_costs_less_than_in_pixels():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 4:24, 13:15] = 1.0
    moved = torch.roll(image, 1, 3)
    other = image.transpose(2, 3)

    def ratio(of):
        return float((of(image) - of(moved)).norm() / (of(image) - of(other)).norm())

    assert ratio(gradient_features) < 0.7 * ratio(lambda each: each.flatten(1))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 24), (1, 9, 7), (3, 64, 64), (1, 1, 1)])
def test_every_shape_has_features_of_about_the_same_length(shape):
    found = gradient_features(torch.rand(2, *shape))
    assert found.shape[0] == 2
    assert 4 * shape[0] <= found.shape[1] <= 4 * shape[0] * 16**2
    assert torch.isfinite(found).all()
