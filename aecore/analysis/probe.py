"""A linear probe: how well a straight cut through the codes tells the classes apart.

Multinomial logistic regression is fitted on the codes of labelled training images. Its strength of regularisation is
chosen on validation images, and its accuracy is reported on test images, which decide nothing. Every kind of feature
is treated alike: its mean is taken off and one factor brings its numbers to a mean square of 1.

Source: Alain and Bengio, "Understanding Intermediate Layers Using Linear Classifier Probes", ICLR workshop 2017. The
strengths tried are our choice.
"""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from aecore.analysis.baselines import fit_pca
from aecore.analysis.trained import Floats, Indices, Trained, as_floats, encode
from aecore.data.image_set import ImageSet, Pixels, Splits
from aecore.data.splits import nested_subset
from aecore.errors import DataError

STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # sklearn's C: a smaller one keeps the weights smaller
MOST_STEPS = 100
TRAIN_IMAGES, VALIDATION_IMAGES = 2000, 1000

Encode = Callable[[Pixels], Floats]


@dataclass(frozen=True)
class Probe:
    """What the probe reached on one kind of feature."""

    accuracy: float  # share of the test images that were told right, 0 to 1
    size: int  # numbers per image
    train_images: int
    validation_images: int
    test_images: int
    strength: float  # the C that validation chose


def probe_codes(trained: Trained, train_images: int = TRAIN_IMAGES) -> Probe:
    """The probe on the codes of a model with an encoder. DataError where images have no classes."""
    return linear_probe(trained.splits, lambda images: encode(trained, images), train_images)


def probe_pixels(splits: Splits, train_images: int = TRAIN_IMAGES) -> Probe:
    """The probe on the pixels themselves."""
    return linear_probe(splits, _pixels, train_images)


def probe_pca(splits: Splits, size: int, train_images: int = TRAIN_IMAGES) -> Probe:
    """The probe on `size` principal components of all training images, or as many as there are."""
    pca = fit_pca(splits.train, size)
    return linear_probe(splits, lambda images: pca.encode(as_floats(images)).numpy(), train_images)


def linear_probe(splits: Splits, features: Encode, train_images: int = TRAIN_IMAGES) -> Probe:
    """The probe on `features` [n, size] of images [n, channels, height, width].

    Fitted on `train_images` training images, of every class about as many; 0 takes all. DataError where images have
    no classes, or training images only one.
    """
    train = nested_subset(splits.train, train_images)
    validation = nested_subset(splits.validation, VALIDATION_IMAGES)
    known = _labels(train)
    if len(np.unique(known)) < 2:
        raise DataError("A probe tells classes apart, but the training images have only one: choose more classes.")
    given = features(train.images)
    scaled = _Scaling(given)
    fitted = _fit(scaled.of(given), known)
    checked = scaled.of(features(validation.images))
    shares = {strength: _share_right(each, checked, _labels(validation)) for strength, each in fitted.items()}
    best = max(shares, key=lambda strength: shares[strength])
    test = scaled.of(features(splits.test.images))
    return Probe(
        accuracy=_share_right(fitted[best], test, _labels(splits.test)),
        size=test.shape[1],
        train_images=len(train),
        validation_images=len(validation),
        test_images=len(splits.test),
        strength=best,
    )


class _Scaling:
    """Off with the mean, and one factor for all numbers: units that say little stay small."""

    def __init__(self, features: Floats):
        self.mean = features.mean(0)
        self.factor = 1.0 / max(float(np.sqrt(np.square(features - self.mean).mean())), 1e-12)

    def of(self, features: Floats) -> Floats:
        return np.asarray((features - self.mean) * self.factor, dtype=np.float32)


def _fit(features: Floats, labels: Indices) -> dict[float, Any]:
    """A classifier for each strength."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    found: dict[float, Any] = {}
    # Each begins where the weaker one before it ended, which saves most of the work.
    classifier: Any = LogisticRegression(max_iter=MOST_STEPS, tol=1e-3, warm_start=True)  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        # The last digits of the weights do not matter here: validation judges what was reached.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for strength in STRENGTHS:
            found[strength] = copy.deepcopy(classifier.set_params(C=strength).fit(features, labels))
    return found


def _share_right(classifier: Any, features: Floats, labels: Indices) -> float:
    return float((classifier.predict(features) == labels).mean())


def _pixels(images: Pixels) -> Floats:
    return np.asarray(images.reshape(len(images), -1) / np.float32(255.0), dtype=np.float32)


def _labels(images: ImageSet) -> Indices:
    if images.labels is None:
        raise DataError("These images have no classes, so nothing can be told apart: choose labelled images.")
    return np.asarray(images.labels, dtype=np.int64)
