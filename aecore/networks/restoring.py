"""What the networks that restore pictures share: how they are built, and the residual blocks in their middle.

    block(h) = h + scale * conv(relu(conv(h)))          both 3 x 3, without normalisation

Every network answers with the picture it was shown plus what is missing in it, so that an untrained one changes
little and training begins at the quality of the question.

Source: Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR Workshops
2017 (blocks without normalisation); Kim, Lee, Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional
Networks", CVPR 2016 (learning the residual).
"""

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.model import Bottleneck, Restorer, RestoringNetwork
from aecore.shapes import ImageShape

COLOURS: Final = ("luminance", "all")


@dataclass(frozen=True)
class Restoring:
    """A network that takes corruption out of pictures, and the model it makes."""

    network: RestoringNetwork

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> Restorer:
        """The restorer. SettingError for a bottleneck: the network has no place for one."""
        if bottleneck.features or bottleneck.latent:
            raise SettingError(
                "This network restores pictures of any size and has no code: set bottleneck.kind=none, or network.kind "
                "to one with an encoder."
            )
        return Restorer(self.network, image_shape)


def channels_seen(colour: str, image_shape: ImageShape) -> int:
    """How many channels a network takes of such images: 1 for the luminance alone, otherwise all they have."""
    return 1 if colour == "luminance" else image_shape[0]


class Residual(nn.Module):
    """Blocks of two convolutions around which the input is carried, and one around all of them."""

    def __init__(self, channels: int, blocks: int):
        super().__init__()
        self.first = nn.ModuleList(conv(channels, channels) for _ in range(blocks))
        self.second = nn.ModuleList(conv(channels, channels) for _ in range(blocks))
        self.relu = nn.ReLU()
        for each in self.second:
            # Small first steps: the sum over many blocks begins at about the size of its first term.
            nn.init.normal_(each.weight, std=0.1 / (3.0 * channels**0.5))  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same."""
        inner = features
        for first, second in zip(self.first, self.second, strict=True):
            inner = inner + second(self.relu(first(inner)))
        return inner


def conv(channels_in: int, channels_out: int, size: int = 3) -> nn.Conv2d:
    """A convolution that keeps height and width, with weights of He's size and no bias at first."""
    made = nn.Conv2d(channels_in, channels_out, size, padding=size // 2)
    nn.init.kaiming_normal_(made.weight, nonlinearity="relu")
    nn.init.zeros_(made.bias)  # type: ignore[arg-type]
    return made


def last_conv(channels_in: int, channels_out: int, size: int = 3) -> nn.Conv2d:
    """The convolution that says what is missing: nearly nothing at first."""
    made = conv(channels_in, channels_out, size)
    nn.init.normal_(made.weight, std=1e-3)
    return made


def filled(images: Tensor, cell: int) -> Tensor:
    """Images whose sides are filled up to multiples of `cell` by repeating the last row and column."""
    down, right = -images.shape[-2] % cell, -images.shape[-1] % cell
    return F.pad(images, (0, right, 0, down), mode="replicate") if down or right else images


def plane(strengths: Tensor, like: Tensor) -> Tensor:
    """One number per image as a channel of the size of `like`."""
    return strengths.view(-1, 1, 1, 1).to(like.dtype).expand(-1, 1, *like.shape[-2:])


def fold(images: Tensor, cell: int) -> Tensor:
    """Squares of `cell` pixels a side become channels."""
    return torch.pixel_unshuffle(images, cell)
