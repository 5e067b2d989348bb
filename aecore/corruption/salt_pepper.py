"""Salt-and-pepper noise: a random share of the pixels becomes white or black, each with probability 1/2.

Source: Vincent, Larochelle, Lajoie, Bengio, Manzagol, "Stacked Denoising Autoencoders", JMLR 2010.
"""

from dataclasses import dataclass

import torch

from aecore.settings import Settings, setting
from aecore.shapes import Images


@dataclass(frozen=True)
class SaltPepperSettings(Settings):
    """How much is lost."""

    share: float = setting(
        0.3, 0.0, 1.0, "of the pixels", "probability that a pixel becomes white or black", label="Share lost"
    )


class SaltPepper:
    """Sets random pixels to 0 or 1."""

    def __init__(self, settings: SaltPepperSettings):
        self.settings = settings

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Copies of `images` with white and black pixels; all chance comes from `generator`."""
        draw = torch.empty_like(images[:, :1]).uniform_(generator=generator)
        hit = draw < self.settings.share
        white = draw < self.settings.share / 2
        return torch.where(hit, white.to(images.dtype), images)
