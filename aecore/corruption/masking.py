"""Masking noise, in the lecture "dropout": a random share of the pixels is switched off.

    corrupted = clean * m      m ~ Bernoulli(1 - share), one draw per pixel, the same for its channels

Source: Vincent, Larochelle, Bengio, Manzagol, "Extracting and Composing Robust Features with Denoising
Autoencoders", ICML 2008. A pixel of a colour picture is lost as a whole; that is our choice.
"""

from dataclasses import dataclass

import torch

from aecore.chance import uniform
from aecore.corruption.graded import Chance, Graded, drawn_strengths, per_image
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage


@dataclass(frozen=True)
class MaskingSettings(Settings):
    """How much is lost."""

    share: float = setting(
        0.5, 0.0, 1.0, "of the pixels", "probability that a pixel is set to black", label="Share lost"
    )
    varying: bool = setting(
        False,
        reason="every image has a share of its own, drawn evenly between none and the one above",
        label="Every share",
        advanced=True,
    )


class Masking(Graded):
    """Sets random pixels to 0."""

    def __init__(self, settings: MaskingSettings):
        self.settings = settings

    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """Shares in [0, `share`]."""
        return drawn_strengths(self.settings.share, self.settings.varying, count, generator)

    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """A uniform number for every pixel: it is lost where this is below the share."""
        return (uniform(images[:, :1], 0.0, 1.0, generator),)

    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """Copies of `images` with pixels missing."""
        (lots,) = chance
        return images * (lots >= per_image(strengths))
