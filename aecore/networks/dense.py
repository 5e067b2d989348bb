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
from aecore.networks.levels import Stack
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
    check_hidden(settings)
    inwards = (prod(image_shape), *settings.hidden)
    outwards = (latent, *reversed(settings.hidden))
    encoder = [hidden_level(nn.Linear(*widths), settings) for widths in pairwise(inwards)]
    encoder.append([nn.Linear(inwards[-1], features)])
    decoder = [hidden_level(nn.Linear(*widths), settings) for widths in pairwise(outwards)]
    decoder.append([nn.Linear(outwards[-1], prod(image_shape))])
    return folded(encoder, decoder, image_shape)


def check_hidden(settings: DenseSettings) -> None:
    """SettingError for a layer that says nothing."""
    if settings.normalisation and 1 in settings.hidden:
        raise SettingError(
            "network.hidden has a layer of 1 unit, which layer normalisation turns into a constant: "
            "give it at least 2 units, or set network.normalisation=false."
        )


def hidden_level(layer: nn.Module, settings: DenseSettings) -> list[nn.Module]:
    """A hidden layer with what follows it; `layer` says how many units it gives as `out_features`."""
    units = layer.out_features
    assert isinstance(units, int)
    norm = [nn.LayerNorm(units)] if settings.normalisation else []
    return [layer, *norm, activation(settings.activation)]


def folded(encoder: list[list[nn.Module]], decoder: list[list[nn.Module]], image_shape: ImageShape) -> Networks:
    """Networks of levels of dense layers, each in the order in which it runs, for images instead of rows of pixels."""
    encoder[0].insert(0, nn.Flatten())
    decoder[-1].append(nn.Unflatten(1, image_shape))
    return Networks(Stack(*encoder), Stack(*decoder))
