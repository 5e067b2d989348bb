"""Dense and convolutional adversaries."""

import pytest
import torch
from torch import nn

from aecore.errors import SettingError
from aecore.networks.gan import BatchSpread
from aecore.networks.gan_conv import GANConvSettings, build_gan_conv
from aecore.networks.gan_dense import GANDenseSettings, build_gan_dense


def test_the_dense_generator_mirrors_the_discriminator():
    generator, discriminator = build_gan_dense(GANDenseSettings(hidden=(40, 20)), (3, 4, 5), 0, latent=7)
    widths = [
        [(each.in_features, each.out_features) for each in network.modules() if isinstance(each, nn.Linear)]
        for network in (generator, discriminator)
    ]
    assert widths == [[(7, 20), (20, 40), (40, 60)], [(60, 40), (40, 20), (20, 1)]]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 21, 6), (1, 1, 3)])
def test_the_convolutional_generator_makes_images_of_any_size(shape):
    generator, discriminator = build_gan_conv(GANConvSettings(channels=(4, 6)), shape, 0, latent=2)
    images = generator(torch.randn(3, 2))
    assert images.shape == (3, *shape)
    assert discriminator(images).shape == (3, 1)


def test_a_batch_of_equal_images_shows_in_one_more_channel():
    images = torch.rand(4, 2, 3, 3)
    spread = BatchSpread()(images)
    assert torch.equal(spread[:, :2], images)
    assert spread[:, 2].unique().item() == pytest.approx(images.std(0, correction=0).mean().item(), rel=1e-4)
    assert BatchSpread()(images[:1].expand(4, -1, -1, -1))[:, 2].max() < 1e-3


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: build_gan_conv(GANConvSettings(channels=()), (1, 8, 8), 0, 2), "network.channels is empty"),
        (lambda: build_gan_conv(GANConvSettings(channels=(2,) * 5), (1, 8, 8), 0, 2), "5 levels"),
        (lambda: build_gan_dense(GANDenseSettings(hidden=(1,)), (1, 8, 8), 0, 2), "a layer of 1 unit"),
    ],
)
def test_layers_that_cannot_be_are_refused(build, sentence):
    with pytest.raises(SettingError, match=sentence):
        build()
