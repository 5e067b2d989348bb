"""The numbers of a run on its test images, and those of principal components with the same code size.

A model that was trained on corrupted images is evaluated on corrupted ones, against the clean image; so are the
principal components, and `input` says how far the corrupted images themselves are off. Chance is drawn from fixed
seeds on the CPU: the same model gives the same numbers every time.

    -ELBO = E_q[BCE(x, g(z))] + KL(q || N(0, I))      one draw of z per image; KL in closed form; weight of the KL 1

Cross-entropy takes the grey value of a pixel as a probability. Such numbers can be compared with each other, but not
with likelihoods of binarised images. Everything else is measured on the reconstruction from the code itself, for a
variational model the mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import torch

from aecore.analysis.baselines import fit_pca
from aecore.analysis.classification import Classification, classification
from aecore.analysis.linear_denoiser import LinearDenoiser, fit_linear_denoiser
from aecore.analysis.measures import Measures, Sum, cross_entropies, squared_errors
from aecore.analysis.trained import Trained, as_floats, autoencoder_of, batch_size, device_of, noise, part_of, slices
from aecore.corruption.catalog import CORRUPTIONS, Corruption, strength
from aecore.data.splits import nested_subset
from aecore.errors import DataError
from aecore.model import Pass, Posterior
from aecore.objectives.penalties import kl_divergence
from aecore.objectives.reconstruction import CrossEntropy, ReconstructionSettings, SquaredError
from aecore.shapes import Codes, Images
from aecore.variants.compose import Choice

SEED = 0
OFF_THE_ENDS = "For their cross-entropy, pixels are first kept half a grey level off black and white."
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Evaluation:
    """Means over the test images. What a model does not have is None."""

    model: Measures
    pca: Measures
    pca_size: int
    pca_note: str
    split: str = "test"
    neg_elbo_nats_per_image: float | None = None
    kl_nats_per_image: float | None = None
    corruption: str | None = None  # what was done to the images before the model saw them
    input: Measures | None = None  # the corrupted images themselves
    best_linear: Measures | None = None
    best_linear_note: str = ""
    classification: Classification | None = None  # of a model with a head

    @property
    def images(self) -> int:
        """How many images the means are over."""
        return self.model.images

    def to_dict(self) -> dict[str, object]:
        """The numbers under names that say their unit, as JSON knows them."""
        values: dict[str, object] = {"split": self.split, "images": self.images, **self.model.to_dict()}
        if self.neg_elbo_nats_per_image is not None:
            values["neg_elbo_nats_per_image"] = self.neg_elbo_nats_per_image
            values["kl_nats_per_image"] = self.kl_nats_per_image
        values["pca"] = {"code_size": self.pca_size, **self.pca.to_dict(), "note": self.pca_note}
        if self.input is not None and self.best_linear is not None:
            values["corruption"] = self.corruption
            values["input"] = self.input.to_dict()
            values["best_linear"] = {**self.best_linear.to_dict(), "note": self.best_linear_note}
        if self.classification is not None:
            values |= self.classification.to_dict(self.split)
        return values


def evaluate(
    trained: Trained, limit: int | None = None, progress: Progress | None = None, split: str = "test"
) -> Evaluation:
    """Measure on the whole test split, or on `limit` images of it, spread evenly over the classes.

    `progress` is told the share done, from 0 to 1. DataError when there is nothing to measure on.
    """
    images = nested_subset(part_of(trained.splits, split), limit or 0)
    if not len(images):
        raise DataError(f"The {split} split has no images to evaluate on: choose more images or classes.")
    task = _Task(trained)
    for number, each in enumerate(slices(len(images), batch_size(images.shape))):
        with torch.inference_mode():
            task.add(as_floats(images.images[each]), number)
        if progress:
            progress(each.stop / len(images))
    return replace(task.result(split), classification=classification(trained, images))


class _Task:
    """One evaluation in progress: sums over batches."""

    def __init__(self, trained: Trained):
        self.model = autoencoder_of(trained)
        self.choice = trained.recipe.parts.corruption
        self.corruption = trained.composition.corruption
        self.pca = fit_pca(trained.splits.train, self.model.latent)
        self.linear = linear_denoiser(trained, self.choice, self.corruption) if corrupts(self.choice) else None
        pixels = prod(self.model.image_shape)
        self.sums = {name: Sum(pixels) for name in ("model", "pca", "input", "linear")}
        self.reconstruction = self.divergence = 0.0
        self.variational = False

    def add(self, clean: Images, number: int) -> None:
        corrupted = self.corruption(clean, noise(SEED, "corruption", number))
        outcome = self.model(corrupted.to(device_of(self.model)))
        outcome = Pass(outcome.logits.cpu(), outcome.codes, outcome.posterior)
        self.sums["model"].add(_SQUARED_ERROR(outcome, clean), _CROSS_ENTROPY(outcome, clean))
        self._add_images("pca", clean, self.pca.reconstruct(corrupted))
        if self.linear is not None:
            self._add_images("input", clean, corrupted)
            self._add_images("linear", clean, self.linear(corrupted))
        if outcome.posterior is not None:
            self._add_bound(clean, outcome.posterior, number)

    def _add_images(self, name: str, clean: Images, images: Images) -> None:
        self.sums[name].add(squared_errors(clean, images), cross_entropies(clean, images))

    def _add_bound(self, clean: Images, posterior: Posterior, number: int) -> None:
        codes = draw(posterior, noise(SEED, "posterior", number))
        drawn = Pass(self.model.decoder(codes).cpu(), codes, posterior)
        self.reconstruction += float(_CROSS_ENTROPY(drawn, clean).double().sum())
        self.divergence += float(kl_divergence(posterior).double().sum())
        self.variational = True

    def result(self, split: str) -> Evaluation:
        means = {name: each.mean() for name, each in self.sums.items()}
        count = means["model"].images
        return Evaluation(
            model=means["model"],
            pca=means["pca"],
            pca_size=self.pca.size,
            pca_note=f"{self.pca.note} {OFF_THE_ENDS}",
            split=split,
            neg_elbo_nats_per_image=(self.reconstruction + self.divergence) / count if self.variational else None,
            kl_nats_per_image=self.divergence / count if self.variational else None,
            corruption=describe_corruption(self.choice) if self.linear else None,
            input=means["input"] if self.linear else None,
            best_linear=means["linear"] if self.linear else None,
            best_linear_note=self.linear.note if self.linear else "",
        )


_SQUARED_ERROR = SquaredError(ReconstructionSettings())
_CROSS_ENTROPY = CrossEntropy(ReconstructionSettings())


def draw(posterior: Posterior, generator: torch.Generator) -> Codes:
    """One code for each image from its posterior; chance comes from the CPU, so that every device draws the same."""
    chance = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
    return torch.addcmul(posterior.mean, torch.exp(0.5 * posterior.log_variance), chance)


def linear_denoiser(trained: Trained, choice: Choice, corruption: Corruption) -> LinearDenoiser:
    """The best linear denoiser for the run's training images under `corruption`, which `choice` describes."""
    name = f"{choice.kind} {choice.settings.to_dict()}"
    return fit_linear_denoiser(trained.splits.train, corruption, name)


def corrupts(choice: Choice) -> bool:
    """Whether anything is done to the image."""
    return strength(choice.kind) is not None


def describe_corruption(choice: Choice) -> str:
    """In words, with the strength and its unit: "Gaussian noise, 0.5 of the pixel range"."""
    title, known = CORRUPTIONS[choice.kind].title, strength(choice.kind)
    return title if known is None else f"{title}, {getattr(choice.settings, known.name):g} {known.unit}"
