"""Gaussian noise on every pixel and channel.

    corrupted = clip(clean + noise_std * n, 0, 1)      n ~ N(0, 1), independent

Source: Vincent, Larochelle, Lajoie, Bengio, Manzagol, "Stacked Denoising Autoencoders", JMLR 2010.
Clipping to the range a picture can have is our choice.
"""

from dataclasses import dataclass

import torch

from aecore.chance import normal
from aecore.corruption.graded import Chance, Graded, drawn_strengths, per_image
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage
from aecore.sharing import mine, whole


@dataclass(frozen=True)
class GaussianSettings(Settings):
    """How strong the noise is."""

    noise_std: float = setting(
        0.5, 0.0, 2.0, "of the pixel range", "standard deviation of the noise; at 0.5 a digit is hard to read",
        label="Noise strength",
    )  # fmt: skip
    varying: bool = setting(
        False,
        reason="every image has a strength of its own, drawn evenly between none and the one above",
        label="Every strength",
        advanced=True,
    )
    clipped_share: float = setting(
        1.0, 0.0, 1.0, "of the images", "kept within black and white, as a stored picture is; the others are not, as "
        "in published measurements", label="Clipped", advanced=True,
    )  # fmt: skip


class GaussianNoise(Graded):
    """Adds Gaussian noise and clips."""

    def __init__(self, settings: GaussianSettings):
        self.settings = settings

    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """Standard deviations in [0, `noise_std`]."""
        return drawn_strengths(self.settings.noise_std, self.settings.varying, count, generator)

    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """n for every pixel and channel, and where some images are not clipped a uniform number for each image."""
        noise = normal(images, generator)
        if self.settings.clipped_share >= 1:
            return (noise,)
        return noise, mine(torch.rand(whole(len(images)), generator=generator, device=generator.device))

    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """Noisy copies with these standard deviations."""
        noise, *lots = chance
        noisy = images + noise * per_image(strengths)
        if not lots:
            return noisy.clamp_(0.0, 1.0)
        kept = lots[0] < self.settings.clipped_share
        return torch.where(per_image(kept.float()) > 0, noisy.clamp(0.0, 1.0), noisy)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Noisy copies of `images`; all chance comes from `generator`."""
        if self.settings.varying or self.settings.clipped_share < 1:
            return super().__call__(images, generator)
        (noise,) = self.draw(images, generator)
        return torch.add(images, noise, alpha=self.settings.noise_std).clamp_(0.0, 1.0)
