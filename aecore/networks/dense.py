"""Dense autoencoder networks of any depth, the decoder mirroring the encoder.

    encoder   image [c, h, w] -> flatten -> hidden_1 -> ... -> hidden_n -> features
    decoder   code            -> hidden_n -> ... -> hidden_1 -> logits [c, h, w]

An activation follows every hidden layer and no other; layer normalisation, if chosen, comes just before it.

Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006; layer
normalisation: Ba, Kiros, Hinton, "Layer Normalization", 2016. SiLU instead of their logistic units, and no
layer-wise pretraining, are our choices.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from torch import nn

from aecore.errors import SettingError
from aecore.networks.activations import CHOICES, activation
from aecore.networks.pair import Networks
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape


@dataclass(frozen=True)
class DenseSettings(Settings):
    """Width and depth."""

    hidden: tuple[int, ...] = setting(
        (512, 256), 1, 16384, "units", "widths of the encoder's hidden layers; the decoder has them in reverse",
        label="Hidden layers",
    )  # fmt: skip
    normalisation: bool = setting(
        True, reason="layer normalisation before every activation: deeper networks train faster", advanced=True
    )
    activation: str = setting("silu", choices=CHOICES, reason="non-linearity after every hidden layer", advanced=True)


def build_dense(
    settings: DenseSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Networks:
    """Encoder to `features` numbers and decoder from `latent` numbers; SettingError for a layer that says nothing."""
    if settings.normalisation and 1 in settings.hidden:
        raise SettingError(
            "network.hidden has a layer of 1 unit, which layer normalisation turns into a constant: "
            "give it at least 2 units, or set network.normalisation=false."
        )
    pixels = prod(image_shape)
    encoder = nn.Sequential(nn.Flatten(), *_layers((pixels, *settings.hidden), settings))
    encoder.append(nn.Linear((pixels, *settings.hidden)[-1], features))
    decoder = nn.Sequential(*_layers((latent, *reversed(settings.hidden)), settings))
    decoder.append(nn.Linear((latent, *reversed(settings.hidden))[-1], pixels))
    decoder.append(nn.Unflatten(1, image_shape))
    return Networks(encoder, decoder)


def _layers(widths: tuple[int, ...], settings: DenseSettings) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers.append(nn.Linear(inputs, outputs))
        if settings.normalisation:
            layers.append(nn.LayerNorm(outputs))
        layers.append(activation(settings.activation))
    return layers
