"""Masking noise, in the lecture "dropout": a random share of the pixels is switched off.

    corrupted = clean * m      m ~ Bernoulli(1 - share), one draw per pixel, the same for its channels

Source: Vincent, Larochelle, Bengio, Manzagol, "Extracting and Composing Robust Features with Denoising
Autoencoders", ICML 2008. A pixel of a colour picture is lost as a whole; that is our choice.
"""

from dataclasses import dataclass

import torch

from aecore.settings import Settings, setting
from aecore.shapes import Images


@dataclass(frozen=True)
class MaskingSettings(Settings):
    """How much is lost."""

    share: float = setting(
        0.5, 0.0, 1.0, "of the pixels", "probability that a pixel is set to black", label="Share lost"
    )


class Masking:
    """Sets random pixels to 0."""

    def __init__(self, settings: MaskingSettings):
        self.settings = settings

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Copies of `images` with pixels missing; all chance comes from `generator`."""
        kept = torch.empty_like(images[:, :1]).uniform_(generator=generator) >= self.settings.share
        return images * kept
