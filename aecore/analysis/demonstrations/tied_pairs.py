"""Tied against untied: two runs that differ in nothing else.

Parameters are counted on the models. The time of an epoch is the median over all epochs, of training and looking at
the validation images together, as the runs recorded it. The gap is the error of the test images less that of the
training images, both in the unit of the objective: the training images' as it was recorded in the last epoch, a mean
over images as they were met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from aecore.analysis.trained import Trained, as_floats, autoencoder_of, batch_size, device_of, noise, slices


@dataclass(frozen=True)
class PairSide:
    """One of the two runs."""

    title: str
    parameters: int
    seconds_per_epoch: float
    train_error: float
    test_error: float

    @property
    def gap(self) -> float:
        """How much worse the test images are than those that were learned from."""
        return self.test_error - self.train_error


@dataclass(frozen=True)
class TiedPair:
    """Both runs, and what their errors are measured in."""

    sides: tuple[PairSide, ...]
    unit: str
    code_size: int
    epochs: int
    train_images: int
    test_images: int


def tied_pair(sides: Sequence[tuple[str, Trained, Sequence[Mapping[str, Any]]]]) -> TiedPair:
    """Title, run and its lines of metrics for each side, of which the first says what both have in common."""
    _, first, metrics = sides[0]
    return TiedPair(
        sides=tuple(_side(*each) for each in sides),
        unit=first.composition.objective.reconstruction.unit,
        code_size=autoencoder_of(first).latent,
        epochs=len(metrics),
        train_images=len(first.splits.train),
        test_images=len(first.splits.test),
    )


def _side(title: str, trained: Trained, metrics: Sequence[Mapping[str, Any]]) -> PairSide:
    ends = np.array([0.0, *(row["seconds"] for row in metrics)])
    return PairSide(
        title=title,
        parameters=sum(each.numel() for each in autoencoder_of(trained).parameters()),
        seconds_per_epoch=float(np.median(np.diff(ends))),
        train_error=float(metrics[-1]["train"][trained.composition.objective.reconstruction.name]),
        test_error=mean_test_error(trained),
    )


def mean_test_error(trained: Trained) -> float:
    """The reconstruction error that the run was trained on, mean over the test images, corrupted as in training."""
    model, images = autoencoder_of(trained), trained.splits.test
    objective, total = trained.composition.objective.reconstruction, 0.0
    with torch.inference_mode():
        for number, each in enumerate(slices(len(images), batch_size(images.shape))):
            clean = as_floats(images.images[each]).to(device_of(model))
            corrupted = trained.composition.corruption(clean.cpu(), noise(0, "pairs", number)).to(device_of(model))
            total += float(objective(model(corrupted), clean).double().sum())
    return total / max(1, len(images))
