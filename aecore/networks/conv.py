"""Convolutional autoencoder networks: the decoder goes back up with transposed convolutions.

    encoder   [c, h, w] -> (convolution, halve) per level -> [channels_n, h/2^n, w/2^n] -> squeeze -> dense -> features
    decoder   code -> dense -> unsqueeze -> [channels_n, h/2^n, w/2^n] -> (transposed convolution, double) -> [c, h, w]

A level halves height and width, rounding up, so that every image size works; on the way back the transposed
convolution doubles them and what is too much is cut off. Its 4 x 4 kernel is a multiple of its stride 2: every
output pixel is covered by the same number of inputs, which avoids a checkerboard.

Source: Masci, Meier, Ciresan, Schmidhuber, "Stacked Convolutional Auto-Encoders for Hierarchical Feature
Extraction", ICANN 2011; Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016;
residual blocks: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016; the kernel size:
Odena, Dumoulin, Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import NamedTuple

from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.networks.activations import CHOICES, activation
from aecore.networks.batch_norm import BatchNorm2d
from aecore.networks.conv_transpose import ConvTranspose2d
from aecore.networks.layout import Flatten, Unflatten
from aecore.networks.levels import Stack
from aecore.networks.pair import Networks
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class ConvSettings(Settings):
    """Levels, their channels, and what happens inside one."""

    channels: tuple[int, ...] = setting(
        (32, 64), 1, 1024, "channels", "one number per level; every level halves height and width"
    )
    downsampling: str = setting(
        "stride",
        choices=("stride", "max_pooling", "average_pooling"),
        reason="how a level halves the image: a convolution with stride 2, or pooling after the convolution",
        advanced=True,
    )
    residual_blocks: int = setting(0, 0, 8, "per level", "extra pairs of convolutions with a shortcut", advanced=True)
    normalisation: bool = setting(
        False, reason="batch normalisation after every convolution: faster training of deep networks", advanced=True
    )
    squeeze: int = setting(
        0,
        0,
        1024,
        "channels",
        "a last convolution to so few channels keeps the dense layer at the code small; 0 leaves it out",
        advanced=True,
    )
    activation: str = setting("silu", choices=CHOICES, reason="non-linearity after every convolution", advanced=True)


class Residual(nn.Module):
    """images + two convolutions of them: the same shape out as in."""

    def __init__(self, channels: int, settings: ConvSettings):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=not settings.normalisation),
            *_norm_and_activation(channels, settings),
            nn.Conv2d(channels, channels, 3, padding=1, bias=not settings.normalisation),
            *([BatchNorm2d(channels)] if settings.normalisation else []),
        )
        self.activation = activation(settings.activation)

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same shape."""
        changed: Tensor = self.activation(images + self.body(images))
        return changed


class Double(nn.Module):
    """A transposed convolution with stride 2, cut to the height and width that the encoder had at this level.

    Those of the images that come in are half of them, rounded up: only an odd side is cut. A slice of everything would
    cost a copy of its gradient, in another order in memory.
    """

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int], bias: bool = True):
        super().__init__()
        self.transposed = ConvTranspose2d(inputs, outputs, bias)
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, *size], h and w half of it, rounded up."""
        height, width = self.size
        doubled: Tensor = self.transposed(images)
        return doubled[:, :, :height, :width] if height % 2 or width % 2 else doubled


class Levels(NamedTuple):
    """Every level halves height and width, rounded up: channels and sizes before each level and after the last."""

    widths: tuple[int, ...]
    sizes: list[Size]

    @classmethod
    def of(cls, channels: tuple[int, ...], image_shape: ImageShape, setting: str = "network.channels") -> "Levels":
        """With one number of channels per level; SettingError for none, or for more levels than fit."""
        images, height, width = image_shape
        if not channels:
            raise SettingError(f"{setting} is empty: give at least one level, for instance 32, 64.")
        sizes = [(height, width)]
        for level in range(len(channels)):
            if max(sizes[-1]) == 1:
                raise SettingError(
                    f"{setting} has {len(channels)} levels, but an image of {height} x {width} pixels is down to one "
                    f"place after {level}: give at most {level} numbers, or choose another network.kind."
                )
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        return cls((images, *channels), sizes)

    @property
    def down(self) -> Iterable[tuple[int, int]]:
        """Channels before and after each level, from the image on."""
        return pairwise(self.widths)

    @property
    def up(self) -> list[tuple[tuple[int, int], Size]]:
        """Channels before and after each level on the way back, and the size to come back to."""
        return list(zip(pairwise(reversed(self.widths)), reversed(self.sizes[:-1]), strict=True))

    def inner(self, channels: int = 0) -> tuple[int, int, int]:
        """Channels, or so many instead, height and width after the last level."""
        return (channels or self.widths[-1], *self.sizes[-1])


def build_conv(
    settings: ConvSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Networks:
    """Encoder to `features` numbers and decoder from `latent` numbers; SettingError for more levels than fit."""
    levels = Levels.of(settings.channels, image_shape)
    return Networks(_encoder(settings, levels, features), _decoder(settings, levels, latent))


def _encoder(settings: ConvSettings, levels: Levels, features: int) -> Stack:
    parts = []
    for inputs, outputs in levels.down:
        residual = [Residual(outputs, settings) for _ in range(settings.residual_blocks)]
        parts.append([*_halve(inputs, outputs, settings), *residual])
    squeeze = [nn.Conv2d(levels.widths[-1], settings.squeeze, 3, padding=1)] if settings.squeeze else []
    parts.append([*squeeze, Flatten(), nn.Linear(prod(levels.inner(settings.squeeze)), features)])
    return Stack(*parts)


def _decoder(settings: ConvSettings, levels: Levels, latent: int) -> Stack:
    inner, deepest = levels.inner(settings.squeeze), levels.widths[-1]
    innermost: list[nn.Module] = [nn.Linear(latent, prod(inner)), Unflatten(1, inner)]
    if settings.squeeze:
        innermost.append(nn.Conv2d(settings.squeeze, deepest, 3, padding=1))
    parts = [[*innermost, *_norm_and_activation(deepest, settings)]]
    for level, ((inputs, outputs), size) in enumerate(levels.up, start=1):
        residual = [Residual(inputs, settings) for _ in range(settings.residual_blocks)]
        last = level == len(levels.up)
        double = Double(inputs, outputs, size, bias=last or not settings.normalisation)
        parts.append([*residual, double, *([] if last else _norm_and_activation(outputs, settings))])
    return Stack(*parts)


def _halve(inputs: int, outputs: int, settings: ConvSettings) -> list[nn.Module]:
    stride = 2 if settings.downsampling == "stride" else 1
    modules = [
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=not settings.normalisation),
        *_norm_and_activation(outputs, settings),
    ]
    match settings.downsampling:
        case "max_pooling":
            modules.append(nn.MaxPool2d(2, ceil_mode=True))
        case "average_pooling":
            modules.append(nn.AvgPool2d(2, ceil_mode=True))
    return modules


def _norm_and_activation(channels: int, settings: ConvSettings) -> list[nn.Module]:
    norm = [BatchNorm2d(channels)] if settings.normalisation else []
    return [*norm, activation(settings.activation)]
