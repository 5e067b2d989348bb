"""The quantised bottleneck: whole numbers that an entropy coder can write to a file, and what they cost in bits.

    q = round(g y)                       y = features; g: bins per unit, learned for each number and quality
    code = q / g                         what the decoder is given
    P(q) = F((q + 1/2) / g) - F((q - 1/2) / g)
    rate = sum_j -log2 P_j(q_j)          bits per image

F_j is learned for each number of the code by itself, a mixture of logistic distributions: the entropy model is
factorised and knows nothing of the image. The loss gets `rate`, weighed by lambda:

    loss = error + lambda_k rate         lambda doubles from each quality to the next coarser one

Rounding has no gradient. In training the rate is that of g y + u, u uniform on (-1/2, 1/2), whose density P is; the
decoder is given rounded numbers with the gradient of the identity, or the same g y + u. One model serves several
qualities: every training image draws one, and every quality has bins of its own.

Source: Balle, Laparra, Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017 (uniform noise, rate in the
loss); Balle, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018 (the
factorised prior); Minnen, Singh, "Channel-wise Autoregressive Entropy Models for Learned Image Compression", ICIP 2020
(noise for the rate, rounding for the decoder); Cui, Wang, Gao, Guo, Feng, Bai, "Asymmetric Gained Deep Image
Compression with Continuous Rate Adaptation", CVPR 2021 (a gain for each quality). Mixtures of logistics in the place of
their networks, and one density for all qualities, are our choices.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.chance import Chance, uniform, whole_numbers
from aecore.model import Coded, Term
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features, PerImage

BINS_PER_UNIT = 5.0  # of the finest quality at the start of training
COMPONENTS = 2  # of each mixture
LARGEST = 2**15 - 1  # of a quantised number, either side of 0
UNLIKELY = 1e-9  # below it a probability has no gradient any more: some 30 bits a number
_LOG2 = math.log(2.0)


@dataclass(frozen=True)
class QuantisedSettings(Settings):
    """Size of the code, and what its bits count."""

    code_size: int = setting(
        64, 1, 16384, "numbers", "length of the code: those that are not worth their bits cost next to none",
        logarithmic=True,
    )  # fmt: skip
    rate_weight: float = setting(
        0.001, 1e-6, 100.0, "of the error per bit", "what a bit counts at the finest quality: more makes smaller files",
        label="Weight λ of the rate", logarithmic=True,
    )  # fmt: skip
    qualities: int = setting(
        4, 1, 8, "qualities", "each coarser one counts bits twice as much; all share one network", advanced=True
    )
    rounding: str = setting(
        "straight_through",
        choices=("straight_through", "noise"),
        reason="what the decoder learns from: rounded numbers with the identity's gradient, or ones with noise, which "
        "it averages away where bins are wide",
        label="In training",
        advanced=True,
    )


class Quantised(nn.Module):
    """features -> whole numbers of bins -> the code, and its rate as a term of the loss."""

    draws = False

    def __init__(self, settings: QuantisedSettings, classes: int = 0):
        super().__init__()
        self.settings = settings
        self.latent = self.features = settings.code_size
        # A bin that is wider by the root of 2 has twice the error for the same loss of bits: what lambda doubles for.
        steps = torch.arange(self.qualities).flip(0) * 0.5 * _LOG2
        self.log_gains = nn.Parameter((math.log(BINS_PER_UNIT) - steps)[:, None].repeat(1, self.latent))
        self.weights = nn.Parameter(torch.zeros(self.latent, COMPONENTS))
        self.means = nn.Parameter(torch.linspace(-1, 1, COMPONENTS).repeat(self.latent, 1))
        self.log_scales = nn.Parameter(torch.full((self.latent, COMPONENTS), -1.0))

    @property
    def qualities(self) -> int:
        """How many there are: 0 is the coarsest, the last one the finest."""
        return self.settings.qualities

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """The codes of a quality drawn for each image, with noise in training; without a generator `code`'s.

        The term `rate_bits` is the rate, in bits per image.
        """
        count = len(features)
        if generator is None:
            chosen = torch.full((count,), self.qualities - 1, device=features.device)
        else:
            chosen = whole_numbers(features[:, 0], self.qualities, generator)
        gains = self.log_gains[chosen].exp()
        exact = features.float() * gains
        noisy = shown = _rounded(exact)
        if self.training and generator is not None:
            noisy = exact + uniform(exact, -0.5, 0.5, generator)
            shown = noisy if self.settings.rounding == "noise" else shown
        weight = self.settings.rate_weight * 2.0 ** (self.qualities - 1 - chosen).float()
        return Coded(shown / gains, terms={"rate_bits": Term(self._bits(noisy, gains), weight)})

    def code(self, features: Features) -> Codes:
        """The code at the finest quality."""
        return self.from_bins(self.bins(features, self.qualities - 1), self.qualities - 1)

    def bins(self, features: Features, quality: int) -> Codes:
        """The whole numbers that are written to a file, as float32."""
        exact = features.float() * self.log_gains[quality].exp()
        return exact.round().clamp(-LARGEST, LARGEST)

    def from_bins(self, bins: Codes, quality: int) -> Codes:
        """The code that the decoder is given."""
        return bins / self.log_gains[quality].exp()

    def _bits(self, bins: Tensor, gains: Tensor) -> PerImage:
        """-log2 of the probability of each number, summed over the code."""
        upper, lower = (bins + 0.5) / gains, (bins - 0.5) / gains
        scales = self.log_scales.exp()
        high = (upper[:, :, None] - self.means) / scales
        low = (lower[:, :, None] - self.means) / scales
        # sigmoid(h) - sigmoid(l) = sigmoid(-l) - sigmoid(-h): the side on which both are small keeps its digits.
        side = torch.where(high + low > 0, -1.0, 1.0)
        inside = torch.abs(torch.sigmoid(side * high) - torch.sigmoid(side * low))
        probabilities = (torch.softmax(self.weights, 1) * inside).sum(2)
        return -probabilities.clamp_min(UNLIKELY).log2().sum(1)


def _rounded(exact: Tensor) -> Tensor:
    """Whole numbers, with the gradient of the identity."""
    return exact + (exact.detach().round().clamp(-LARGEST, LARGEST) - exact.detach())
