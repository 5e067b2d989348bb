"""A detector: everything that is fitted on the normal images of a run, and the scores of any image by it.

The normal images are those the run was trained on: `fit` takes its training images, calibration and thresholds its
validation images, which neither model nor detector was fitted to. The score of an image depends on nothing but the
image and the detector: not on what is scored beside it.

    squared_error        sum (x - y)^2                                y: the reconstruction of x
    worst_patch          the largest sum of (x - y)^2 over a square patch, a quarter of the shorter side wide
    structural_error     1 - SSIM(x, y)
    gradient_error       Mahalanobis distance of f(x) - f(y)          f: oriented gradients; among normal differences
    code_mahalanobis, code_neighbours                                 of the code of x among normal codes
    neg_elbo             E_q[BCE(x, g(z))] + KL(q || p)               eight draws, the same chance for every image
    pca_residual         sum (x - P x)^2, 32 principal components
    pixel_neighbours, gradient_neighbours, gradient_mahalanobis
    together             sum of w (log s - m) / d over four scores    m, d: mean and deviation over calibration images
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.analysis.anomalies.distances import Mahalanobis, Nearest, Neighbours
from aecore.analysis.anomalies.gradients import gradient_features
from aecore.analysis.anomalies.ranking import Scores
from aecore.analysis.anomalies.scores import SCORES
from aecore.analysis.anomalies.structure import structural_errors
from aecore.analysis.baselines import PCA, fit_pca
from aecore.analysis.latent import is_variational
from aecore.analysis.likelihood import divergence
from aecore.analysis.trained import Floats, Trained, as_floats, autoencoder_of, batch_size, device_of, noise, slices
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import nested_subset
from aecore.errors import DataError, SettingError
from aecore.model import Pass, Posterior
from aecore.objectives.reconstruction import CrossEntropy, ReconstructionSettings
from aecore.shapes import Images

COMPONENTS = 32  # of the PCA residual
REFERENCES, REFERENCE_NUMBERS = 10_000, 2**25  # normal images that neighbours are looked for among, and their numbers
CALIBRATION = 2_000  # normal images that thresholds are set by, at most
DRAWS = 8
GRADIENT_RIDGE = 3.0  # of gradients and their differences: flat between 1 and 10 on held-out training images
# Chosen on held-out training images of four classes, where the mean AUROC hardly changes around these weights.
TOGETHER = {"gradient_neighbours": 0.7, "gradient_error": 0.1, "code_neighbours": 0.1, "code_mahalanobis": 0.1}
SMALLEST = 1e-12  # below it the logarithm of a score is of no interest
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Looked:
    """What a detector sees in images: every score, the reconstruction, its error, the nearest normal image."""

    scores: Mapping[str, Scores]  # [n] each
    reconstruction: Floats  # [n, channels, height, width]
    error: Floats  # [n, channels, height, width], |image - reconstruction|
    nearest: npt.NDArray[np.int64]  # [n], index into `Detector.references`


@dataclass(frozen=True, eq=False)
class Calibration:
    """The scores of normal images that nothing was fitted to, and the end of a scale for error maps."""

    scores: Mapping[str, Scores]
    largest_error: float  # nineteen of twenty normal images stay below it everywhere
    images: int


class Detector:
    """Fitted by `fit_detector`."""

    def __init__(self, trained: Trained):
        self.model = autoencoder_of(trained)
        self.shape = self.model.image_shape
        self.references = _references(trained.splits.train)
        self._variational = is_variational(trained)
        self._pca: PCA = fit_pca(trained.splits.train, COMPONENTS)
        rows = list(self._batches(self.references.images))
        codes = torch.cat([self.model.encode(each.to(device_of(self.model))).cpu() for each in rows]).numpy()
        self._mahalanobis, self._codes = Mahalanobis(codes), Neighbours(codes)
        self._pixels = Neighbours(torch.cat([each.flatten(1) for each in rows]).numpy())
        gradients = torch.cat([gradient_features(each) for each in rows])
        restored = torch.cat([gradient_features(self._restored(each)) for each in rows])
        self._differences = Mahalanobis((gradients - restored).numpy(), GRADIENT_RIDGE)
        self._gradients, self._cloud = Neighbours(gradients.numpy()), Mahalanobis(gradients.numpy(), GRADIENT_RIDGE)
        self._moments: dict[str, tuple[float, float]] = {}
        self.calibration = Calibration({}, 0.0, 0)

    @property
    def keys(self) -> tuple[str, ...]:
        """The scores this model has, in the order of the catalog."""
        return tuple(key for key in SCORES if key != "neg_elbo" or self._variational)

    def look(self, images: Pixels) -> Looked:
        """What is seen in a few uint8 images [n, channels, height, width], n > 0. SettingError for another shape."""
        self._check(images)
        with torch.inference_mode():
            seen = [self._look(each) for each in self._batches(images)]
        return Looked(
            {key: np.concatenate([each.scores[key] for each in seen]) for key in seen[0].scores},
            np.concatenate([each.reconstruction for each in seen]),
            np.concatenate([each.error for each in seen]),
            np.concatenate([each.nearest for each in seen]),
        )

    def scores(self, images: Pixels, progress: Progress | None = None) -> dict[str, Scores]:
        """Every score of any number of images: [n] each. SettingError for images of another shape."""
        self._check(images)
        found: dict[str, list[Scores]] = {key: [] for key in self.keys}
        done = 0
        with torch.inference_mode():
            for each in self._batches(images):
                for key, values in self._look(each).scores.items():
                    found[key].append(values)
                done += len(each)
                if progress:
                    progress(done / len(images))
        return {key: np.concatenate(values) if values else np.empty(0) for key, values in found.items()}

    def calibrate(self, images: ImageSet, progress: Progress | None = None) -> None:
        """Set what scores are compared with, by normal images that were not fitted to.

        DataError without any, or for a model that has diverged.
        """
        if not len(images):
            raise DataError("Thresholds are set by validation images, and this run has none: train one with more.")
        chosen = nested_subset(images, CALIBRATION)
        largest: list[float] = []
        found: dict[str, list[Scores]] = {}
        with torch.inference_mode():
            for each in self._batches(chosen.images):
                looked = self._look(each)
                for key, values in looked.scores.items():
                    found.setdefault(key, []).append(values)
                largest += looked.error.mean(1).reshape(len(each), -1).max(1).tolist()
                if progress:
                    progress(len(largest) / len(chosen))
        scores = {key: np.concatenate(values) for key, values in found.items()}
        if not all(np.isfinite(values).all() for values in scores.values()):
            raise DataError("Scores of normal images are not finite numbers: the model has diverged, train it anew.")
        for key in TOGETHER:
            logs = np.log(np.maximum(scores[key], SMALLEST))
            self._moments[key] = float(logs.mean()), float(logs.std()) or 1.0
        scores["together"] = self._together(scores)
        self.calibration = Calibration(
            {key: scores[key] for key in self.keys}, float(np.quantile(largest, 0.95)), len(chosen)
        )

    def _batches(self, images: Pixels) -> Iterator[Tensor]:
        return (as_floats(images[each]) for each in slices(len(images), batch_size(self.shape)))

    def _check(self, images: Pixels) -> None:
        if tuple(images.shape[1:]) != tuple(self.shape):
            wanted, given = (" x ".join(map(str, each)) for each in (self.shape, images.shape[1:]))
            raise SettingError(f"This run takes images of {wanted} (channels x height x width), not {given}.")

    def _restored(self, clean: Images) -> Images:
        outcome: Pass = self.model(clean.to(device_of(self.model)))
        return outcome.images.cpu()

    def _look(self, clean: Images) -> Looked:
        outcome: Pass = self.model(clean.to(device_of(self.model)))
        codes = self.model.encode(clean.to(device_of(self.model))).cpu().numpy()
        restored = outcome.images.cpu()
        gradients = gradient_features(clean)
        pixels: Nearest = self._pixels(clean.flatten(1).numpy())
        scores = {
            "squared_error": _sums(clean - restored),
            "worst_patch": worst_patches((clean - restored).square().sum(1, keepdim=True)),
            "structural_error": structural_errors(clean.numpy(), restored.numpy()),
            "gradient_error": self._differences((gradients - gradient_features(restored)).numpy()),
            "code_mahalanobis": self._mahalanobis(codes),
            "code_neighbours": self._codes(codes).distances,
            "pca_residual": _sums(clean - self._pca.reconstruct(clean)),
            "pixel_neighbours": pixels.distances,
            "gradient_neighbours": self._gradients(gradients.numpy()).distances,
            "gradient_mahalanobis": self._cloud(gradients.numpy()),
        }
        if self._variational:
            scores["neg_elbo"] = self._bound(clean, outcome.posterior)
        if self._moments:
            scores["together"] = self._together(scores)
        error = (clean - restored).abs().numpy()
        return Looked({key: scores[key] for key in self.keys if key in scores}, restored.numpy(), error, pixels.first)

    def _together(self, scores: Mapping[str, Scores]) -> Scores:
        parts = [
            TOGETHER[key] * (np.log(np.maximum(scores[key], SMALLEST)) - mean) / deviation
            for key, (mean, deviation) in self._moments.items()
        ]
        return np.asarray(np.sum(parts, axis=0), np.float64)

    def _bound(self, clean: Images, posterior: Posterior | None) -> Scores:
        """-ELBO in nats; a class that is a part of the code is the one that the encoder finds most probable."""
        assert posterior is not None
        total = divergence(posterior).double().cpu()
        chance = noise(0, "anomaly", 0)
        for _ in range(DRAWS):
            drawn = torch.randn((1, posterior.mean.shape[1]), generator=chance).to(posterior.mean.device)
            codes = torch.addcmul(posterior.mean, torch.exp(0.5 * posterior.log_variance), drawn)
            if posterior.class_logits is not None:
                named = F.one_hot(posterior.class_logits.argmax(1), posterior.class_logits.shape[1])
                codes = torch.cat([codes, named.to(codes.dtype)], 1)
            decoded = Pass(self.model.decoder(codes).cpu(), codes, posterior)
            total = total + _CROSS_ENTROPY(decoded, clean).double() / DRAWS
        return np.asarray(total.numpy())


_CROSS_ENTROPY = CrossEntropy(ReconstructionSettings())


def fit_detector(trained: Trained, progress: Progress | None = None) -> Detector:
    """Fitted on the run's training images, calibrated on its validation images.

    RunError for a model without an encoder, DataError for a run without validation images.
    """
    with torch.inference_mode():
        detector = Detector(trained)
    detector.calibrate(trained.splits.validation, progress)
    return detector


def worst_patches(errors: Tensor) -> Scores:
    """The largest sum over a patch of error maps [n, 1, height, width], a quarter of the shorter side wide."""
    side = patch_side(errors.shape[2], errors.shape[3])
    sums = F.avg_pool2d(errors, side, stride=1) * side**2
    return np.asarray(sums.amax((1, 2, 3)).double().numpy())


def patch_side(height: int, width: int) -> int:
    """Pixels along a patch."""
    return max(1, round(min(height, width) / 4))


def _references(images: ImageSet) -> ImageSet:
    """As many training images as neighbours are looked for among, in bounded memory."""
    if not len(images):
        raise DataError("What is normal is said by training images: this run has none.")
    return nested_subset(images, max(1, min(REFERENCES, REFERENCE_NUMBERS // prod(images.shape), len(images))))


def _sums(differences: Tensor) -> Scores:
    """Squares, summed over everything but the first axis."""
    return np.asarray(differences.flatten(1).double().square().sum(1).numpy())
