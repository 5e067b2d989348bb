"""The best linear codec: principal components, quantised evenly and written by the same range coder.

    b = round(C (x - m) / step)        C, m: the principal components and the mean of the training images
    y = m + C^T r(b)                   r: the mean of the training values that fall into the bin

All components share one step, which is best for a linear code at high rates. The tables of the coder count the bins
of the training images. Components of which fewer than one training image in `RARE` leaves the middle bin are not
written. A file costs the header of a learned codec's and its coded bytes.

Source: Goyal, "Theoretical Foundations of Transform Coding", IEEE Signal Processing Magazine 2001; middles by the mean
of a bin: Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information Theory 1982.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.baselines import NUMBERS, PCA, fit_pca
from aecore.analysis.trained import as_floats
from aecore.bottlenecks.quantised import LARGEST
from aecore.compression.coding import Bins, Coder
from aecore.compression.container import HEADER_BYTES
from aecore.compression.tables import MOST_SYMBOLS, Table, frequencies
from aecore.data.image_set import ImageSet, Pixels

STEPS: Final = (1.2, 0.9, 0.7, 0.55, 0.44, 0.35, 0.28, 0.22, 0.17, 0.13, 0.1)  # pixels run from 0 to 1; coarsest first
FITTED_ON: Final = 20_000  # training images, the first ones: bounds time and memory
MOST_COMPONENTS: Final = 512
RARE: Final = 500

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PrincipalCodec:
    """A basis, a step, and for each component that is written a table and the values of its bins."""

    pca: PCA
    step: float
    coder: Coder
    tables: tuple[Table, ...]
    values: tuple[Values, ...]

    def measured(self, images: Pixels) -> tuple[float, Pixels]:
        """Mean bytes of the files of images [n, channels, height, width], and what they decode to."""
        bins = _rounded(_scores(self.pca, images), self.step)
        files = [self.coder.write(each[None]) for each in bins]
        read = np.concatenate([self.coder.read(each, 1) for each in files])
        size = HEADER_BYTES + float(np.mean([len(each) for each in files]))
        return size, self._decoded(read, images.shape[1:])

    def _decoded(self, bins: Bins, shape: tuple[int, ...]) -> Pixels:
        codes = np.empty(bins.shape)
        for index, (table, values) in enumerate(zip(self.tables, self.values, strict=True)):
            place = bins[:, index] - table.first
            known = (place >= 0) & (place < table.escape)
            middles = values[np.clip(place, 0, table.escape - 1)]
            codes[:, index] = np.where(known, middles, bins[:, index] * self.step)
        channels, height, width = shape
        made = self.pca.decode(torch.from_numpy(codes).float(), (channels, height, width))
        return np.ascontiguousarray(made.clamp(0, 1).mul(255).round().to(torch.uint8).numpy())


def principal_codecs(training: ImageSet) -> Iterator[PrincipalCodec]:
    """One codec for each step, fitted on training images, from the smallest files on; none for a single image."""
    pca = fit_pca(training, MOST_COMPONENTS)
    if not pca.size:
        return
    scores = _scores(pca, training.images[: min(FITTED_ON, NUMBERS // training.pixels)])
    for step in STEPS:
        bins = _rounded(scores, step)
        used = int(np.flatnonzero((bins != 0).mean(0) * RARE >= 1).max(initial=0)) + 1
        fitted = [_fitted(bins[:, index], scores[:, index], step) for index in range(used)]
        tables = tuple(table for table, _ in fitted)
        yield PrincipalCodec(pca.first(used), step, Coder(tables), tables, tuple(values for _, values in fitted))


def _fitted(bins: Bins, scores: Values, step: float) -> tuple[Table, Values]:
    """The frequencies of one component's bins, and the mean of the values in each."""
    half = MOST_SYMBOLS // 2
    bins = np.clip(bins, -half, half)
    first, last = int(bins.min()), int(bins.max())
    counts = np.bincount(bins - first, minlength=last - first + 1)
    sums = np.bincount(bins - first, scores, minlength=last - first + 1)
    middles = np.where(counts > 0, sums / np.maximum(counts, 1), step * np.arange(first, last + 1))
    return Table(first, frequencies(counts, len(bins))), middles


def _rounded(scores: Values, step: float) -> Bins:
    return np.clip(np.rint(scores / step), -LARGEST, LARGEST).astype(np.int64)


def _scores(pca: PCA, images: Pixels) -> Values:
    return pca.encode(as_floats(images)).numpy().astype(np.float64)
