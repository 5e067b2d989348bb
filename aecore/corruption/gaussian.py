"""Gaussian noise on every pixel and channel.

    corrupted = clip(clean + noise_std * n, 0, 1)      n ~ N(0, 1), independent

Source: Vincent, Larochelle, Lajoie, Bengio, Manzagol, "Stacked Denoising Autoencoders", JMLR 2010.
Clipping to the range a picture can have is our choice.
"""

from dataclasses import dataclass

import torch

from aecore.settings import Settings, setting
from aecore.shapes import Images


@dataclass(frozen=True)
class GaussianSettings(Settings):
    """How strong the noise is."""

    noise_std: float = setting(
        0.5, 0.0, 2.0, "of the pixel range", "standard deviation of the noise; at 0.5 a digit is hard to read",
        label="Noise strength",
    )  # fmt: skip


class GaussianNoise:
    """Adds Gaussian noise and clips."""

    def __init__(self, settings: GaussianSettings):
        self.settings = settings

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Noisy copies of `images`; all chance comes from `generator`."""
        noise = torch.empty_like(images).normal_(generator=generator)
        return torch.add(images, noise, alpha=self.settings.noise_std).clamp_(0.0, 1.0)
