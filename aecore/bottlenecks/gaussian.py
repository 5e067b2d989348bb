"""The Gaussian bottleneck of the variational autoencoder.

    (mu, log s^2) = features         2 x latent numbers per image
    z = mu + s * n,  n ~ N(0, I)     the reparametrisation: gradients reach mu and s
    code = mu                        whenever an answer should be the same every time

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
Keeping log s^2 within +-LIMIT, so that exp() stays finite in every precision, is our choice.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from aecore import kernels
from aecore.chance import Chance, normal
from aecore.model import Coded, Posterior, Sampling
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features

LIMIT = 15.0


@dataclass(frozen=True)
class GaussianSettings(Settings):
    """Size of the code."""

    code_size: int = setting(
        2, 1, 16384, "numbers", "length of the code: with 2 the whole latent space is one picture", logarithmic=True
    )


class Gaussian(nn.Module):
    """features -> posterior -> a code drawn from it."""

    draws = True
    controls = frozenset({"truncation"})

    def __init__(self, settings: GaussianSettings, classes: int = 0):
        super().__init__()
        self.latent = settings.code_size
        self.features = 2 * settings.code_size
        self.feature_blocks, self.code_blocks = (self.latent, self.latent), (self.latent,)

    def posterior(self, features: Features) -> Posterior:
        """Mean and log variance, float32 whatever the precision of the network."""
        mean, log_variance = features.float().chunk(2, dim=1)
        return Posterior(mean, limited(log_variance))

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """A code drawn for each image; without a generator the mean."""
        posterior = self.posterior(features)
        return Coded(drawn(posterior, generator), posterior)

    def code(self, features: Features) -> Codes:
        """The mean."""
        return self.posterior(features).mean

    def prior(self, count: int, generator: torch.Generator) -> Codes:
        """N(0, I)."""
        return torch.randn(count, self.latent, generator=generator, device=generator.device)

    def steer(self, codes: Codes, sampling: Sampling) -> Codes:
        """Truncation draws the codes towards the mean of the prior, which is 0."""
        return codes * sampling.truncation


def limited(log_variance: Codes) -> Codes:
    """Within +-LIMIT, where gradients pass. One operation backward, where `clamp` takes five."""
    return F.hardtanh(log_variance, -LIMIT, LIMIT)


def drawn(posterior: Posterior, generator: Chance | None) -> Codes:
    """One z for each image; without a generator the mean."""
    if generator is None:
        return posterior.mean
    mean, log_variance, noise = posterior.mean, posterior.log_variance, normal(posterior.mean, generator)
    if kernels.fits(mean, log_variance, noise):
        return kernels.draw(mean, log_variance, noise)
    return torch.addcmul(mean, torch.exp(0.5 * log_variance), noise)
