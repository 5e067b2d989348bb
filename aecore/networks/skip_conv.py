"""Convolutional autoencoder with skip connections, for pictures of any size.

    h_0 = stem(y)
    h_i = relu(conv_i(h_(i-1)))          stride 2: half the size, more channels           i = 1 ... n
    g_n = h_n                            the feature maps in the middle are the code
    g_(i-1) = relu(conv^T_i(g_i)) + h_(i-1)                                               transposed convolutions
    x   = y + last(g_0)

What the halving loses is carried around it: the code need not hold what the question shows already.

Source: Mao, Shen, Yang, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric Skip
Connections", NeurIPS 2016. Halving by stride, and the convolution beside each, are our choice.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.model import RestoringNetwork
from aecore.networks.conv_transpose import ConvTranspose2d
from aecore.networks.restoring import COLOURS, Restoring, channels_seen, conv, filled, last_conv
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape


@dataclass(frozen=True)
class SkipConvSettings(Settings):
    """The levels."""

    channels: tuple[int, ...] = setting(
        (32, 64), 1, 512, "channels", "of each level, each half the size of the one before", label="Channels"
    )
    colour: str = setting(
        "luminance", choices=COLOURS, reason="restore the luminance alone, colours stay bicubic, or all channels",
        advanced=True,
    )  # fmt: skip


class SkipConv(RestoringNetwork):
    """Pictures -> restored ones of the same size. SettingError for no level, or more than six."""

    def __init__(self, settings: SkipConvSettings, channels: int):
        super().__init__()
        sizes = settings.channels
        if not 1 <= len(sizes) <= 6:
            raise SettingError(f"network.channels has {len(sizes)} levels: give 1 to 6.")
        self.channels = channels
        self.square: int = 2 ** (len(sizes) - 1)
        self.stem = conv(channels, sizes[0])
        self.down = nn.ModuleList(_halving(one, other) for one, other in pairwise(sizes))
        self.middle = conv(sizes[-1], sizes[-1])
        self.up = nn.ModuleList(ConvTranspose2d(other, one) for one, other in pairwise(sizes))
        self.side = nn.ModuleList(conv(size, size) for size in sizes[:-1])
        self.last = last_conv(sizes[0], channels)
        self.relu = nn.ReLU()

    def forward(self, images: Tensor, strengths: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same."""
        height, width = images.shape[-2:]
        features = self.relu(self.stem(filled(images, self.square)))
        carried = [features]
        for down in self.down:
            features = self.relu(down(features))
            carried.append(features)
        features = self.relu(self.middle(carried.pop()))
        for up, side in zip(reversed(self.up), reversed(self.side), strict=True):
            features = self.relu(side(self.relu(up(features)) + carried.pop()))
        missing: Tensor = self.last(features)
        return images + missing[..., :height, :width]

    def cell(self, strength: float) -> int:
        """The square that becomes one place in the middle."""
        return self.square

    def reach(self, strength: float) -> int:
        """At each level two pixels of its size on the way down and three on the way up, and one more in the middle."""
        return 5 * (2 * self.square - 1) + self.square


def _halving(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 4, 2, 1)


def build_skip_conv(
    settings: SkipConvSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Restoring:
    """Encoder and decoder with skips between them; features, latent and classes are of no use to them."""
    return Restoring(SkipConv(settings, channels_seen(settings.colour, image_shape)))
