"""The U-Net keeps every shape and minds moment and class."""

import pytest
import torch

from aecore.errors import SettingError
from aecore.networks.unet import UNet, UNetShape


def unet(image_shape, channels=(8, 12), blocks=1, patch=2, classes=0):
    torch.manual_seed(0)
    return UNet(UNetShape(channels, blocks, patch, 16), image_shape, classes)


def noise(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("image_shape", [(1, 28, 28), (3, 9, 7), (1, 1, 5), (4, 7, 7)], ids=str)
@pytest.mark.parametrize(("channels", "patch"), [((8,), 1), ((8, 12), 2), ((8, 8, 8), 1), ((8,), 4)])
def test_an_answer_has_the_shape_of_the_image(image_shape, channels, patch):
    answer = unet(image_shape, channels, 2, patch)(noise(2, *image_shape), torch.tensor([0.3]))
    assert answer.shape == (2, *image_shape)
    assert answer.isfinite().all()


def test_every_pixel_of_an_odd_image_counts():
    images = noise(1, 1, 9, 7).requires_grad_()
    unet((1, 9, 7))(images, torch.tensor([0.3])).square().sum().backward()
    assert (images.grad != 0).all()


def test_the_moment_and_the_class_change_the_answer_and_no_class_is_a_row_of_zeros():
    network, images = unet((1, 8, 8), classes=3), noise(2, 1, 8, 8)
    early, late = (network(images, torch.tensor([time])) for time in (0.2, 0.8))
    kinds = [network(images, torch.tensor([0.2]), torch.eye(3)[[label, label]]) for label in range(3)]
    assert all((early - other).abs().max() > 1e-4 for other in (late, *kinds))
    assert torch.allclose(network(images, torch.tensor([0.2]), torch.zeros(2, 3)), early, atol=1e-6)


def test_a_moment_for_each_image_is_the_same_as_one_at_a_time():
    network, images, times = unet((1, 8, 8)), noise(3, 1, 8, 8), torch.tensor([0.1, 0.5, 0.9])
    together = network(images, times)
    for index in range(3):
        alone = network(images[index : index + 1], times[index : index + 1])
        assert torch.allclose(alone, together[index : index + 1], atol=1e-5)


def test_more_levels_than_fit_are_refused():
    with pytest.raises(SettingError, match="give at most 3 numbers"):
        unet((1, 4, 4), (8,) * 5, patch=1)
