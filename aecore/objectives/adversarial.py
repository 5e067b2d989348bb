"""The losses of a generator and its discriminator, and what tells how their game stands.

    discriminator   -log D(x) - log(1 - D(G(z)))     D = sigmoid(logit); two binary cross-entropies, in nats
    generator       -log D(G(z))                     not log(1 - D(G(z))), whose slope vanishes when D is sure
    R1              1/2 |d logit(x) / d x|^2         keeps the discriminator flat around real images
    diversity       mean distance of generated images, over that of real ones

A discriminator that cannot tell gives D = 1/2 everywhere: 2 log 2 = 1.386 and log 2 = 0.693 nats. A diversity far below
1 says that the generator makes always the same: it has collapsed.

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014; R1: Mescheder, Geiger, Nowozin, "Which Training
Methods for GANs do actually Converge?", ICML 2018; smoothing: Salimans et al., "Improved Techniques for Training
GANs", NeurIPS 2016. The diversity in pixels is our choice.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812

from aecore.shapes import Images, PerImage
from aecore.sharing import everyones, mine


def discriminator_loss(real: PerImage, generated: PerImage, smoothing: float = 0.0) -> PerImage:
    """Nats per pair of a real and a generated image, from logits; real ones are to be called 1 - `smoothing`."""
    target = torch.full_like(real, 1.0 - smoothing)
    return F.binary_cross_entropy_with_logits(real, target, reduction="none") + F.softplus(generated)


def generator_loss(generated: PerImage) -> PerImage:
    """Nats per generated image, from logits: the non-saturating loss."""
    return F.softplus(-generated)


def gradient_penalty(judge: Callable[[Images], PerImage], real: Images) -> PerImage:
    """R1 of each real image. `judge` gives logits; its parameters get gradients through this."""
    images = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(judge(images).sum(), images, create_graph=True)
    return slope.float().square().flatten(1).sum(1) / 2


def diversity(generated: Images, real: torch.Tensor) -> PerImage:
    """Mean distance of each generated image from the other ones, over the mean distance of two of the `real` images.

    1 means as different from each other as real images are, 0 always the same. Real images that do not differ, or of
    which there is only one, tell nothing: 1.
    """
    drawn, known = everyones(generated), everyones(real)
    distances, count = _distances(drawn), len(drawn)
    usual = _distances(known).sum() / max(len(known) * (len(known) - 1), 1)
    if usual <= 0 or count < 2:
        return mine(torch.ones_like(distances[0]))
    return mine(distances.sum(1) / (count - 1) / usual)


def _distances(images: Images) -> torch.Tensor:
    """Euclidean, [n, n], in float32."""
    flat = images.float().flatten(1)
    return torch.cdist(flat, flat)
