"""No corruption: the model sees the clean image."""

from dataclasses import dataclass

import torch

from aecore.corruption.graded import Chance, Graded
from aecore.settings import Settings
from aecore.shapes import Images, PerImage


@dataclass(frozen=True)
class NoneSettings(Settings):
    """Nothing to set."""


class NoCorruption(Graded):
    """images -> images, untouched."""

    def __init__(self, settings: NoneSettings):
        self.settings = settings

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images themselves, at no cost."""
        return images

    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """0 for each image."""
        return torch.zeros(count, device=generator.device)

    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """Nothing is left to chance."""
        return ()

    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """The images themselves."""
        return images
