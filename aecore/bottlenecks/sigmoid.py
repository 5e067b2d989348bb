"""The sigmoid bottleneck: every unit of the code is an activation between 0 and 1.

    code = sigmoid(features)      [batch, latent]

On its own it is not sparse: a penalty on the activations makes it so.

Source: Ng, "Sparse Autoencoder", lecture notes of CS294A, Stanford 2011.
"""

from dataclasses import dataclass

import torch
from torch import nn

from aecore.chance import Chance
from aecore.model import Coded
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features


@dataclass(frozen=True)
class SigmoidSettings(Settings):
    """Size of the code."""

    code_size: int = setting(256, 1, 16384, "numbers", "length of the code: a sparse one may be long", logarithmic=True)


class Sigmoid(nn.Module):
    """features -> activations, in float32 whatever the precision of the network."""

    draws = False

    def __init__(self, settings: SigmoidSettings, classes: int = 0):
        super().__init__()
        self.latent = self.features = settings.code_size

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """The activations; nothing is random."""
        return Coded(self.code(features))

    def code(self, features: Features) -> Codes:
        """The activations."""
        return torch.sigmoid(features.float())
