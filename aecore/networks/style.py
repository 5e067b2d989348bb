"""StyleGAN: a code becomes a style, and the style decides at every size how filters are weighted.

    w      = mapping(z)                                     [batch, style], the same for all sizes or not
    x_0    = a learned constant                             [c, base], base about 4 x 4
    x      = conv(s * x) / sqrt(sum (s * weight)^2)          s = affine(w): modulation and demodulation
    x      = leaky(x + strength * noise + bias)             what chance decides: the fine grain
    logits = sum over sizes of to_image(x), enlarged        sizes double from level to level; the middle is cut out

Coarse levels place the object, fine ones draw it: the styles of two codes can be mixed. In training some images are
made with two styles, so that neighbouring levels do not rely on each other. `mean_style` is the running mean of w;
truncation pulls styles towards it. Without a generator of chance the noise is one fixed picture for each layer: the
same code gives the same image.

Source: Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, "Analyzing and Improving the Image Quality of StyleGAN",
CVPR 2020; mixing and truncation: Karras, Laine, Aila, "A Style-Based Generator Architecture for Generative Adversarial
Networks", CVPR 2019. Codes that keep their length, one style for all convolutions of a size, few channels, and slower
steps in the mapping alone are our choice.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.model import Bottleneck, Model, Sampling
from aecore.networks.gan import GAN, BatchSpread, Centred, check_drawn
from aecore.networks.layout import Flatten
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Images, ImageShape
from aecore.sharing import mine, whole, whole_mean

LEAK = 0.2
BASE = 4  # pixels: the longer side of the constant is at most this
SLOWER = 0.1  # steps of the mapping
STYLE_RATE = 0.01  # of the running mean of styles
Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class StyleSettings(Settings):
    """Widths, and how often two styles are mixed."""

    channels: int = setting(8, 1, 512, "channels", "at the largest size; doubled at each smaller one")
    most_channels: int = setting(96, 1, 1024, "channels", "never more than so many", advanced=True)
    style_size: int = setting(64, 1, 1024, "numbers", "length of the style w", advanced=True)
    mapping_layers: int = setting(3, 1, 8, "layers", "from the code to its style", advanced=True)
    mixing: float = setting(
        0.5, 0.0, 1.0, "share", "of the images in training that get coarse and fine styles from two codes",
        label="Style mixing",
    )  # fmt: skip


class SlowLinear(nn.Linear):
    """A dense layer whose weights are stored `1 / SLOWER` times as large: an optimiser's steps change it less."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs)
        nn.init.normal_(self.weight, std=1 / (SLOWER * math.sqrt(inputs)))
        nn.init.zeros_(self.bias)

    def forward(self, numbers: Tensor) -> Tensor:
        """[batch, inputs] -> [batch, outputs]"""
        return F.linear(numbers, self.weight * SLOWER, self.bias * SLOWER)


class Modulation(nn.Linear):
    """Style -> one factor per channel, near 1 at first."""

    def __init__(self, style: int, channels: int):
        super().__init__(style, channels)
        nn.init.normal_(self.weight, std=1 / math.sqrt(style))
        nn.init.ones_(self.bias)


class Noise(nn.Module):
    """Adds noise, the same for all channels but in each as strong as it learned, and a bias."""

    def __init__(self, channels: int, size: Size):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.fixed: Tensor
        self.register_buffer("fixed", torch.randn(1, 1, *size))

    def forward(self, images: Tensor, chance: torch.Generator | None = None) -> Tensor:
        """The same shape. Without `chance` the noise is fixed."""
        noise = self.fixed
        if chance is not None:
            size = (whole(len(images)), *self.fixed.shape[1:])
            noise = mine(torch.randn(size, generator=chance, device=images.device))
        return images + self.strength[:, None, None] * noise + self.bias[:, None, None]


class StyledConvolution(nn.Module):
    """A convolution modulated by the style, noise, and a leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, size: Size, style: int):
        super().__init__()
        self.modulation = Modulation(style, inputs)
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        nn.init.normal_(self.convolution.weight, std=1 / math.sqrt(9 * inputs))
        self.noise = Noise(outputs, size)
        self.active = nn.LeakyReLU(LEAK)

    def forward(self, images: Tensor, style: Tensor, chance: torch.Generator | None) -> Tensor:
        """[batch, inputs, h, w], [batch, style] -> [batch, outputs, h, w]

        To scale the input and then the output is the same as to scale the weights for each image, and runs as one
        convolution.
        """
        scale = self.modulation(style)
        squares = self.convolution.weight.square().sum((2, 3))
        demodulation = torch.rsqrt(F.linear(scale.square(), squares) + 1e-8)
        convolved = self.convolution(images * scale[:, :, None, None]) * demodulation[:, :, None, None]
        active: Tensor = self.active(self.noise(convolved, chance))
        return active


class ToImage(nn.Conv2d):
    """A pixel's channels -> its logits."""

    def __init__(self, inputs: int, channels: int):
        super().__init__(inputs, channels, 1)
        nn.init.normal_(self.weight, std=1 / math.sqrt(inputs))
        assert self.bias is not None
        nn.init.zeros_(self.bias)


class Constant(nn.Module):
    """The same learned numbers for every image."""

    def __init__(self, channels: int, size: Size):
        super().__init__()
        self.values = nn.Parameter(torch.randn(1, channels, *size))

    def forward(self, style: Tensor) -> Tensor:
        """[batch, style] -> [batch, channels, h, w]"""
        return self.values.repeat(style.shape[0], 1, 1, 1)


class Level(nn.Module):
    """What happens at one size: convolutions with a style, and their part of the image."""

    def __init__(self, inputs: int, outputs: int, size: Size, style: int, channels: int, first: bool):
        super().__init__()
        widths = [(inputs, outputs)] if first else [(inputs, outputs), (outputs, outputs)]
        self.convolutions = nn.ModuleList(StyledConvolution(a, b, size, style) for a, b in widths)
        self.modulation = Modulation(style, outputs)
        self.to_image = ToImage(outputs, channels)

    def forward(self, images: Tensor, style: Tensor, chance: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """[batch, inputs, h, w], [batch, style] -> [batch, outputs, h, w] and logits [batch, channels, h, w]"""
        for convolution in self.convolutions:
            images = convolution(images, style, chance)
        return images, self.to_image(images * self.modulation(style)[:, :, None, None])


class Synthesis(nn.Module):
    """A style for each level -> the logits of an image."""

    def __init__(self, settings: StyleSettings, image_shape: ImageShape):
        super().__init__()
        channels, height, width = image_shape
        self.sizes = sizes = level_sizes(height, width)
        widths = level_widths(settings, len(sizes))
        self.constant = Constant(widths[0], sizes[0])
        self.levels = nn.ModuleList(
            Level(widths[max(index - 1, 0)], widths[index], size, settings.style_size, channels, index == 0)
            for index, size in enumerate(sizes)
        )
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.top, self.left = (sizes[-1][0] - height) // 2, (sizes[-1][1] - width) // 2
        self.height, self.width = height, width

    def forward(self, styles: Tensor, chance: torch.Generator | None = None) -> Tensor:
        """[batch, levels, style] -> [batch, channels, height, width]"""
        images = self.constant(styles[:, 0])
        logits: Tensor | None = None
        for index, level in enumerate(self.levels):
            if index:
                images = self.enlarge(images)
            images, part = level(images, styles[:, index], chance)
            logits = part if logits is None else self.enlarge(logits) + part
        assert logits is not None
        return logits[:, :, self.top : self.top + self.height, self.left : self.left + self.width]


class StyleGenerator(nn.Module):
    """Codes -> styles -> logits of images."""

    def __init__(self, settings: StyleSettings, image_shape: ImageShape, latent: int):
        super().__init__()
        self.mapping = nn.Sequential()
        for index in range(settings.mapping_layers):
            inputs = settings.style_size if index else latent
            self.mapping.extend([SlowLinear(inputs, settings.style_size), nn.LeakyReLU(LEAK)])
        self.synthesis = Synthesis(settings, image_shape)
        self.mean_style: Tensor
        self.register_buffer("mean_style", torch.zeros(settings.style_size))

    @property
    def levels(self) -> int:
        """How many sizes, and so how many styles of an image."""
        return len(self.synthesis.levels)

    def forward(self, codes: Tensor) -> Tensor:
        """[batch, latent] -> [batch, channels, height, width]"""
        logits: Tensor = self.synthesis(self.everywhere(self.mapping(codes)))
        return logits

    def everywhere(self, styles: Tensor) -> Tensor:
        """The same style at every level: [batch, style] -> [batch, levels, style]"""
        return styles[:, None].expand(-1, self.levels, -1)

    def truncated(self, styles: Tensor, truncation: float) -> Tensor:
        """Styles at `truncation` times their distance from the mean."""
        return self.mean_style + truncation * (styles - self.mean_style)

    def mixed(self, coarse: Tensor, fine: Tensor, first_fine: Tensor) -> Tensor:
        """Two styles [batch, style] -> [batch, levels, style]: the second one from level `first_fine` [batch] on."""
        is_fine = torch.arange(self.levels, device=coarse.device) >= first_fine[:, None]
        return torch.where(is_fine[:, :, None], fine[:, None], coarse[:, None])


class StyleGAN(GAN):
    """A GAN whose images have a style for each level."""

    controls = frozenset({"truncation"})
    generator: StyleGenerator
    decoder: StyleGenerator

    def __init__(
        self,
        generator: StyleGenerator,
        discriminator: nn.Module,
        bottleneck: Bottleneck,
        image_shape: ImageShape,
        mixing: float,
    ):
        super().__init__(generator, discriminator, bottleneck, image_shape)
        self.mixing = mixing

    @property
    def levels(self) -> int:
        """How many sizes, and so how many styles of an image."""
        return self.decoder.levels

    def generate(self, count: int, chance: torch.Generator) -> Images:
        """`count` images as in training: with noise, and some of them with the styles of two codes."""
        made = self.generator
        styles, others = (made.mapping(self.prior(count, chance)) for _ in range(2))
        if self.training:
            made.mean_style.lerp_(whole_mean(styles.detach().float()), STYLE_RATE)
        device = chance.device
        first_fine = mine(torch.randint(1, self.levels + 1, (whole(count),), generator=chance, device=device))
        mixes = mine(torch.rand(whole(count), generator=chance, device=device)) < self.mixing
        mixed = made.mixed(styles, others, torch.where(mixes, first_fine, self.levels))
        return torch.sigmoid(made.synthesis(mixed, chance).float())

    def sample(self, codes: Codes, sampling: Sampling) -> Images:
        """The images of codes, their styles truncated. SettingError for codes of another size."""
        return self.mix(codes, codes, self.levels, sampling.truncation)

    def mix(self, coarse: Codes, fine: Codes, level: int, truncation: float = 1.0) -> Images:
        """Images with the styles of `coarse` at the first `level` sizes and those of `fine` at the larger ones.

        SettingError for codes of another size, or a level that is not there.
        """
        self._check_codes(coarse)
        self._check_codes(fine)
        if not 0 <= level <= self.levels:
            raise SettingError(f"The level is {level}: choose one from 0 to {self.levels}, as many sizes as there are.")
        made = self.decoder
        first, second = (made.truncated(made.mapping(each), truncation) for each in (coarse, fine))
        first_fine = torch.full((len(coarse),), level, device=coarse.device)
        return torch.sigmoid(made.synthesis(made.mixed(first, second, first_fine)).float())


class StyleAdversaries(NamedTuple):
    """A style generator and its discriminator."""

    generator: StyleGenerator
    discriminator: nn.Module
    mixing: float

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> Model:
        """The two together. SettingError for a bottleneck that needs an encoder."""
        check_drawn(bottleneck)
        return StyleGAN(self.generator, self.discriminator, bottleneck, image_shape, self.mixing)


class Padded(nn.Module):
    """Images with a black border, so that the generator's sizes fit."""

    def __init__(self, inner: Size, outer: Size):
        super().__init__()
        height, width = outer[0] - inner[0], outer[1] - inner[1]
        self.border = (width // 2, width - width // 2, height // 2, height - height // 2)

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, *inner] -> [batch, channels, *outer]"""
        return F.pad(images, self.border)


def _convolution(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
    nn.init.kaiming_normal_(convolution.weight, LEAK)
    return [convolution, nn.LeakyReLU(LEAK)]


def build_style(
    settings: StyleSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> StyleAdversaries:
    """Generator from `latent` numbers and a convolutional discriminator of the same widths."""
    return StyleAdversaries(
        StyleGenerator(settings, image_shape, latent), _discriminator(settings, image_shape), settings.mixing
    )


def _discriminator(settings: StyleSettings, image_shape: ImageShape) -> nn.Module:
    channels, height, width = image_shape
    sizes = level_sizes(height, width)
    widths = level_widths(settings, len(sizes))
    discriminator = nn.Sequential(Padded((height, width), sizes[-1]), Centred(), *_convolution(channels, widths[-1]))
    for index in range(len(sizes) - 1, 0, -1):
        discriminator.extend(_convolution(widths[index], widths[index]))
        discriminator.extend(_convolution(widths[index], widths[index - 1], stride=2))
    discriminator.extend([BatchSpread(), *_convolution(widths[0] + 1, widths[0])])
    return discriminator.extend([Flatten(), nn.Linear(widths[0] * math.prod(sizes[0]), 1)])


def level_sizes(height: int, width: int) -> list[Size]:
    """Height and width at each level, doubling, the last at least as large as the image and less than `2^n` larger."""
    doublings = max(0, math.ceil(math.log2(max(height, width) / BASE)))
    first = (-(-height // 2**doublings), -(-width // 2**doublings))
    return [(first[0] * 2**level, first[1] * 2**level) for level in range(doublings + 1)]


def level_widths(settings: StyleSettings, levels: int) -> list[int]:
    """Channels at each level, the coarsest first."""
    return [min(settings.channels * 2**above, settings.most_channels) for above in range(levels - 1, -1, -1)]
