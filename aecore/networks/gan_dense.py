"""Dense generator and discriminator, the one mirroring the other.

    generator       code -> hidden_n -> ... -> hidden_1 -> logits [c, h, w]      normalisation and ReLU after each
    discriminator   image [c, h, w] -> hidden_1 -> ... -> hidden_n -> one logit  leaky ReLU after each, nothing else

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014 (dense networks for MNIST, with maxout and
dropout in the discriminator). Layer normalisation in the generator and leaky ReLU are our choice.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from torch import nn

from aecore.errors import SettingError
from aecore.networks.gan import Adversaries, Centred
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

LEAK = 0.2


@dataclass(frozen=True)
class GANDenseSettings(Settings):
    """Width and depth."""

    hidden: tuple[int, ...] = setting(
        (384, 192), 1, 16384, "units",
        "widths of the discriminator's hidden layers; the generator has them in reverse", label="Hidden layers",
    )  # fmt: skip
    normalisation: bool = setting(
        True, reason="layer normalisation before every activation of the generator", advanced=True
    )


def build_gan_dense(
    settings: GANDenseSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Adversaries:
    """Generator from `latent` numbers and discriminator; SettingError for a layer that says nothing."""
    if settings.normalisation and 1 in settings.hidden:
        raise SettingError(
            "network.hidden has a layer of 1 unit, which layer normalisation turns into a constant: "
            "give it at least 2 units, or set network.normalisation=false."
        )
    pixels = prod(image_shape)
    upwards = (latent, *reversed(settings.hidden))
    generator = nn.Sequential()
    for inputs, outputs in pairwise(upwards):
        generator.append(nn.Linear(inputs, outputs))
        if settings.normalisation:
            generator.append(nn.LayerNorm(outputs))
        generator.append(nn.ReLU())
    generator.extend([nn.Linear(upwards[-1], pixels), nn.Unflatten(1, image_shape)])
    downwards = (pixels, *settings.hidden)
    discriminator = nn.Sequential(Centred(), nn.Flatten())
    for inputs, outputs in pairwise(downwards):
        discriminator.extend([nn.Linear(inputs, outputs), nn.LeakyReLU(LEAK)])
    discriminator.append(nn.Linear(downwards[-1], 1))
    return Adversaries(generator, discriminator)
