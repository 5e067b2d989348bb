"""Dense autoencoder networks of any depth, the decoder mirroring the encoder.

    encoder   image [c, h, w] -> flatten -> hidden_1 -> ... -> hidden_n -> features
    decoder   code            -> hidden_n -> ... -> hidden_1 -> logits [c, h, w]

An activation follows every hidden layer and no other; layer normalisation, if chosen, comes just before it.

Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006; layer
normalisation: Ba, Kiros, Hinton, "Layer Normalization", 2016. SiLU instead of their logistic units, and no
layer-wise pretraining, are our choices.
"""

from collections.abc import Sequence
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
    encoder = [nn.Linear(*widths) for widths in pairwise((*inwards, features))]
    decoder = [nn.Linear(*widths) for widths in pairwise((*outwards, prod(image_shape)))]
    return folded(encoder, decoder, image_shape, settings)


def check_hidden(settings: DenseSettings) -> None:
    """SettingError for a layer that says nothing."""
    if settings.normalisation and 1 in settings.hidden:
        raise SettingError(
            "network.hidden has a layer of 1 unit, which layer normalisation turns into a constant: "
            "give it at least 2 units, or set network.normalisation=false."
        )


def folded(
    encoder: Sequence[nn.Module], decoder: Sequence[nn.Module], image_shape: ImageShape, settings: DenseSettings
) -> Networks:
    """Networks of dense layers, each a level, in the order in which they run, for images instead of rows of pixels."""
    inwards, outwards = _levels(encoder, settings), _levels(decoder, settings)
    inwards[0].insert(0, nn.Flatten())
    outwards[-1].append(nn.Unflatten(1, image_shape))
    return Networks(Stack(*inwards), Stack(*outwards))


def _levels(layers: Sequence[nn.Module], settings: DenseSettings) -> list[list[nn.Module]]:
    """Every layer with what comes before it; layers say how many numbers they take as `in_features`.

    Norm and activation stand at the beginning of the next level and not at the end of one, so that levels meet in
    plain sums: whatever their scale, the next level inwards can give them back.
    """
    levels: list[list[nn.Module]] = [[layers[0]]]
    for layer in layers[1:]:
        units = layer.in_features
        assert isinstance(units, int)
        norm = [nn.LayerNorm(units)] if settings.normalisation else []
        levels.append([*norm, activation(settings.activation), layer])
    return levels
