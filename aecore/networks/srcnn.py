"""SRCNN: three convolutions that sharpen a picture which was enlarged before.

    F_1 = relu(W_1 * y + b_1)        9 x 9, 64 filters:  patches are described
    F_2 = relu(W_2 * F_1 + b_2)      1 x 1 or 5 x 5, 32 filters:  descriptions of blurred become those of sharp patches
    x   = W_3 * F_2 + b_3            5 x 5:  overlapping patches are averaged

In the lecture's words the first layer encodes, the second maps code to code, and the third decodes.

Source: Dong, Loy, He, Tang, "Learning a Deep Convolutional Network for Image Super-Resolution", ECCV 2014 (9-1-5);
"Image Super-Resolution Using Deep Convolutional Networks", IEEE Transactions on Pattern Analysis and Machine
Intelligence 2016 (9-5-5). That one filter of each layer begins by passing the picture on, so that training starts
from the enlarged picture instead of from noise, is our choice: the architecture is the published one.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.model import RestoringNetwork
from aecore.networks.restoring import COLOURS, Restoring, channels_seen, conv
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

FIRST, LAST = 9, 5  # sides of the filters of the first and last layer


@dataclass(frozen=True)
class SRCNNSettings(Settings):
    """The sizes that were published, and others."""

    middle: str = setting(
        "5", choices=("1", "5"), label="Middle filters", reason="side of the filters of the second layer: 1 is the "
        "network of 2014 (9-1-5), 5 the better one of 2016 (9-5-5)",
    )  # fmt: skip
    first_filters: int = setting(64, 1, 512, "filters", "of the first layer", advanced=True)
    second_filters: int = setting(32, 1, 512, "filters", "of the second layer", advanced=True)
    colour: str = setting(
        "luminance", choices=COLOURS, reason="restore the luminance alone, colours stay bicubic, or all channels",
        advanced=True,
    )  # fmt: skip


class SRCNN(RestoringNetwork):
    """Enlarged pictures -> sharper ones of the same size."""

    def __init__(self, settings: SRCNNSettings, channels: int):
        super().__init__()
        self.channels = channels
        middle = int(settings.middle)
        self.describe = conv(channels, settings.first_filters, FIRST)
        self.map = conv(settings.first_filters, settings.second_filters, middle)
        self.average = conv(settings.second_filters, channels, LAST)
        self.relu = nn.ReLU()
        self._reach = FIRST // 2 + middle // 2 + LAST // 2
        for layer in (self.describe, self.map, self.average):
            _pass_on(layer, channels)

    def forward(self, images: Tensor, strengths: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same."""
        described = self.relu(self.describe(images))
        mapped = self.relu(self.map(described))
        return self.average(mapped)  # type: ignore[no-any-return]

    def reach(self, strength: float) -> int:
        """Half the sides of the filters, together."""
        return self._reach


@torch.no_grad()
def _pass_on(layer: nn.Conv2d, channels: int) -> None:
    """The first filters give the first channels of their input; the others begin small."""
    layer.weight.mul_(0.1)
    kept = min(channels, layer.out_channels, layer.in_channels)
    layer.weight[:kept] = 0.0
    centre = layer.kernel_size[0] // 2
    for each in range(kept):
        layer.weight[each, each, centre, centre] = 1.0
    if layer.out_channels == channels:
        layer.weight[:, kept:].normal_(std=1e-3)


def build_srcnn(
    settings: SRCNNSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Restoring:
    """Three convolutions; features, latent and classes are of no use to them."""
    return Restoring(SRCNN(settings, channels_seen(settings.colour, image_shape)))
