"""How probable a variational model finds images: its bound, and the likelihood itself by importance sampling.

    -ELBO  = E_q[-log p(x | z)] + KL(q(z | x) || p(z))                            one draw of z for each image
    log w  = log p(x | z) + log p(z) - log q(z | x),  z ~ q(z | x)
    NLL    = -log (1/k) sum_k w_k  >=  -log p(x) on average, nearer with every draw

Where the class y is a part of the code, p(y) is even and y is drawn from what the encoder thinks of it, so that the
numbers need no labels and stand for the same thing: the probability of the image alone.

    log w += log p(y) - log q(y | x)         KL += log classes - entropy of q(y | x)

p(x | z) is a probability only of pixels that are black or white. The likelihood is therefore that of binarised
pixels, drawn with the probability of their grey value from a fixed seed; numbers of grey pixels are another thing.

Source: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016 (the estimate with 5,000 draws,
and active units: numbers of the code whose posterior mean varies over the images by more than 0.01).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, prod

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.analysis.latent import ACTIVE_VARIANCE, is_variational
from aecore.analysis.trained import Floats, Trained, as_floats, autoencoder_of, batch_size, device_of, noise, slices
from aecore.data.image_set import ImageSet
from aecore.errors import SettingError
from aecore.model import Autoencoder, Pass, Posterior
from aecore.objectives.penalties import kl_divergence
from aecore.shapes import Codes, Images, PerImage
from aecore.training.batches import binarised

SEED = 0
NUMBERS_AT_ONCE = 2**21  # pixels of decoded draws: bounds the memory whatever the number of draws
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Spread:
    """Every number of the code that is drawn, over some images; arrays are indexed by the number."""

    variance_of_means: Floats  # of the posterior's mean over the images
    deviation: Floats  # the posterior's standard deviation, mean over the images

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Which numbers are in use."""
        return np.asarray(self.variance_of_means > ACTIVE_VARIANCE)

    @property
    def active_units(self) -> int:
        """How many are."""
        return int(self.active.sum())


class SpreadSum:
    """A `Spread` in the making: posteriors are added batch by batch."""

    def __init__(self) -> None:
        self._count = 0
        self._sums: list[Tensor] = []

    def add(self, posterior: Posterior) -> None:
        """One batch."""
        mean = posterior.mean.cpu().double()
        deviation = torch.exp(0.5 * posterior.log_variance).cpu().double()
        new = [mean.sum(0), mean.square().sum(0), deviation.sum(0)]
        self._sums = [old + each for old, each in zip(self._sums, new, strict=True)] if self._sums else new
        self._count += len(mean)

    def result(self) -> Spread | None:
        """Over everything that was added; None where that is nothing."""
        if not self._count:
            return None
        mean, square, deviation = (each / self._count for each in self._sums)
        variance = (square - mean.square()).clamp(min=0)
        return Spread(variance.float().numpy(), deviation.float().numpy())


def draw(posterior: Posterior, generator: torch.Generator) -> Codes:
    """One code for each image from its posterior; chance comes from the CPU, so that every device draws the same."""
    chance = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
    codes = torch.addcmul(posterior.mean, torch.exp(0.5 * posterior.log_variance), chance)
    if posterior.class_logits is None:
        return codes
    return torch.cat([codes, _one_hot(_drawn_classes(posterior.class_logits, 1, generator)[:, 0], posterior)], 1)


def divergence(posterior: Posterior) -> PerImage:
    """KL of each image's posterior from the prior, in nats: of the Gaussian, and of the class where it is coded."""
    gaussian = kl_divergence(posterior)
    if posterior.class_logits is None:
        return gaussian
    known = torch.log_softmax(posterior.class_logits, 1)
    return gaussian + log(known.shape[1]) + (known.exp() * known).sum(1)


def trained_on_binarised(trained: Trained) -> bool:
    """Whether pixels were drawn black or white in the last stage of its training."""
    return trained.recipe.stages[-1].binarise


def drawn_pixels(images: Images, batch: int) -> Images:
    """Binarised pixels of a batch of test images: the same at every call."""
    return binarised(images, noise(SEED, "binarise", batch))


def neg_log_likelihood(trained: Trained, images: ImageSet, samples: int, progress: Progress | None = None) -> float:
    """-log p(x) in nats, mean over binarised `images`, by `samples` draws for each. `progress` is told the share done.

    SettingError for a model without a posterior and for fewer than one draw.
    """
    model = variational_model(trained)
    if samples < 1:
        raise SettingError(f"{samples} importance samples say nothing: take at least 1, or 5,000 as published.")
    total, done = 0.0, 0
    with torch.inference_mode():
        for number, each in enumerate(slices(len(images), batch_size(images.shape))):
            pixels = drawn_pixels(as_floats(images.images[each]), number)
            seen = trained.composition.corruption(pixels, noise(SEED, "corruption", number))
            posterior, chance = _posterior(model, seen), noise(SEED, "importance", number)
            for group in slices(len(pixels), max(1, NUMBERS_AT_ONCE // (samples * prod(images.shape)))):
                found = _log_likelihood(model, pixels[group], _part(posterior, group), samples, chance)
                total -= float(found.double().sum())
                done += len(found)
                if progress:
                    progress(done / len(images))
    return total / len(images)


def variational_model(trained: Trained) -> Autoencoder:
    """The model; SettingError for one whose encoder gives no distribution."""
    if not is_variational(trained):
        raise SettingError(
            "A likelihood is known only of a variational model: choose a run whose bottleneck is Gaussian, or leave "
            "the importance samples out."
        )
    return autoencoder_of(trained)


def _posterior(model: Autoencoder, images: Images) -> Posterior:
    outcome: Pass = model(images.to(device_of(model)))
    assert outcome.posterior is not None
    return outcome.posterior


def _part(posterior: Posterior, images: slice) -> Posterior:
    logits = posterior.class_logits
    return Posterior(posterior.mean[images], posterior.log_variance[images], None if logits is None else logits[images])


def _log_likelihood(
    model: Autoencoder, pixels: Images, posterior: Posterior, samples: int, generator: torch.Generator
) -> PerImage:
    """log p(x) of each image, the draws decoded in pieces of bounded size."""
    clean = pixels.to(posterior.mean.device).flatten(1)
    piece = max(1, NUMBERS_AT_ONCE // clean.numel())
    total = torch.full((len(clean),), -torch.inf, device=clean.device)
    for start in range(0, samples, piece):
        weights = _log_weights(model, clean, posterior, min(piece, samples - start), generator)
        total = torch.logaddexp(total, torch.logsumexp(weights, 1))
    return total - log(samples)


def _log_weights(
    model: Autoencoder, clean: Tensor, posterior: Posterior, draws: int, generator: torch.Generator
) -> Tensor:
    """log w [images, draws]. The normalising constants of both Gaussians are the same and fall away."""
    count, width = posterior.mean.shape
    chance = torch.randn(count, draws, width, generator=generator).to(clean.device)
    codes = torch.addcmul(posterior.mean[:, None], torch.exp(0.5 * posterior.log_variance)[:, None], chance)
    ratio = 0.5 * (chance.square() - codes.square() + posterior.log_variance[:, None]).sum(2)
    if posterior.class_logits is not None:
        classes = _drawn_classes(posterior.class_logits, draws, generator)
        known = torch.log_softmax(posterior.class_logits, 1).gather(1, classes)
        ratio = ratio - log(posterior.class_logits.shape[1]) - known
        codes = torch.cat([codes, _one_hot(classes, posterior)], 2)
    logits = model.decoder(codes.flatten(0, 1)).float().view(count, draws, -1)
    # log p(x | z) = sum x logit - log(1 + exp logit)
    return ratio + torch.einsum("idp,ip->id", logits, clean) - F.softplus(logits).sum(2)


def _drawn_classes(logits: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """Classes [images, draws] from their probabilities; chance comes from the CPU."""
    probabilities = torch.softmax(logits, 1).cpu()
    return torch.multinomial(probabilities, draws, replacement=True, generator=generator).to(logits.device)


def _one_hot(classes: Tensor, posterior: Posterior) -> Tensor:
    assert posterior.class_logits is not None
    return F.one_hot(classes, posterior.class_logits.shape[1]).to(posterior.mean.dtype)
