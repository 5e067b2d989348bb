"""The top-k bottleneck: of all units only the k that respond most are kept, so that every code has at most k.

    a_j    = relu(feature_j)
    code_j = a_j  if b_j a_j is among the k largest of b_1 a_1 ... b_n a_n,  otherwise 0

Left alone, units that never win are never trained and stay dead. So the score of a unit that wins less often than its
share k/n is boosted, and that of one which wins more often is damped:

    d_j <- (1 - r) d_j + r * (share of the batch in which unit j is on)       in training only
    b_j  = exp(s * (1 - d_j n/k))

The boost decides who wins, never how strongly a winner responds. It stands still outside training and is part of the
weights: a stopped run goes on with it and an exported encoder contains it.

Source: Makhzani and Frey, "k-Sparse Autoencoders", ICLR 2014; the boost: Ahmad and Scheinkman, "How Can We Be So Dense?
The Benefits of Using Highly Sparse Representations", 2019 (exp(s * (k/n - d_j)) there). That s counts relative to k/n,
so that it means the same for every k and n, that negative features never win, and r = 0.01 a step are our choices.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.chance import Chance
from aecore.errors import SettingError
from aecore.model import Coded
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features
from aecore.sharing import whole_mean

RATE = 0.01  # of the running mean of how often a unit is on, per step


@dataclass(frozen=True)
class TopKSettings(Settings):
    """Size of the code, and how much of it one image may use."""

    code_size: int = setting(256, 1, 16384, "numbers", "length of the code: a sparse one may be long", logarithmic=True)
    active_units: int = setting(
        16, 1, 16384, "units", "k: how many numbers of the code may be other than 0 for one image", logarithmic=True
    )
    boost: float = setting(
        2.0, 0.0, 10.0, "times the lack", "how much units that are rarely on are preferred, so that none stays dead; "
        "0 for not at all", advanced=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.active_units > self.code_size:
            raise SettingError(
                f"bottleneck.active_units is {self.active_units}, but the code has {self.code_size} numbers: choose "
                f"at most {self.code_size} active units or a larger bottleneck.code_size."
            )


class TopK(nn.Module):
    """features -> a code of which at most k numbers are not 0, float32 whatever the precision of the network."""

    draws = False
    often: Tensor  # [latent], running mean of the share of images for which a unit is on

    def __init__(self, settings: TopKSettings, classes: int = 0):
        super().__init__()
        self.latent = self.features = settings.code_size
        self.active_units = settings.active_units
        self.settings = settings
        self.register_buffer("often", torch.full((self.latent,), self.active_units / self.latent))

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """The code; nothing is random. In training it is noted how often every unit is on."""
        codes = self.code(features)
        if self.training:
            with torch.no_grad():
                self.often.copy_(torch.lerp(self.often, whole_mean((codes > 0).float()), RATE))
        return Coded(codes)

    def code(self, features: Features) -> Codes:
        """The k largest activations by their boosted score, the others 0. Changes nothing."""
        activations = F.relu(features.float())
        lack = 1.0 - self.often * (self.latent / self.active_units)
        scores = activations.detach() * torch.exp(self.settings.boost * lack)
        winners = scores.topk(self.active_units, dim=1).indices
        return activations * torch.zeros_like(activations).scatter(1, winners, 1.0)
