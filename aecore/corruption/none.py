"""No corruption: the model sees the clean image."""

from dataclasses import dataclass

import torch

from aecore.settings import Settings
from aecore.shapes import Images


@dataclass(frozen=True)
class NoneSettings(Settings):
    """Nothing to set."""


class NoCorruption:
    """images -> images, untouched."""

    def __init__(self, settings: NoneSettings):
        self.settings = settings

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images themselves."""
        return images
