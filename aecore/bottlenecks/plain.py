"""The plain bottleneck: the encoder's last numbers are the code, without an activation.

    code = features      [batch, latent]

Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006
(linear code units).
"""

from dataclasses import dataclass

from torch import nn

from aecore.chance import Chance
from aecore.model import Coded
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features


@dataclass(frozen=True)
class PlainSettings(Settings):
    """Size of the code."""

    code_size: int = setting(
        32, 1, 16384, "numbers", "length of the code: a smaller one forces more compression", logarithmic=True
    )


class Plain(nn.Module):
    """features -> code, unchanged."""

    draws = False

    def __init__(self, settings: PlainSettings, classes: int = 0):
        super().__init__()
        self.latent = self.features = settings.code_size
        self.feature_blocks = self.code_blocks = (self.latent,)

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """The code; nothing is random."""
        return Coded(features)

    def code(self, features: Features) -> Codes:
        """The same code, as float32."""
        return features.float()
