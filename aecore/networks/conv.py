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

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.networks.activations import CHOICES, activation
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
            *([nn.BatchNorm2d(channels)] if settings.normalisation else []),
        )
        self.activation = activation(settings.activation)

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same shape."""
        changed: Tensor = self.activation(images + self.body(images))
        return changed


class Double(nn.Module):
    """A transposed convolution with stride 2, cut to the height and width that the encoder had at this level."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int], bias: bool = True):
        super().__init__()
        self.transposed = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, *size], size at most 2h x 2w."""
        height, width = self.size
        doubled: Tensor = self.transposed(images)
        return doubled[:, :, :height, :width]


def build_conv(
    settings: ConvSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Networks:
    """Encoder to `features` numbers and decoder from `latent` numbers; SettingError for more levels than fit."""
    channels, height, width = image_shape
    if not settings.channels:
        raise SettingError("network.channels is empty: give at least one level, for instance 32, 64.")
    sizes = level_sizes(height, width, len(settings.channels))
    widths = (channels, *settings.channels)
    return Networks(_encoder(settings, widths, sizes, features), _decoder(settings, widths, sizes, latent))


def _encoder(settings: ConvSettings, widths: tuple[int, ...], sizes: list[Size], features: int) -> Stack:
    levels = []
    for inputs, outputs in pairwise(widths):
        residual = [Residual(outputs, settings) for _ in range(settings.residual_blocks)]
        levels.append([*_halve(inputs, outputs, settings), *residual])
    squeeze = [nn.Conv2d(widths[-1], settings.squeeze, 3, padding=1)] if settings.squeeze else []
    inner = (settings.squeeze or widths[-1], *sizes[-1])
    levels.append([*squeeze, nn.Flatten(), nn.Linear(prod(inner), features)])
    return Stack(*levels)


def _decoder(settings: ConvSettings, widths: tuple[int, ...], sizes: list[Size], latent: int) -> Stack:
    inner = (settings.squeeze or widths[-1], *sizes[-1])
    innermost: list[nn.Module] = [nn.Linear(latent, prod(inner)), nn.Unflatten(1, inner)]
    if settings.squeeze:
        innermost.append(nn.Conv2d(settings.squeeze, widths[-1], 3, padding=1))
    levels = [[*innermost, *_norm_and_activation(widths[-1], settings)]]
    ways_up = list(zip(pairwise(reversed(widths)), reversed(sizes[:-1]), strict=True))
    for level, ((inputs, outputs), size) in enumerate(ways_up, start=1):
        residual = [Residual(inputs, settings) for _ in range(settings.residual_blocks)]
        last = level == len(ways_up)
        double = Double(inputs, outputs, size, bias=last or not settings.normalisation)
        levels.append([*residual, double, *([] if last else _norm_and_activation(outputs, settings))])
    return Stack(*levels)


def level_sizes(height: int, width: int, levels: int) -> list[Size]:
    """Height and width before every level and after the last, halved and rounded up."""
    sizes = [(height, width)]
    for level in range(levels):
        if max(sizes[-1]) == 1:
            raise SettingError(
                f"network.channels has {levels} levels, but an image of {height} x {width} pixels is down to "
                f"one pixel after {level}: give at most {level} numbers, or choose network.kind=dense."
            )
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes


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
    norm = [nn.BatchNorm2d(channels)] if settings.normalisation else []
    return [*norm, activation(settings.activation)]
