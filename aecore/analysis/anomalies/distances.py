"""How far vectors are from a cloud of normal ones.

    nearest      mean Euclidean distance to the k nearest of the references
    Mahalanobis  sqrt((v - m)^T S^-1 (v - m)),  S = covariance + ridge x its mean variance

The covariance of few vectors in many dimensions has directions without any variance: the ridge is added to each, so
that a vector that leaves the cloud there is far and not infinitely far. Where there are fewer vectors than dimensions,
S is known by the directions that they span, and never made:

    (v - m)^T S^-1 (v - m) = sum_i a_i^2 / (l_i + r) + (|v - m|^2 - sum_i a_i^2) / r

a_i: part of v - m along direction i, l_i: the variance there, r: the ridge.

Source: Mahalanobis, "On the Generalised Distance in Statistics", 1936; Ramaswamy, Rastogi, Shim, "Efficient Algorithms
for Mining Outliers from Large Data Sets", SIGMOD 2000 (distance to the k-th neighbour; the mean of k is our choice).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.trained import Floats, Indices, slices
from aecore.errors import DataError

NEIGHBOURS = 5
RIDGE = 1e-3
ROUNDING = 1e-12  # of the largest variance: below it there is none
DISTANCES_AT_ONCE = 2**23  # bounds the memory of a block: 32 MB

Distances = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest references of each vector: the mean distance to k of them, and which is the very nearest."""

    distances: Distances  # [n]
    first: Indices  # [n]


class Neighbours:
    """References [count, size] that vectors are compared with. DataError without any."""

    def __init__(self, references: Floats, neighbours: int = NEIGHBOURS):
        if not len(references):
            raise DataError("Neighbours need at least one normal image: there is none.")
        self.neighbours = min(neighbours, len(references))
        # Distances are differences of squares: around their mean the numbers are small and the differences exact.
        self._middle = torch.from_numpy(references.mean(0, dtype=np.float64).astype(np.float32))
        self._references = torch.from_numpy(np.ascontiguousarray(references, np.float32)) - self._middle
        self._squares = self._references.square().sum(1)

    def __call__(self, vectors: Floats) -> Nearest:
        """Of vectors [n, size]."""
        distances = np.empty(len(vectors))
        first = np.empty(len(vectors), np.int64)
        for each in slices(len(vectors), max(1, DISTANCES_AT_ONCE // len(self._references))):
            rows = torch.from_numpy(np.ascontiguousarray(vectors[each], np.float32)) - self._middle
            squares = torch.addmm(
                self._squares + rows.square().sum(1, keepdim=True), rows, self._references.T, alpha=-2
            )
            nearest = squares.topk(self.neighbours, largest=False)
            distances[each] = nearest.values.clamp(min=0).sqrt().double().mean(1).numpy()
            first[each] = nearest.indices[:, 0].numpy()
        return Nearest(distances, first)


class Mahalanobis:
    """The distance from the mean of vectors [count, size] in units of their spread. DataError without any."""

    def __init__(self, vectors: Floats, ridge: float = RIDGE):
        if not len(vectors):
            raise DataError("A Mahalanobis distance needs at least one normal image: there is none.")
        wide = vectors.astype(np.float64)
        self._mean = wide.mean(0)
        centred = wide - self._mean
        count, size = centred.shape
        typical = float(np.square(centred).sum()) / max(1, count - 1) / size
        self._ridge = ridge * typical or 1.0
        self._spanned = count < size
        if self._spanned:
            # The rows' own products are a smaller matrix of the same variances.
            variances, mixtures = np.linalg.eigh(centred @ centred.T / max(1, count - 1))
            kept = variances > variances[-1] * ROUNDING
            directions = centred.T @ mixtures[:, kept]
            self._directions = directions / np.linalg.norm(directions, axis=0)
            self._weights = 1 / self._ridge - 1 / (variances[kept] + self._ridge)
        else:
            covariance = centred.T @ centred / max(1, count - 1) + np.eye(size) * self._ridge
            self._whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T.astype(np.float32)

    def __call__(self, vectors: Floats) -> Distances:
        """Of vectors [n, size]: [n]."""
        centred = vectors.astype(np.float64) - self._mean
        if self._spanned:
            along = np.square(centred @ self._directions)
            return np.asarray(np.sqrt(np.maximum(np.square(centred).sum(1) / self._ridge - along @ self._weights, 0)))
        whitened = centred.astype(np.float32) @ self._whitening
        return np.asarray(np.sqrt(np.square(whitened, dtype=np.float64).sum(1)))
