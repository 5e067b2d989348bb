"""Residual network that works at the size of the small picture, for super-resolution by 2, 3 and 4.

    y_s  = squares of s x s pixels of the enlarged picture as channels          as large as the small picture was
    h    = head_s(y_s),   h' = h + conv(blocks(h))
    x    = y + squares again(tail_s(h'))                                        sub-pixel convolution

Everything between head and tail runs on a picture s^2 times smaller and is shared by all factors: what edges look like
does not depend on how much is missing. A factor between those the network knows takes the next larger one.

Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network", CVPR 2016; Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image
Super-Resolution", CVPR Workshops 2017 (blocks, and one trunk for several factors). Folding the enlarged picture
instead of taking the small one is our choice: every restorer then has one kind of question, and nothing is lost,
because the small picture can be had back from it.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import PixelShuffle

from aecore.errors import SettingError
from aecore.model import RestoringNetwork
from aecore.networks.restoring import COLOURS, Residual, Restoring, channels_seen, conv, filled, fold, last_conv
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape


@dataclass(frozen=True)
class SubPixelSettings(Settings):
    """Its size."""

    channels: int = setting(40, 4, 512, "channels", "of the feature maps: more see more and cost with their square")
    blocks: int = setting(8, 1, 64, "blocks", "of two convolutions each: depth")
    factors: tuple[int, ...] = setting(
        (2, 3, 4), 2, 8, "times", "what it enlarges by: each has a first and a last layer of its own", advanced=True
    )
    colour: str = setting(
        "luminance", choices=COLOURS, reason="restore the luminance alone, colours stay bicubic, or all channels",
        advanced=True,
    )  # fmt: skip


class SubPixel(RestoringNetwork):
    """Enlarged pictures -> sharper ones of the same size. SettingError for no factor, or the same twice."""

    told = True

    def __init__(self, settings: SubPixelSettings, channels: int):
        super().__init__()
        factors = settings.factors
        if not factors or len(set(factors)) < len(factors):
            raise SettingError(f"network.factors is {list(factors)}: give one or more, each once.")
        self.channels = channels
        self.factors = tuple(sorted(factors))
        self.blocks = settings.blocks
        size = settings.channels
        self.heads = nn.ModuleDict({str(each): conv(channels * each**2, size) for each in self.factors})
        self.trunk = Residual(size, settings.blocks)
        self.gather = conv(size, size)
        self.tails = nn.ModuleDict({str(each): last_conv(size, channels * each**2) for each in self.factors})
        for each in self.factors[1:]:
            self.heads[str(each)].aside = self.tails[str(each)].aside = True  # type: ignore[assignment]
        self.unfold = nn.ModuleDict({str(each): PixelShuffle(each) for each in self.factors})

    def cell(self, strength: float) -> int:
        """The factor whose layers are used: the smallest that is not below `strength`, else the largest."""
        return next((each for each in self.factors if each >= strength - 1e-6), self.factors[-1])

    def reach(self, strength: float) -> int:
        """One pixel of the small picture for each convolution."""
        return (2 * self.blocks + 4) * self.cell(strength)

    def forward(self, images: Tensor, strengths: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same; one factor for the batch, the largest in `strengths`."""
        height, width = images.shape[-2:]
        cell = self._others_met(images) if strengths.is_meta else self.cell(float(strengths.max()))
        features = self.heads[str(cell)](fold(filled(images, cell), cell))
        features = features + self.gather(self.trunk(features))
        missing: Tensor = self.unfold[str(cell)](self.tails[str(cell)](features))
        return images + missing[..., :height, :width]

    def _others_met(self, images: Tensor) -> int:
        """Whoever counts layers, without numbers, meets those of all factors; the smallest is then used."""
        for factor in self.factors[1:]:
            one = images.new_empty(1, self.channels * factor**2, 1, 1)
            self.tails[str(factor)](self.heads[str(factor)](one))
        return self.factors[0]


def build_subpixel(
    settings: SubPixelSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Restoring:
    """The residual network; features, latent and classes are of no use to it."""
    return Restoring(SubPixel(settings, channels_seen(settings.colour, image_shape)))
