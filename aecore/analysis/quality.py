"""How good drawn images are, beside what real images and the simplest model reach in the same numbers.

Features are those of the lab's own classifier (`training/classifier.py`). A Gaussian is fitted to the features of
each set of images, and

    d^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))        m [64] means, S [64, 64] covariances

is the Frechet distance of two of them: `frechet_own` of drawn and test images, `frechet_real_floor` of training and
test images, `frechet_pca_gaussian` of test images and images of random codes in the space of principal components.
It depends on the number of images and on the classifier: all three are taken from equally many images, and none can be
compared with distances on other features.

Which classes are covered, `classes` says. `nearest_train_distance` is the Euclidean distance, over all pixels in
[0, 1], to the nearest training image, mean over drawn images; that of test images beside it says how near a new real
image comes. A model that draws what it has learned by heart comes near 0; blurred images lie somewhat nearer to all
others too.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NeurIPS
2017 (the Frechet distance of features, there Inception's); Dowson and Landau, "The Frechet Distance between
Multivariate Normal Distributions", Journal of Multivariate Analysis 1982.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.baselines import PCA, fit_pca
from aecore.analysis.classes import Classes, classes_in, look_at
from aecore.analysis.generate import draw, generator_of
from aecore.analysis.kept import Kept, identity
from aecore.analysis.trained import Floats, Indices, Trained, as_floats, as_tensor, batch_size, slices
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import shuffled
from aecore.errors import DataError, SettingError
from aecore.randomness import torch_stream
from aecore.training.classifier import FEATURES, Classifier

COUNTS = (10_000, 5_000, 2_000, 1_000, 500, 200)  # of drawn images, where none is asked for
TIMED, PATIENCE_S = 10, 60.0  # so many images are timed; the largest count whose drawing takes less is used
NEAREST_IMAGES = 1_000  # of the drawn images that are looked for among all training images
NUMBERS = 2**24  # float32 numbers of training images held at once: 64 MB
PCA_SIZE = 64  # directions of the baseline, as many as there are features
Progress = Callable[[float], None]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each image the nearest training image: its index, and the Euclidean distance over all pixels."""

    indices: Indices
    distances: Floats


@dataclass(frozen=True)
class Quality:
    """Of `drawn` images. Distances of features and classes are None where there is no classifier."""

    drawn: int
    milliseconds: float  # per image
    nearest_train_distance: float
    nearest_train_distance_test: float
    nearest_images: int
    frechet_own: float | None = None
    frechet_real_floor: float | None = None
    frechet_pca_gaussian: float | None = None
    classes: Classes | None = None
    note: str = ""

    def to_dict(self) -> dict[str, object]:
        """The numbers under the names by which `evaluate` gives them, as JSON knows them."""
        values: dict[str, object] = {"drawn": self.drawn}
        if self.frechet_own is not None:
            values |= {
                "frechet_own": self.frechet_own,
                "frechet_real_floor": self.frechet_real_floor,
                "frechet_pca_gaussian": self.frechet_pca_gaussian,
            }
        if self.classes is not None:
            values |= {
                "classes_covered": self.classes.covered,
                "classes": self.classes.of,
                "class_shares": dict(self.classes.shares),
                "classifier_accuracy": self.classes.accuracy,
            }
        return values | {
            "nearest_train_distance": self.nearest_train_distance,
            "nearest_train_distance_test": self.nearest_train_distance_test,
            "nearest_images": self.nearest_images,
            "ms_per_image": self.milliseconds,
            "quality_note": self.note,
        }


def quality(
    trained: Trained,
    classifier: Classifier | None,
    count: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Quality:
    """Measure a model that draws images. `classifier` is that of its data set, None where it has no labels.

    `count` images are drawn; without it 10,000, fewer where there are fewer test or training images or where that
    would take more than a minute. RunError for a model that draws none, SettingError for less than 2, DataError where
    there are too few images to compare with.
    """
    generator_of(trained)
    count = _count(trained, count, seed)
    tell = progress or (lambda done: None)
    drawn = draw(trained, count, seed, progress=lambda done: tell(0.5 * done))
    train = trained.splits.train
    near = nearest(drawn.images[:NEAREST_IMAGES], train, lambda done: tell(0.5 + 0.15 * done))
    real = real_distance(trained, len(near.distances), lambda done: tell(0.65 + 0.15 * done))
    found = Quality(
        drawn=count,
        milliseconds=drawn.milliseconds,
        nearest_train_distance=float(near.distances.mean()),
        nearest_train_distance_test=real,
        nearest_images=len(near.distances),
        note=_note(count, classifier),
    )
    if classifier is not None:
        known = _reference(trained, classifier, count)
        tell(0.9)
        seen = look_at(drawn.images, classifier)
        found = replace(
            found,
            frechet_own=frechet_distance(Gaussian.of(seen.features), known.test),
            frechet_real_floor=known.floor,
            frechet_pca_gaussian=known.pca,
            classes=classes_in(trained, seen, known.accuracy),
        )
    tell(1.0)
    return found


def nearest(images: Floats | Pixels, train: ImageSet, progress: Progress | None = None) -> Nearest:
    """The training image nearest to each of `images`, which are in [0, 1] or uint8. DataError for other shapes."""
    if tuple(images.shape[1:]) != train.shape:
        raise DataError(f"Images of {list(images.shape[1:])} have no neighbours among those of {list(train.shape)}.")
    rows = as_tensor(images).flatten(1)
    best = torch.full((len(rows),), torch.inf)
    found = torch.zeros(len(rows), dtype=torch.int64)
    with torch.inference_mode():
        for each in slices(len(train), max(1, NUMBERS // train.pixels)):
            block = as_floats(train.images[each]).flatten(1)
            # |a - b|^2 less |a|^2, which is the same for all of them
            away = torch.addmm(block.square().sum(1)[None], rows, block.T, alpha=-2)
            least, index = away.min(1)
            closer = least < best
            best = torch.where(closer, least, best)
            found = torch.where(closer, index + each.start, found)
            if progress:
                progress(each.stop / len(train))
        # Once more, exactly: a difference of large numbers hides how near two nearly equal images are.
        distances = [
            (rows[each] - as_floats(train.images[found[each].numpy()]).flatten(1)).square().sum(1).sqrt()
            for each in slices(len(rows), batch_size(train.shape))
        ]
    return Nearest(found.numpy(), torch.cat(distances).numpy())


def real_distance(trained: Trained, count: int = NEAREST_IMAGES, progress: Progress | None = None) -> float:
    """How near to the training images a new real one comes: mean over `count` test images, or as many as there are."""
    train, test = trained.splits.train, trained.splits.test
    some = _some(test, count)
    return _REAL.get(
        (identity(train), identity(some)), lambda: float(nearest(some.images, train, progress).distances.mean())
    )


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean [features] and covariance [features, features]."""

    mean: Doubles
    covariance: Doubles

    @classmethod
    def of(cls, rows: Floats) -> "Gaussian":
        """Fitted to rows [n, features], n at least 2."""
        exact = rows.astype(np.float64)
        return cls(exact.mean(0), np.atleast_2d(np.cov(exact, rowvar=False)))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """d^2 of two Gaussians, at least 0: the trace of the root from eigenvalues, which are those of a symmetric matrix.

    (S1 S2)^(1/2) has the eigenvalues of (S1^(1/2) S2 S1^(1/2))^(1/2).
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second.covariance @ root), 0, None)).sum()
    apart = float(np.square(first.mean - second.mean).sum())
    traces = float(np.trace(first.covariance) + np.trace(second.covariance))
    return max(0.0, apart + traces - 2 * float(shared))


def pca_gaussian(train: ImageSet, count: int, seed: int = 0, size: int = PCA_SIZE) -> Floats:
    """Images of random codes of principal components, Gaussian with the variance of the training codes: [count, ...].

    The simplest model that draws images: linear, fitted in seconds. Its images are cut off at 0 and 1.
    """
    basis = fit_pca(train, size)
    spread = _spread(basis, train)
    codes = torch.randn(count, basis.size, generator=torch_stream(seed, "samples", "pca")) * spread
    images = np.empty((count, *train.shape), dtype=np.float32)
    for each in slices(count, batch_size(train.shape)):
        images[each] = basis.decode(codes[each], train.shape).clamp_(0, 1).numpy()
    return images


@dataclass(frozen=True)
class _Reference:
    """What depends on data and count alone, kept for the next run on the same data."""

    test: Gaussian
    floor: float
    pca: float
    accuracy: float | None


_REFERENCES: Kept[_Reference] = Kept(16)
_REAL: Kept[float] = Kept(16)


def _reference(trained: Trained, classifier: Classifier, count: int) -> _Reference:
    train, test = trained.splits.train, trained.splits.test
    weights = hash(classifier.head.weight.numpy().tobytes())
    return _REFERENCES.get(
        (identity(train), identity(test), count, weights), lambda: _make_reference(train, test, classifier, count)
    )


def _make_reference(train: ImageSet, test: ImageSet, classifier: Classifier, count: int) -> _Reference:
    shown = _some(test, count)
    seen = look_at(shown.images, classifier)
    gaussian = Gaussian.of(seen.features)
    right = None if shown.labels is None else float((seen.winners == shown.labels).mean())
    return _Reference(
        test=gaussian,
        floor=frechet_distance(_gaussian(_some(train, count).images, classifier), gaussian),
        pca=frechet_distance(_gaussian(pca_gaussian(train, count), classifier), gaussian),
        accuracy=right,
    )


def _gaussian(images: Floats | Pixels, classifier: Classifier) -> Gaussian:
    return Gaussian.of(look_at(images, classifier).features)


def _count(trained: Trained, asked: int | None, seed: int) -> int:
    """How many images are drawn, and compared with as many real ones."""
    if asked is not None and asked < 2:
        raise SettingError(f"Quality cannot be measured on {asked} images: choose 2 or more, better thousands.")
    most = min(len(trained.splits.test), len(trained.splits.train))
    if most < 2:
        raise DataError("Drawn images are compared with real ones, of which 2 test and 2 training images are needed.")
    if asked is not None:
        return min(asked, most)
    each_s = draw(trained, TIMED, seed).milliseconds / 1000
    return min(most, next((count for count in COUNTS if count * each_s <= PATIENCE_S), COUNTS[-1]))


def _some(images: ImageSet, count: int) -> ImageSet:
    """`count` images by a fixed order, in the proportions in which the classes come; all if there are no more."""
    return images if count >= len(images) else images.take(np.sort(shuffled(len(images), 0, "quality")[:count]))


def _spread(basis: PCA, train: ImageSet) -> torch.Tensor:
    """[size] standard deviations of the training images' codes, whose mean is 0."""
    squares = torch.zeros(basis.size, dtype=torch.float64)
    for each in slices(len(train), batch_size(train.shape)):
        squares += basis.encode(as_floats(train.images[each])).double().square().sum(0)
    return (squares / max(1, len(train))).sqrt().float()


def _note(count: int, classifier: Classifier | None) -> str:
    if classifier is None:
        return (
            "The images have no classes to train a classifier with: Frechet distances and covered classes, which "
            "need one, are left out."
        )
    if count < 10 * FEATURES:
        return f"Only {count} images of each kind: the Frechet distances are mostly chance, their order may be too."
    return ""
