"""Residual network that is told how strong the noise is, and a small one that estimates it.

    y_2    = squares of 2 x 2 pixels as channels                            [4 c, height / 2, width / 2]
    h      = head([y_2, s]),  s: the strength as a channel of its own
    x      = y + squares again(tail(h + conv(blocks(h))))
    s_hat  = mean over the picture of softplus(small network(y_2))          in the unit of the strength

One network serves every strength. The strength may be told wrongly on purpose: more smooths more.

Source: Zhang, Zuo, Zhang, "FFDNet: Toward a Fast and Flexible Solution for CNN Based Image Denoising", IEEE
Transactions on Image Processing 2018 (folding and noise map); Guo, Yan, Zhang, Zuo, Zhang, "Toward Convolutional Blind
Denoising of Real Photographs", CVPR 2019 (a network that estimates the noise). Residual blocks instead of a chain of
layers, and one number for a picture instead of a map, are our choices.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.model import RestoringNetwork
from aecore.networks.restoring import COLOURS, Residual, Restoring, channels_seen, conv, filled, fold, last_conv, plane
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

CELL = 2
ESTIMATING = 24  # channels of the small network
ESTIMATING_LAYERS = 3


@dataclass(frozen=True)
class NoiseMapSettings(Settings):
    """Its size."""

    channels: int = setting(48, 4, 512, "channels", "of the feature maps: more see more and cost with their square")
    blocks: int = setting(6, 1, 64, "blocks", "of two convolutions each: depth")
    colour: str = setting("all", choices=COLOURS, reason="restore all channels, or the luminance alone", advanced=True)


class NoiseMap(RestoringNetwork):
    """Noisy pictures -> clean ones of the same size."""

    told = True
    colours = "each"

    def __init__(self, settings: NoiseMapSettings, channels: int):
        super().__init__()
        self.channels = channels
        size, folded = settings.channels, channels * CELL**2
        self.head = conv(folded + 1, size)
        self.trunk = Residual(size, settings.blocks)
        self.gather = conv(size, size)
        self.tail = last_conv(size, folded)
        self.unfold = nn.PixelShuffle(CELL)
        self.watch = nn.ModuleList(
            conv(one, other) for one, other in ((folded, ESTIMATING), *[(ESTIMATING, ESTIMATING)] * 2)
        )
        self.weigh = last_conv(ESTIMATING, 1, 1)
        nn.init.constant_(self.weigh.bias, -2.0)  # type: ignore[arg-type]
        self.relu, self.positive = nn.ReLU(), nn.Softplus()
        for each in (self.watch, self.weigh):
            each.aside = True  # type: ignore[assignment]  # not on the way from image to image
        self.blocks = settings.blocks

    def forward(self, images: Tensor, strengths: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same."""
        height, width = images.shape[-2:]
        squares = fold(filled(images, CELL), CELL)
        features = self.head(torch.cat([squares, plane(strengths, squares)], 1))
        features = features + self.gather(self.trunk(features))
        missing: Tensor = self.unfold(self.tail(features))
        return images + missing[..., :height, :width]

    def estimate(self, images: Tensor) -> Tensor:
        """The strength of each image's noise."""
        features = fold(filled(images, CELL), CELL)
        for layer in self.watch:
            features = self.relu(layer(features))
        return self.positive(self.weigh(features)).mean((1, 2, 3))  # type: ignore[no-any-return]

    def cell(self, strength: float) -> int:
        """The square that becomes one place."""
        return CELL

    def reach(self, strength: float) -> int:
        """Two pixels for each convolution."""
        return (2 * self.blocks + 4) * CELL


def build_noise_map(
    settings: NoiseMapSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Restoring:
    """The residual network; features, latent and classes are of no use to it."""
    return Restoring(NoiseMap(settings, channels_seen(settings.colour, image_shape)))
