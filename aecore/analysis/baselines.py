"""Principal component analysis: the best any linear autoencoder can do, and so the first thing to beat.

    code = C (x - m)      m mean image, C [size, pixels] the directions of greatest variance
    y    = m + C^T code   not clipped to [0, 1], as in the published figures

The basis is fitted on the images that the model was trained on, and on no others. Images without too many pixels are
taken whole: their covariance matrix is decomposed exactly, which gives every code size at once. For larger ones the
directions come from a randomised decomposition of as many images as fit into bounded memory; `note` says so.

Source: Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space", Philosophical Magazine 1901;
Baldi and Hornik, "Neural Networks and Principal Component Analysis: Learning from Examples Without Local Minima",
Neural Networks 1989 (no linear autoencoder does better); Halko, Martinsson, Tropp, "Finding Structure with
Randomness", SIAM Review 2011 (the randomised decomposition).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.kept import Kept, identity
from aecore.analysis.trained import Floats, as_floats, batch_size, slices
from aecore.data.image_set import ImageSet
from aecore.data.splits import shuffled
from aecore.errors import DataError
from aecore.shapes import Codes, Images

EXACT_PIXELS = 1024  # up to here the covariance matrix is decomposed as a whole
NUMBERS = 2**26  # float32 numbers held at once: 256 MB
LEAST_COMPONENTS = 64  # fitted together by the randomised way, so that a smaller size later costs nothing


@dataclass(frozen=True, eq=False)
class PCA:
    """A fitted basis, its directions in order of the variance they explain."""

    mean: Floats  # [pixels]
    components: Floats  # [size, pixels]
    explained: Floats  # [size], shares of the variance of the training images
    asked: int  # the code size wanted; `size` is smaller where there are not so many directions
    fitted_on: int  # images
    note: str  # how it was fitted, in a sentence

    @property
    def size(self) -> int:
        """Numbers per code."""
        return len(self.components)

    def first(self, size: int) -> "PCA":
        """The basis cut to its first `size` directions: the PCA of that size."""
        note = self.note
        if size > self.size:
            note += f" A code of {size} numbers is more than the {self.size} directions there are: all are used."
        return replace(self, components=self.components[:size], explained=self.explained[:size], asked=size, note=note)

    def encode(self, images: Images) -> Codes:
        """[batch, size]"""
        return (images.flatten(1) - torch.from_numpy(self.mean)) @ torch.from_numpy(self.components).T

    def decode(self, codes: Codes, shape: tuple[int, int, int]) -> Images:
        """Images of `shape`, not clipped to [0, 1]."""
        return (codes @ torch.from_numpy(self.components) + torch.from_numpy(self.mean)).view(-1, *shape)

    def reconstruct(self, images: Images) -> Images:
        """What is left of the images after coding, not clipped to [0, 1]."""
        _, channels, height, width = images.shape
        return self.decode(self.encode(images), (channels, height, width))

    def errors_by_size(self, images: ImageSet) -> npt.NDArray[np.float64]:
        """Mean SSE per image for every code size from 0 (the mean image alone) to `size`: [size + 1].

        The directions are orthonormal, so each removes the square of its own code number from the error.
        """
        energy, removed = 0.0, np.zeros(self.size)
        for each in slices(len(images), batch_size(images.shape)):
            batch = as_floats(images.images[each])
            energy += float((batch.flatten(1) - torch.from_numpy(self.mean)).double().square().sum())
            removed += self.encode(batch).double().square().sum(0).numpy()
        return (energy - np.concatenate([[0.0], np.cumsum(removed)])) / max(1, len(images))


_KEPT: Kept[PCA] = Kept(6)


def fit_pca(images: ImageSet, size: int) -> PCA:
    """The basis of `size` directions for `images`, or of as many as there are. DataError without an image."""
    if not len(images):
        raise DataError("Principal components need at least one training image: there is none.")
    together = _fitted_together(images, size)
    return _KEPT.get((identity(images), together), lambda: _fit(images, together)).first(size)


def _fitted_together(images: ImageSet, size: int) -> int:
    """How many directions one fit gives: all by the exact way, otherwise the next power of two."""
    most = min(len(images) - 1, images.pixels)
    if images.pixels <= EXACT_PIXELS:
        return most
    return min(most, max(LEAST_COMPONENTS, 1 << (size - 1).bit_length()))


def _fit(images: ImageSet, size: int) -> PCA:
    rows = _rows(images)
    if size == 0:
        none = np.empty((0, images.pixels), np.float32)
        return PCA(rows[0], none, none[:, 0], 0, 1, "One training image has no principal components.")
    from sklearn import decomposition

    size = min(size, len(rows) - 1)
    exact = images.pixels <= EXACT_PIXELS
    solver = "covariance_eigh" if exact and len(rows) > images.pixels else "randomized"
    if solver == "randomized" and size > len(rows) // 2:
        solver = "full"  # the randomised way would do the same work less exactly
    fitted: Any = decomposition.PCA(size, svd_solver=solver, copy=False, random_state=0)  # type: ignore[no-untyped-call]
    fitted.fit(rows)
    way = "by randomised decomposition" if solver == "randomized" else "exactly"
    which = f"all {len(images):,}" if len(rows) == len(images) else f"{len(rows):,} of {len(images):,}"
    return PCA(
        mean=fitted.mean_.astype(np.float32),
        components=fitted.components_.astype(np.float32),
        explained=fitted.explained_variance_ratio_.astype(np.float32),
        asked=size,
        fitted_on=len(rows),
        note=f"Principal components of {which} training images, computed {way}; reconstructions are not clipped.",
    )


def _rows(images: ImageSet) -> Floats:
    """[count, pixels] in [0, 1]: all images, or as many as may be held at once, chosen by a fixed order."""
    most = max(2, NUMBERS // images.pixels)
    chosen = slice(None) if len(images) <= most else np.sort(shuffled(len(images), 0, "pca")[:most])
    rows = images.images[chosen].reshape(-1, images.pixels).astype(np.float32)
    rows /= 255.0
    return rows
