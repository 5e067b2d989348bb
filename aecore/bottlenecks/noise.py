"""The bottleneck of a diffusion model: the code is the noise that an image begins as.

    code = noise, flattened      channels x height x width numbers, each from N(0, 1)

Nothing is compressed: a code is as large as what is diffused, the image or the autoencoder's code of it, and so its
size is no setting.

Source: Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021 (noise as the code of an image).
"""

from dataclasses import dataclass

from torch import nn

from aecore.chance import Chance
from aecore.model import Coded
from aecore.settings import Settings
from aecore.shapes import Codes, Images


@dataclass(frozen=True)
class NoiseSettings(Settings):
    """Nothing to set."""


class Noise(nn.Module):
    """Noise of any shape -> one row of numbers per image."""

    draws = True
    features = 0  # an encoder's last numbers are not asked for
    latent = 0  # the network decides

    def __init__(self, settings: NoiseSettings, classes: int = 0):
        super().__init__()

    def forward(self, features: Images, generator: Chance | None = None) -> Coded:
        """The noise as codes; nothing is random here."""
        return Coded(features.flatten(1))

    def code(self, features: Images) -> Codes:
        """The same, as float32."""
        return features.flatten(1).float()
