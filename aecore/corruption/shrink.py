"""Shrink and enlarge again: what super-resolution has to make good.

    small     = round(bicubic(clean, 1 / factor))          antialiased, 8 bits a channel, as a small picture is stored
    corrupted = bicubic(small, factor)                     back at the size it had

The answer has the size of the question, so that a network that works at the large size (SRCNN) and one that folds it
back to the small size first see the same thing. Sizes that are no multiple of the factor are shrunk to the next whole
number.

Bicubic is Keys' kernel with a = -1/2, widened by the factor when shrinking, as in MATLAB and Pillow.

Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE Transactions on Acoustics, Speech,
and Signal Processing 1981; Dong, Loy, He, Tang, "Learning a Deep Convolutional Network for Image Super-Resolution",
ECCV 2014 (enlarging by bicubic first). One factor for a batch is our choice: it decides the size of small images.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.corruption.graded import Chance, Graded
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage

FACTORS = (2, 3, 4)


@dataclass(frozen=True)
class ShrinkSettings(Settings):
    """By how much."""

    factor: float = setting(
        2.0, 0.0, 8.0, "times", "how many times smaller each side becomes; 1 or less leaves it as it is", label="Factor"
    )
    varying: bool = setting(
        False,
        reason="every batch is shrunk 2, 3 or 4 times in turn, up to the factor above, so that one model learns all",
        label="Every factor",
        advanced=True,
    )


class Shrink(Graded):
    """Shrinks by a factor and enlarges again, both bicubic."""

    steady = False  # the factor decides how large the small images are

    def __init__(self, settings: ShrinkSettings):
        self.settings = settings

    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """The same factor for all: the one that is set, or one of 2, 3, 4 up to that."""
        factor = self.settings.factor
        choices = [each for each in FACTORS if each <= factor]
        if self.settings.varying and choices:
            drawn = torch.randint(len(choices), (), generator=generator, device=generator.device)
            factor = float(choices[int(drawn)])
        return torch.full((count,), factor, device=generator.device)

    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """Nothing is left to chance."""
        return ()

    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """Copies that have lost their detail. Images of one factor are handled together."""
        factors = strengths.tolist()
        if len(set(factors)) == 1:
            return enlarge(shrink(images, factors[0]), images.shape[-2], images.shape[-1])
        each = [
            enlarge(shrink(one[None], factor), *one.shape[-2:]) for one, factor in zip(images, factors, strict=True)
        ]
        return torch.cat(each)


def shrink(images: Tensor, factor: float) -> Tensor:
    """[batch, channels, height, width] -> `factor` times smaller, rounded to 8 bits, in [0, 1]."""
    if factor <= 1:
        return images
    size = [max(1, round(side / factor)) for side in images.shape[-2:]]
    small = F.interpolate(images, size, mode="bicubic", align_corners=False, antialias=True)
    return small.mul_(255.0).round_().div_(255.0).clamp_(0.0, 1.0)


def enlarge(images: Tensor, height: int, width: int) -> Tensor:
    """[batch, channels, ..., ...] -> [batch, channels, height, width] by bicubic interpolation, kept within [0, 1]."""
    if tuple(images.shape[-2:]) == (height, width):
        return images
    # With antialiasing the kernel is Keys' with a = -1/2; without, torch takes a = -3/4.
    large = F.interpolate(images, (height, width), mode="bicubic", align_corners=False, antialias=True)
    return large.clamp_(0.0, 1.0)
