"""U-Net: from a noisy image and the moment to an image of the same shape.

    image [c, h, w] -> stem -> level_1 -> (halve) -> level_2 -> ... -> level_n
                                  |                     |               |
                                skip                  skip              |
                                  |                     |               v
              answer [c, h, w] <- head <- level_1 <- (double) <- ... <- level_n

A level is residual blocks. On the way up each is given what the same level had on the way down, so that detail need
not pass through the bottom. The stem takes squares of `patch` pixels at a time, which divides the cost by about its
square. Images are filled up to a multiple of it and levels are cut to size, so that every height and width works.

The moment t and the class steer every block: they scale and shift its channels.

    conditions = W_2 silu(W_1 waves(t) + V y)         y one-hot; all 0 where no class is given
    block(h)   = h + conv(silu((1 + scale) norm(conv(silu(norm(h)))) + shift))

Source: Ronneberger, Fischer, Brox, "U-Net", MICCAI 2015; Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models",
NeurIPS 2020 (U-Net with the moment); Dhariwal and Nichol, "Diffusion Models Beat GANs on Image Synthesis", NeurIPS
2021 (scale and shift); Wu and He, "Group Normalization", ECCV 2018. No attention, and one matrix for the scales and
shifts of all blocks, are our choices: both save time on a processor.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.shapes import ImageShape

WAVES = 32  # sines, and as many cosines, that tell the moment
FASTEST = 1000.0  # radians of the fastest of them from t = 0 to t = 1
GROUPS = 8
HEAD_SCALE = 0.1  # the first answers are small, wherever they are wrong

Size = tuple[int, int]


@dataclass(frozen=True)
class UNetShape:
    """What decides the layers of a U-Net."""

    channels: tuple[int, ...]  # one number per level
    blocks: int  # per level and way
    patch: int
    width: int  # of the conditions


class Waves(nn.Module):
    """times [batch] -> their sines and cosines [batch, 2 * WAVES]."""

    def __init__(self) -> None:
        super().__init__()
        speeds = [FASTEST ** (index / (WAVES - 1)) for index in range(WAVES)]
        self.register_buffer("speeds", torch.tensor(speeds), persistent=False)

    def forward(self, times: Tensor) -> Tensor:
        """Sines first, then cosines."""
        angles = times[:, None] * self.get_buffer("speeds")
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class Conditions(nn.Module):
    """Moment and class -> scale and shift for every block."""

    aside = True  # the image does not pass through its layers

    def __init__(self, width: int, classes: int, channels: list[int]):
        super().__init__()
        self.channels = channels
        self.waves = Waves()
        self.moment = nn.Linear(2 * WAVES, width)
        self.kind = nn.Linear(classes, width, bias=False) if classes else None
        self.scales = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * sum(channels)))

    def forward(self, times: Tensor, kinds: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        """times [batch or 1], kinds [batch, classes] -> scale and shift of each block, [batch or 1, channels, 1, 1]."""
        told = self.moment(self.waves(times))
        if self.kind is not None and kinds is not None:
            told = told + self.kind(kinds)
        each = self.scales(told)[:, :, None, None].split([count for count in self.channels for _ in range(2)], dim=1)
        return list(zip(each[::2], each[1::2], strict=True))


class Block(nn.Module):
    """images + two convolutions of them, steered by a scale and a shift."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.before = nn.Sequential(_norm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.norm = _norm(outputs)
        self.after = nn.Sequential(nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, images: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, h, w]."""
        changed = self.norm(self.before(images))
        changed = self.after(changed * (1 + scale) + shift)
        kept = images if self.shortcut is None else self.shortcut(images)
        total: Tensor = kept + changed
        return total


class UNet(nn.Module):
    """Noisy image, moment and class -> an image of the same shape. SettingError for more levels than fit."""

    def __init__(self, shape: UNetShape, image_shape: ImageShape, classes: int):
        super().__init__()
        channels, height, width = image_shape
        self.size = (height, width)
        self.sizes = _sizes(-(-height // shape.patch), -(-width // shape.patch), len(shape.channels))
        first, last = shape.channels[0], shape.channels[-1]
        # Zeros a patch wide around an image that is no multiple of it; what lies in them alone is cut off again.
        self.margins = [int(side % shape.patch > 0) for side in self.size]
        around = (1 + self.margins[0] * shape.patch, 1 + self.margins[1] * shape.patch)
        self.stem = nn.Conv2d(channels, first, shape.patch + 2, stride=shape.patch, padding=around)
        self.ways_down = nn.ModuleList()
        self.halvings = nn.ModuleList()
        for wide, wider in pairwise(shape.channels):
            self.ways_down.append(nn.ModuleList(Block(wide, wide) for _ in range(shape.blocks)))
            self.halvings.append(nn.Conv2d(wide, wider, 3, stride=2, padding=1))
        self.bottom = nn.ModuleList(Block(last, last) for _ in range(shape.blocks + 1))
        self.doublings = nn.ModuleList()
        self.ways_up = nn.ModuleList()
        for wider, wide in pairwise(reversed(shape.channels)):
            self.doublings.append(nn.Sequential(nn.Conv2d(wider, wide, 1), nn.Upsample(scale_factor=2)))
            self.ways_up.append(nn.ModuleList(Block(2 * wide if not n else wide, wide) for n in range(shape.blocks)))
        last_step = nn.ConvTranspose2d(first, channels, shape.patch + 2, shape.patch, padding=1)
        with torch.no_grad():
            last_step.weight.mul_(HEAD_SCALE)
        self.head = nn.Sequential(_norm(first), nn.SiLU(), last_step)
        self.conditions = Conditions(shape.width, classes, _steered(shape))

    def forward(self, images: Tensor, times: Tensor, kinds: Tensor | None = None) -> Tensor:
        """images [batch, c, h, w], times [batch] or [1] for all, kinds [batch, classes] -> [batch, c, h, w]."""
        steering = iter(self.conditions(times, kinds))
        above, beside = self.margins
        (height, width), *_ = self.sizes
        inner = self.stem(images)[:, :, above : above + height, beside : beside + width]
        kept: list[Tensor] = []
        for blocks, halve in zip(self.ways_down, self.halvings, strict=True):
            inner = _through(blocks, inner, steering)
            kept.append(inner)
            inner = halve(inner)
        inner = _through(self.bottom, inner, steering)
        for double, blocks, (height, width) in zip(
            self.doublings, self.ways_up, reversed(self.sizes[:-1]), strict=True
        ):
            doubled = double(inner)[:, :, :height, :width]
            inner = _through(blocks, torch.cat([doubled, kept.pop()], dim=1), steering)
        height, width = self.size
        answer: Tensor = self.head(inner)[:, :, :height, :width]
        return answer


def _through(blocks: nn.Module, images: Tensor, steering: Iterator[tuple[Tensor, Tensor]]) -> Tensor:
    for block in blocks.children():
        images = block(images, *next(steering))
    return images


def _steered(shape: UNetShape) -> list[int]:
    """The channels of every block, in the order in which an image meets them."""
    levels = [(wide, shape.blocks) for wide in shape.channels]
    bottom = (shape.channels[-1], shape.blocks + 1)
    return [wide for wide, count in (*levels[:-1], bottom, *reversed(levels[:-1])) for _ in range(count)]


class GroupNorm(nn.GroupNorm):
    """The same without a look at the batch's size, which is no number while a model is recorded for export."""

    def forward(self, input: Tensor) -> Tensor:
        """[batch, channels, h, w] -> the same shape."""
        return torch.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


def _norm(channels: int) -> GroupNorm:
    """Groups of at least 4 channels: of a single number nothing is left by normalising it."""
    return GroupNorm(math.gcd(channels, GROUPS) if channels >= 4 * GROUPS else 1, channels)


def _sizes(height: int, width: int, levels: int) -> list[Size]:
    """Height and width at every level, halved and rounded up from one to the next."""
    sizes = [(height, width)]
    for level in range(1, levels):
        if max(sizes[-1]) == 1:
            raise SettingError(
                f"network.channels has {levels} levels, but the image is down to one square after {level}: "
                f"give at most {level} numbers, or a smaller network.patch."
            )
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes
