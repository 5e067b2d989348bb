"""The numbers of a run on its test images, and those of principal components with the same code size.

A model that was trained on corrupted images is evaluated on corrupted ones, against the clean image; so are the
principal components, and `input` says how far the corrupted images themselves are off. Chance is drawn from fixed
seeds on the CPU: the same model gives the same numbers every time.

    -ELBO = E_q[BCE(x, g(z))] + KL(q || N(0, I))      one draw of z per image; KL in closed form; weight of the KL 1

Cross-entropy takes the grey value of a pixel as a probability. Such numbers can be compared with each other, but not
with likelihoods of binarised images: these have names of their own. The bound of a model that was trained on binarised
pixels is measured on such pixels, the likelihood by importance sampling (`aecore.analysis.likelihood`) always.
Everything else is measured on images as they are stored, on the reconstruction from the code itself, for a variational
model the mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import torch

from aecore.analysis.baselines import fit_pca
from aecore.analysis.classification import Classification, classification
from aecore.analysis.likelihood import (
    SEED,
    SpreadSum,
    divergence,
    draw,
    drawn_pixels,
    neg_log_likelihood,
    trained_on_binarised,
    variational_model,
)
from aecore.analysis.linear_denoiser import LinearDenoiser, fit_linear_denoiser
from aecore.analysis.measures import Measures, Sum, cross_entropies, squared_errors
from aecore.analysis.trained import Trained, as_floats, autoencoder_of, batch_size, device_of, noise, part_of, slices
from aecore.corruption.catalog import CORRUPTIONS, Corruption, strength
from aecore.data.splits import nested_subset
from aecore.errors import DataError
from aecore.model import Pass, Posterior
from aecore.objectives.reconstruction import CrossEntropy, ReconstructionSettings, SquaredError
from aecore.shapes import Images, Labels
from aecore.variants.compose import Choice

OFF_THE_ENDS = "For their cross-entropy, pixels are first kept half a grey level off black and white."
Progress = Callable[[float], None]
BINARISED = "Pixels were drawn black or white with the probability of their grey value, from a fixed seed."
TRAINED_ON_GREY = "The model was trained on grey values: one trained on such pixels finds them more probable."
SHARE_OF_MEASURES = 0.05  # of the time, where likelihoods are measured as well
LIKELIHOODS = (
    "neg_elbo_nats_per_image",
    "kl_nats_per_image",
    "neg_elbo_binarised_nats_per_image",
    "kl_binarised_nats_per_image",
    "nll_nats_per_image",
    "importance_samples",
    "likelihood_note",
    "active_units",
    "class_accuracy",
)


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
    neg_elbo_binarised_nats_per_image: float | None = None  # of a model that was trained on binarised pixels
    kl_binarised_nats_per_image: float | None = None
    nll_nats_per_image: float | None = None  # always of binarised pixels
    importance_samples: int | None = None
    likelihood_note: str | None = None
    active_units: int | None = None  # numbers of the code in use
    class_accuracy: float | None = None  # share of images whose class the encoder names rightly
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
        values |= {name: getattr(self, name) for name in LIKELIHOODS if getattr(self, name) is not None}
        values["pca"] = {"code_size": self.pca_size, **self.pca.to_dict(), "note": self.pca_note}
        if self.input is not None and self.best_linear is not None:
            values["corruption"] = self.corruption
            values["input"] = self.input.to_dict()
            values["best_linear"] = {**self.best_linear.to_dict(), "note": self.best_linear_note}
        if self.classification is not None:
            values |= self.classification.to_dict(self.split)
        return values


def evaluate(
    trained: Trained,
    limit: int | None = None,
    progress: Progress | None = None,
    split: str = "test",
    importance_samples: int = 0,
) -> Evaluation:
    """Measure on the whole test split, or on `limit` images of it, spread evenly over the classes.

    With `importance_samples` the likelihood of binarised pixels is estimated too, by so many draws for each image.
    `progress` is told the share done, from 0 to 1. DataError when there is nothing to measure on, SettingError for the
    likelihood of a model that is not variational.
    """
    if importance_samples:
        variational_model(trained)
    images = nested_subset(part_of(trained.splits, split), limit or 0)
    if not len(images):
        raise DataError(f"The {split} split has no images to evaluate on: choose more images or classes.")
    task, share = _Task(trained), SHARE_OF_MEASURES if importance_samples else 1.0
    for number, each in enumerate(slices(len(images), batch_size(images.shape))):
        labels = None if images.labels is None else torch.from_numpy(np.array(images.labels[each]))
        with torch.inference_mode():
            task.add(as_floats(images.images[each]), labels, number)
        if progress:
            progress(share * each.stop / len(images))
    found = replace(task.result(split), classification=classification(trained, images))
    if not importance_samples:
        return found

    def tell(done: float) -> None:
        if progress:
            progress(share + (1 - share) * done)

    return replace(
        found,
        nll_nats_per_image=neg_log_likelihood(trained, images, importance_samples, tell),
        importance_samples=importance_samples,
        likelihood_note=BINARISED if trained_on_binarised(trained) else f"{BINARISED} {TRAINED_ON_GREY}",
    )


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
        self.binarised = trained_on_binarised(trained)
        self.reconstruction = self.divergence = 0.0
        self.spread = SpreadSum()
        self.named = self.labelled = 0

    def add(self, clean: Images, labels: Labels | None, number: int) -> None:
        corrupted = self.corruption(clean, noise(SEED, "corruption", number))
        outcome = self.model(corrupted.to(device_of(self.model)))
        outcome = Pass(outcome.logits.cpu(), outcome.codes, outcome.posterior)
        self.sums["model"].add(_SQUARED_ERROR(outcome, clean), _CROSS_ENTROPY(outcome, clean))
        self._add_images("pca", clean, self.pca.reconstruct(corrupted))
        if self.linear is not None:
            self._add_images("input", clean, corrupted)
            self._add_images("linear", clean, self.linear(corrupted))
        if outcome.posterior is not None:
            self._add_classes(outcome.posterior, labels)
            self._add_bound(clean, outcome.posterior, number)

    def _add_images(self, name: str, clean: Images, images: Images) -> None:
        self.sums[name].add(squared_errors(clean, images), cross_entropies(clean, images))

    def _add_classes(self, posterior: Posterior, labels: Labels | None) -> None:
        if posterior.class_logits is not None and labels is not None:
            self.named += int((posterior.class_logits.argmax(1).cpu() == labels).sum())
            self.labelled += len(labels)

    def _add_bound(self, clean: Images, posterior: Posterior, number: int) -> None:
        if self.binarised:
            clean = drawn_pixels(clean, number)
            seen = self.corruption(clean, noise(SEED, "corruption", number))
            drawn_of = self.model(seen.to(device_of(self.model))).posterior
            assert drawn_of is not None
            posterior = drawn_of
        self.spread.add(posterior)
        codes = draw(posterior, noise(SEED, "posterior", number))
        drawn = Pass(self.model.decoder(codes).cpu(), codes, posterior)
        self.reconstruction += float(_CROSS_ENTROPY(drawn, clean).double().sum())
        self.divergence += float(divergence(posterior).double().sum())

    def result(self, split: str) -> Evaluation:
        means = {name: each.mean() for name, each in self.sums.items()}
        count, spread = means["model"].images, self.spread.result()
        return Evaluation(
            model=means["model"],
            pca=means["pca"],
            pca_size=self.pca.size,
            pca_note=f"{self.pca.note} {OFF_THE_ENDS}",
            split=split,
            **(self._bound(count) if spread else {}),
            likelihood_note=BINARISED if spread and self.binarised else None,
            active_units=spread.active_units if spread else None,
            class_accuracy=self.named / self.labelled if self.labelled else None,
            corruption=describe_corruption(self.choice) if self.linear else None,
            input=means["input"] if self.linear else None,
            best_linear=means["linear"] if self.linear else None,
            best_linear_note=self.linear.note if self.linear else "",
        )

    def _bound(self, count: int) -> dict[str, Any]:
        """Under names that say which pixels were measured."""
        ending = "_binarised" if self.binarised else ""
        totals = {"neg_elbo": self.reconstruction + self.divergence, "kl": self.divergence}
        return {f"{name}{ending}_nats_per_image": total / count for name, total in totals.items()}


_SQUARED_ERROR = SquaredError(ReconstructionSettings())
_CROSS_ENTROPY = CrossEntropy(ReconstructionSettings())


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
