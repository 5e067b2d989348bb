"""How far vectors are from a cloud of normal ones.

    nearest      mean Euclidean distance to the k nearest of the references
    Mahalanobis  sqrt((v - m)^T S^-1 (v - m)),  S = covariance + ridge x its mean variance

The covariance of few vectors in many dimensions has directions without any variance: the ridge is added to each, so
that a vector that leaves the cloud there is far and not infinitely far.

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
        covariance = centred.T @ centred / max(1, len(wide) - 1)
        typical = float(np.trace(covariance)) / len(covariance)
        covariance += np.eye(len(covariance)) * (ridge * typical or 1.0)
        self._whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T.astype(np.float32)

    def __call__(self, vectors: Floats) -> Distances:
        """Of vectors [n, size]: [n]."""
        centred = (vectors.astype(np.float64) - self._mean).astype(np.float32)
        return np.asarray(np.sqrt(np.square(centred @ self._whitening, dtype=np.float64).sum(1)))
