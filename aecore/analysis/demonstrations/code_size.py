"""Error against code size: principal components at every size, and trained runs at theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.analysis.baselines import fit_pca
from aecore.analysis.trained import Indices
from aecore.data.image_set import Splits


@dataclass(frozen=True)
class CodeSizePoint:
    """One trained run: SSE per test image at its code size. `family` groups runs that differ in size only."""

    name: str
    family: str
    size: int
    sse_per_image: float


@dataclass(frozen=True, eq=False)
class CodeSizeCurve:
    """SSE per test image of principal components for every code size, and of runs at theirs."""

    sizes: Indices
    pca: npt.NDArray[np.float64]  # [sizes]
    points: tuple[CodeSizePoint, ...]
    images: int
    note: str


def code_size_curve(splits: Splits, points: Sequence[CodeSizePoint] = (), largest: int = 128) -> CodeSizeCurve:
    """Error against code size from 1 to `largest` on the whole test split.

    The curve of principal components is exact for small images; see `aecore.analysis.baselines`.
    """
    wanted = max(largest, *(point.size for point in points)) if points else largest
    pca = fit_pca(splits.train, min(wanted, splits.train.pixels))
    errors = pca.errors_by_size(splits.test)
    return CodeSizeCurve(
        sizes=np.arange(1, len(errors), dtype=np.int64),
        pca=errors[1:],
        points=tuple(sorted(points, key=lambda point: (point.family, point.size))),
        images=len(splits.test),
        note=pca.note,
    )
