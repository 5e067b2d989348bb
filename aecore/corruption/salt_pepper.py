"""Salt-and-pepper noise: a random share of the pixels becomes white or black, each with probability 1/2.

Source: Vincent, Larochelle, Lajoie, Bengio, Manzagol, "Stacked Denoising Autoencoders", JMLR 2010.
"""

from dataclasses import dataclass

import torch

from aecore.chance import uniform
from aecore.corruption.graded import Chance, Graded, drawn_strengths, per_image
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage


@dataclass(frozen=True)
class SaltPepperSettings(Settings):
    """How much is lost."""

    share: float = setting(
        0.3, 0.0, 1.0, "of the pixels", "probability that a pixel becomes white or black", label="Share lost"
    )
    varying: bool = setting(
        False,
        reason="every image has a share of its own, drawn evenly between none and the one above",
        label="Every share",
        advanced=True,
    )


class SaltPepper(Graded):
    """Sets random pixels to 0 or 1."""

    def __init__(self, settings: SaltPepperSettings):
        self.settings = settings

    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """Shares in [0, `share`]."""
        return drawn_strengths(self.settings.share, self.settings.varying, count, generator)

    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """A uniform number for every pixel: it is hit where this is below the share, white where below half of it."""
        return (uniform(images[:, :1], 0.0, 1.0, generator),)

    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """Copies of `images` with white and black pixels."""
        (lots,) = chance
        hit = lots < per_image(strengths)
        white = lots < per_image(strengths / 2)
        return torch.where(hit, white.to(images.dtype), images)
