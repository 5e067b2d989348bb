"""Does a penalty make a code sparse? Runs side by side, also when every one may use equally many units.

    kept_m(a)   a with all units at rest but the m that are farthest from it; a unit rests in its median over images
    error(m)    mean over images of ||x - g(kept_m(f(x)))||^2

Only so can the errors be compared: a run that spreads an image over a hundred units reconstructs it better than one
that spends sixteen, and loses what it spread when all but sixteen are at rest. The first m principal components, the
same for all images, stand beside them.

Resting in the median and ranking by the distance from it are our choices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from aecore.analysis.baselines import fit_pca
from aecore.analysis.sparsity import Sparsity, images_of, sparsity
from aecore.analysis.trained import Floats, Indices, Trained, autoencoder_of, decode, encode
from aecore.data.image_set import Pixels
from aecore.errors import SettingError

IMAGES = 1000
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class SparseRun:
    """One run: its activations, and its error when it may keep so many units."""

    name: str
    sparsity: Sparsity
    kept: Indices  # rising; the last one is all units
    errors: Floats  # squared error, summed over pixels, mean over the images


@dataclass(frozen=True, eq=False)
class SparseCodes:
    """Runs on the same images, and principal components."""

    runs: tuple[SparseRun, ...]
    pca_sizes: Indices
    pca: Floats
    images: int
    note: str


def sparse_codes(trained: Mapping[str, Trained], limit: int = IMAGES, progress: Progress | None = None) -> SparseCodes:
    """Measured on `limit` test images of the first run, which all must share. SettingError for no run."""
    if not trained:
        raise SettingError("There is nothing to compare: choose at least one run with an encoder.")
    first = next(iter(trained.values()))
    images, chosen = images_of(first, "test", limit)
    clean = np.array(images.images[chosen])
    runs = []
    for number, (name, each) in enumerate(trained.items()):
        if each.splits.shape != first.splits.shape:
            raise SettingError(f"{name} was trained on images of another shape: choose runs on the same images.")
        kept = _sizes(autoencoder_of(each).latent)
        runs.append(SparseRun(name, sparsity(each, "test", limit), kept, errors_by_kept(each, clean, kept)))
        if progress:
            progress((number + 1) / len(trained))
    largest = max(int(each.kept[-1]) for each in runs)
    pca = fit_pca(first.splits.train, min(largest, first.splits.train.pixels))
    sizes = _sizes(pca.size)
    errors = pca.errors_by_size(images.take(chosen))
    return SparseCodes(tuple(runs), sizes, np.asarray(errors[sizes], dtype=np.float32), len(clean), pca.note)


def errors_by_kept(trained: Trained, clean: Pixels, kept: Indices) -> Floats:
    """Squared error of images when only so many units of their codes may leave their rest."""
    codes = encode(trained, clean)
    at_rest = np.median(codes, 0).astype(np.float32)
    order = np.argsort(-np.abs(codes - at_rest), axis=1, kind="stable")
    errors = []
    for count in kept:
        shortened = np.broadcast_to(at_rest, codes.shape).copy()
        used = order[:, :count]
        np.put_along_axis(shortened, used, np.take_along_axis(codes, used, 1), 1)
        off = decode(trained, shortened) - clean.astype(np.float32) / 255.0
        errors.append(float(np.square(off, dtype=np.float64).sum() / len(clean)))
    return np.asarray(errors, dtype=np.float32)


def _sizes(largest: int) -> Indices:
    return np.asarray([each for each in UNITS if each < largest] + [largest], dtype=np.int64)
