"""Penalties: what an objective adds to the reconstruction error, one number per image.

    KL        KL(N(mu, s^2) || N(0, 1)) = 1/2 sum_j (mu_j^2 + s_j^2 - log s_j^2 - 1)      in nats
    warm-up   weight(t) = beta min(1, t / warm_up)      t the share of training that is over

With the full weight from the first step a decoder that does not yet use the code makes the encoder give it up, and
some numbers never come back. Numbers on validation images are always given with the full weight, so that the curves
of runs with and without warm-up can be compared, and each with itself.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014, appendix B; the weight beta: Higgins et
al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework", ICLR 2017; warm-up:
Sønderby, Raiko, Maaløe, Sønderby, Winther, "Ladder Variational Autoencoders", NeurIPS 2016.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from aecore import kernels
from aecore.errors import SettingError
from aecore.model import Pass, Posterior
from aecore.settings import Settings, setting
from aecore.shapes import PerImage, Scalar


class Penalty(ABC):
    """What is added to the reconstruction error, `weight` times."""

    name: str
    weight: float  # at the end of the training

    @abstractmethod
    def __call__(self, outcome: Pass) -> PerImage | None:
        """One number per image, or None where there is nothing to add."""

    def weight_at(self, done: float | Scalar) -> float | Scalar:
        """The weight when the share `done` (0 to 1) of the training is over: the same throughout unless it rises."""
        return self.weight


@dataclass(frozen=True)
class NoPenaltySettings(Settings):
    """Nothing to set."""


class NoPenalty(Penalty):
    """The reconstruction error alone."""

    name = ""
    weight = 0.0

    def __init__(self, settings: NoPenaltySettings):
        self.settings = settings

    def __call__(self, outcome: Pass) -> PerImage | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class KLSettings(Settings):
    """How much the KL divergence counts."""

    beta: float = setting(
        1.0, 0.0, 100.0, "times the KL", "1 is the variational bound; more orders the codes, less sharpens the images",
        label="Weight β",
    )  # fmt: skip
    warm_up: float = setting(
        0.0, 0.0, 1.0, "of the training", "share of the training over which the weight rises from 0; 0 starts in full",
        label="Warm-up of β", advanced=True,
    )  # fmt: skip


class KLDivergence(Penalty):
    """Pulls every posterior towards the standard normal distribution."""

    name = "kl"

    def __init__(self, settings: KLSettings):
        self.settings = settings
        self.weight = settings.beta

    def weight_at(self, done: float | Scalar) -> float | Scalar:
        """The weight when the share `done` (0 to 1) of the training is over."""
        rising = self.settings.warm_up
        if rising <= 0:
            return self.weight
        share = done / rising
        return self.weight * (min(1.0, share) if isinstance(share, float) else share.clamp(max=1.0))

    def __call__(self, outcome: Pass) -> PerImage:
        """KL in nats; SettingError for a bottleneck without a posterior."""
        if outcome.posterior is None:
            raise SettingError("The KL penalty needs a Gaussian bottleneck: set bottleneck.kind=gaussian.")
        return kl_divergence(outcome.posterior)


def kl_divergence(posterior: Posterior) -> PerImage:
    """KL of each image's posterior from N(0, I), in nats, summed over the code."""
    mean, log_variance = posterior.mean, posterior.log_variance
    if kernels.fits(mean, log_variance):
        return kernels.kl(mean, log_variance)
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1.0).sum(1)
