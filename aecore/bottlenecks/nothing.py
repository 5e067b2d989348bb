"""No bottleneck: for networks that restore pictures and have no code."""

from dataclasses import dataclass

from torch import nn

from aecore.chance import Chance
from aecore.model import Coded
from aecore.settings import Settings
from aecore.shapes import Codes, Features


@dataclass(frozen=True)
class NothingSettings(Settings):
    """Nothing to set."""


class Nothing(nn.Module):
    """Takes no features and gives no code."""

    latent = features = 0
    draws = False

    def __init__(self, settings: NothingSettings, classes: int = 0):
        super().__init__()

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """Codes of no numbers."""
        return Coded(self.code(features))

    def code(self, features: Features) -> Codes:
        """Codes of no numbers."""
        return features[:, :0].float()
