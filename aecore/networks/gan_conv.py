"""Convolutional generator and discriminator.

    generator       code -> dense -> [channels_n, h/2^n, w/2^n] -> (transposed convolution, double) -> [c, h, w]
    discriminator   [c, h, w] -> (convolution, halve) per level -> [channels_n, h/2^n, w/2^n] -> dense -> one logit

Sizes are those of the convolutional autoencoder: halved and rounded up, so that every image size works.

Source: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks", ICLR 2016; the spread of the batch: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs", ICLR
2018. No normalisation in the discriminator, which gets a gradient penalty instead, is our choice.
"""

from dataclasses import dataclass
from math import prod

from torch import nn

from aecore.networks.batch_norm import BatchNorm2d
from aecore.networks.conv import Double, Levels
from aecore.networks.gan import Adversaries, BatchSpread, Centred
from aecore.networks.layout import Flatten, Unflatten
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

LEAK = 0.2


@dataclass(frozen=True)
class GANConvSettings(Settings):
    """Levels and their channels."""

    channels: tuple[int, ...] = setting(
        (32, 64), 1, 1024, "channels", "one number per level; every level halves height and width"
    )
    normalisation: bool = setting(True, reason="batch normalisation in the generator: faster training", advanced=True)
    batch_spread: bool = setting(
        True,
        reason="the discriminator sees how much the images of a batch differ, which makes a collapse costly",
        advanced=True,
    )


def build_gan_conv(
    settings: GANConvSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Adversaries:
    """Generator from `latent` numbers and discriminator; SettingError for more levels than fit."""
    levels = Levels.of(settings.channels, image_shape)
    return Adversaries(_generator(settings, levels, latent), _discriminator(settings, levels))


def _generator(settings: GANConvSettings, levels: Levels, latent: int) -> nn.Module:
    inner, bias = levels.inner(), not settings.normalisation
    generator = nn.Sequential(nn.Linear(latent, prod(inner)), Unflatten(1, inner), *_active(inner[0], settings))
    for (inputs, outputs), size in levels.up[:-1]:
        generator.extend([Double(inputs, outputs, size, bias=bias), *_active(outputs, settings)])
    (inputs, outputs), size = levels.up[-1]
    return generator.append(Double(inputs, outputs, size))


def _discriminator(settings: GANConvSettings, levels: Levels) -> nn.Module:
    discriminator = nn.Sequential(Centred())
    for inputs, outputs in levels.down:
        discriminator.extend([nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.LeakyReLU(LEAK)])
    if settings.batch_spread:
        discriminator.append(BatchSpread())
    inner = levels.inner(levels.widths[-1] + settings.batch_spread)
    return discriminator.extend([Flatten(), nn.Linear(prod(inner), 1)])


def _active(channels: int, settings: GANConvSettings) -> list[nn.Module]:
    norm = [BatchNorm2d(channels)] if settings.normalisation else []
    return [*norm, nn.ReLU()]
