"""Penalties that ask for sparse codes: few units that respond to an image, or units that respond to few images.

    L1        sum_j |a_j|                                             of each image
    KL rate   sum_j p log(p / m_j) + (1 - p) log((1 - p) / (1 - m_j))   in nats, m_j the mean of a_j over a batch

How often a unit responds is no matter of one image. KL rate therefore gives every image of a batch the same number,
that of the batch: its mean over images is what is made small. Of a small batch the means m_j scatter more, and since
KL is convex the number is then larger: compare it between runs only at the same batch size. In training batches are
those of the run, on validation images they are of 500 (the last one may be smaller).

Source: Ng, "Sparse Autoencoder", lecture notes of CS294A, Stanford 2011 (KL with the target p = 0.05, weight 3);
L1 on activations, also called the lasso: Goodfellow, Bengio, Courville, "Deep Learning", MIT Press 2016, chapter 14.
"""

from dataclasses import dataclass

import torch

from aecore.model import Pass
from aecore.objectives.penalties import Penalty
from aecore.settings import Settings, setting
from aecore.shapes import PerImage
from aecore.sharing import whole_mean

LEAST_RATE = 1e-6  # a unit that is never on in a batch costs much but not infinitely much


@dataclass(frozen=True)
class L1Settings(Settings):
    """How much the activations cost."""

    weight: float = setting(
        0.1, 0.0, 100.0, "times their sum", "what one unit that is fully on costs, as squared error or nats do",
        label="Weight λ",
    )  # fmt: skip


class L1(Penalty):
    """The sum of the sizes of all activations."""

    name = "l1"

    def __init__(self, settings: L1Settings):
        self.settings = settings
        self.weight = settings.weight

    def __call__(self, outcome: Pass) -> PerImage:
        """One number per image."""
        return outcome.codes.float().abs().sum(1)


@dataclass(frozen=True)
class KLRateSettings(Settings):
    """How often a unit should be on, and how much it costs when it is not so."""

    rate: float = setting(
        0.05, 0.001, 0.999, "of the images", "mean activation over a batch that every unit should have",
        label="Target rate",
    )  # fmt: skip
    weight: float = setting(
        0.5, 0.0, 100.0, "times the KL", "more keeps every unit closer to the target", label="Weight β"
    )


class KLRate(Penalty):
    """Pulls the mean activation of every unit towards a target rate."""

    name = "kl_rate"

    def __init__(self, settings: KLRateSettings):
        self.settings = settings
        self.weight = settings.weight

    def __call__(self, outcome: Pass) -> PerImage:
        """The number of the batch, once for each of its images. Activations must be between 0 and 1."""
        means = whole_mean(outcome.codes.float()).clamp(LEAST_RATE, 1.0 - LEAST_RATE)
        target = torch.zeros_like(means) + self.settings.rate
        costs = torch.xlogy(target, target / means) + torch.xlogy(1 - target, (1 - target) / (1 - means))
        return costs.sum().expand(len(outcome.codes))
