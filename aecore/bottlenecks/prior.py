"""No code comes from an image: it is drawn.

    z ~ N(0, I)      `latent` numbers per image; nothing is taken from an encoder

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014 (there noise of any simple distribution).
"""

from dataclasses import dataclass

import torch
from torch import nn

from aecore.chance import Chance, normal
from aecore.model import Coded
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features


@dataclass(frozen=True)
class PriorSettings(Settings):
    """Size of the code."""

    code_size: int = setting(
        32, 1, 16384, "numbers", "length of the noise from which an image is made", logarithmic=True
    )


class Prior(nn.Module):
    """[batch, 0] -> codes from N(0, I)."""

    draws = True
    features = 0

    def __init__(self, settings: PriorSettings, classes: int = 0):
        super().__init__()
        self.latent = settings.code_size

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """A code for each row of `features`, which have no columns; without a generator the mean, 0."""
        codes = self.code(features)
        return Coded(codes if generator is None else normal(codes, generator))

    def code(self, features: Features) -> Codes:
        """The mean of all codes, 0."""
        return torch.zeros(len(features), self.latent, device=features.device)
