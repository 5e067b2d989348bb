"""The latent space: where images lie in it, which directions are used, and what lies between.

    code of 1 number    plane = (code, a spread of fixed chance that means nothing)
    code of 2           plane = code
    larger codes        plane = (code - m) P^T      P [2, latent]: the principal components of the codes

Straight and spherical ways from a to b, t from 0 to 1:

    straight   (1 - t) a + t b
    spherical  l(t) (sin((1 - t) w) / sin(w) a/|a| + sin(t w) / sin(w) b/|b|)     l(t) = (1 - t) |a| + t |b|

with w the angle between a and b: the direction turns evenly, as on the unit sphere, and the length grows evenly. The
interpolation of Shoemake is that for codes of equal length; letting the length go its own way is our choice, and the
browser's (assets/browser/interpolate.js). Where the directions are the same or opposite, the way is the straight one.

Source: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985; for latent spaces White, "Sampling
Generative Networks", 2016; active units: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016
(a dimension is active when the variance of its posterior mean over the images exceeds 0.01).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Floats, Indices, Trained, decode, encode, model_of, part_of
from aecore.data.image_set import ImageSet, Labels, Splits
from aecore.data.splits import shuffled
from aecore.errors import DataError, SettingError
from aecore.randomness import numpy_stream

Shares = npt.NDArray[np.float64]

ACTIVE_VARIANCE = 0.01
RANGE_PERCENT = (1.0, 99.0)
WAYS = ("straight", "spherical")
EVERYTHING = "all"  # the images of all splits
PIECE = 10_000  # images that are taken at once
PARALLEL = 1e-6  # sine of the angle; up to it the spherical way is the straight one


@dataclass(frozen=True, eq=False)
class Projection:
    """From codes to the plane (or to more than two numbers) and back into the space of codes."""

    mean: Floats  # [latent]
    components: Floats  # [2 or more, latent], orthonormal rows
    explained: Floats  # of each component the share of the codes' variance

    def to_plane(self, codes: Floats) -> Floats:
        """[n, latent] -> [n, 2]"""
        return np.asarray((codes - self.mean) @ self.components.T, dtype=np.float32)

    def to_codes(self, plane: Floats) -> Floats:
        """[n, 2] -> [n, latent]: the codes of which these are the shadows and that lie closest to the mean code."""
        return np.asarray(plane @ self.components + self.mean, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Dimensions:
    """Every dimension of the code over the images of the map; arrays are indexed by dimension."""

    order: Indices  # the most active first
    mean: Floats
    spread: Floats  # standard deviation
    low: Floats  # 1st percentile
    high: Floats  # 99th percentile
    active: npt.NDArray[np.bool_] | None  # variational models: variance of the mean above 0.01
    activity: Floats  # what `order` goes by: the spread, or where codes are drawn what each number changes

    @property
    def active_count(self) -> int | None:
        """How many dimensions are in use; None where that is not defined."""
        return None if self.active is None else int(self.active.sum())


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Codes [n, latent] of n images of a split, and where they lie in the plane [n, 2]."""

    codes: Floats
    plane: Floats
    indices: Indices  # of the images in their split; of all images as `Splits.take` counts them
    labels: Labels | None
    class_names: tuple[str, ...]
    split: str
    projection: Projection | None  # None where the plane is the code itself
    dimensions: Dimensions
    prior: bool  # codes are pulled towards a standard normal distribution: that of a variational model
    axes: tuple[str, str]  # what the two axes of the plane are
    note: str


def ids_of(splits: Splits, split: str, indices: Indices) -> Indices:
    """The indices of a split's images, or of "all", among training, validation and test images."""
    return indices if split == EVERYTHING else indices + splits.offset(split)


def latent_map(trained: Trained, split: str = "test", limit: int | None = None, seed: int = 0) -> LatentMap:
    """The map of a split, or of `limit` images of it. DataError when there is no image.

    "all" maps the images of all three: test images first, then training and validation ones, cut off at `limit`.
    """
    if split == EVERYTHING:
        return _map_everything(trained, limit)
    images = part_of(trained.splits, split)
    if not len(images):
        raise DataError(f"The {split} split has no images to map: choose more images or classes.")
    indices = np.sort(shuffled(len(images), seed, "map")[: limit or len(images)])
    return map_codes(trained, encode(trained, images.images[indices]), indices, images, split)


def _map_everything(trained: Trained, limit: int | None) -> LatentMap:
    splits = trained.splits
    ids = np.roll(np.arange(splits.count), len(splits.test))[: limit or splits.count]
    if not len(ids):
        raise DataError("The data set has no images to map: choose more images or classes.")
    return map_images(trained, ids)


def map_images(trained: Trained, ids: Indices) -> LatentMap:
    """The map of the images at `ids` into all of them, counted as `Splits.take` does. DataError for one not there."""
    splits = trained.splits
    codes = np.concatenate([encode(trained, splits.take(each).images) for each in np.array_split(ids, _pieces(ids))])
    labels = splits.labels_at(ids)
    return _map_of(trained, codes, ids, labels, splits.train.class_names, EVERYTHING)


def _pieces(ids: Indices) -> int:
    """Into how many pieces the images are cut, so that a large set is never in memory whole."""
    return 1 + len(ids) // PIECE


def map_codes(trained: Trained, codes: Floats, indices: Indices, images: ImageSet, split: str) -> LatentMap:
    """The map of codes that are already known: those of `images` at `indices`."""
    labels = None if images.labels is None else np.asarray(images.labels[indices])
    return _map_of(trained, codes, indices, labels, images.class_names, split)


def _map_of(
    trained: Trained, codes: Floats, indices: Indices, labels: Labels | None, names: tuple[str, ...], split: str
) -> LatentMap:
    variational = is_variational(trained)
    plane, projection, axes, note = plane_of(codes)
    return LatentMap(
        codes=codes,
        plane=plane,
        indices=indices,
        labels=labels,
        class_names=names,
        split=split,
        projection=projection,
        dimensions=_dimensions(codes, variational),
        prior=variational,
        axes=axes,
        note=note,
    )


def is_variational(trained: Trained) -> bool:
    """Whether the encoder gives a distribution: then the bottleneck knows a posterior."""
    return hasattr(getattr(model_of(trained), "bottleneck", None), "posterior")


def plane_of(codes: Floats) -> tuple[Floats, Projection | None, tuple[str, str], str]:
    """The map [n, 2] of codes [n, latent], its projection, the names of its axes, and what a person should know.

    The height of a code of one number is chance, but that of the n-th code is always the same.
    """
    match codes.shape[1]:
        case 1:
            spread = numpy_stream(0, "jitter").uniform(-1, 1, len(codes)).astype(np.float32)
            note = "The code has one number. The height of a point is chance and only keeps points apart."
            return np.column_stack([codes[:, 0], spread]), None, ("z1", "chance"), note
        case 2:
            return codes, None, ("z1", "z2"), "The code has two numbers: the map is the whole latent space."
        case latent:
            projection = _plane_of(codes)
            share = 100 * float(projection.explained.sum())
            note = (
                f"The map shows the two principal components of codes of {latent} numbers. "
                f"They hold {share:.0f} % of the variance."
            )
            axes = tuple(f"component {i + 1}, {100 * e:.0f} %" for i, e in enumerate(projection.explained))
            return projection.to_plane(codes), projection, (axes[0], axes[1]), note


def _plane_of(codes: Floats) -> Projection:
    """Two principal components of the codes; the first two dimensions where the codes do not vary."""
    latent = codes.shape[1]
    if len(codes) < 3 or not codes.var(0).any():
        return Projection(codes.mean(0), np.eye(2, latent, dtype=np.float32), np.zeros(2, np.float32))
    return principal_directions(codes, 2)


def principal_directions(codes: Floats, count: int) -> Projection:
    """The `count` directions along which codes [n, latent] vary most, the first the most.

    SettingError for more directions than the code has numbers or n - 1, or codes that do not vary.
    """
    most = min(codes.shape[1], len(codes) - 1)
    if not 1 <= count <= most:
        raise SettingError(
            f"{len(codes):,} codes of {codes.shape[1]} numbers have {max(0, most)} principal directions, not {count}: "
            "choose fewer, or more images."
        )
    if not codes.var(0).any():
        raise SettingError("All codes are the same, so they have no principal directions: choose other images.")
    from sklearn import decomposition

    fitted: Any = decomposition.PCA(count, random_state=0)  # type: ignore[no-untyped-call]
    fitted.fit(codes)
    components = np.asarray(fitted.components_, dtype=np.float32)  # of each the largest entry is positive
    explained = np.asarray(fitted.explained_variance_ratio_, dtype=np.float32)
    return Projection(np.asarray(fitted.mean_, dtype=np.float32), components, explained)


def _dimensions(codes: Floats, variational: bool) -> Dimensions:
    spread = codes.std(0)
    low, high = np.percentile(codes, RANGE_PERCENT, axis=0).astype(np.float32)
    return Dimensions(
        order=np.argsort(-spread, kind="stable").astype(np.int64),
        mean=codes.mean(0),
        spread=spread,
        low=low,
        high=high,
        active=spread**2 > ACTIVE_VARIANCE if variational else None,
        activity=spread,
    )


@dataclass(frozen=True, eq=False)
class Path:
    """Codes [steps, latent] along a way and their images [steps, channels, height, width] in [0, 1]."""

    codes: Floats
    images: Floats
    positions: Floats  # [steps], along the way: 0 to 1 between two images, the value of the dimension in a traverse


def between(start: Floats, end: Floats, steps: int = 9, way: str = "straight") -> Floats:
    """`steps` codes from `start` to `end`, both [latent] and both included. SettingError for an unknown way."""
    if way not in WAYS:
        raise SettingError(f"There is no way {way!r} between two codes: choose one of {', '.join(WAYS)}.")
    if steps < 2:
        raise SettingError(f"A way of {steps} steps has no beginning and end: choose 2 or more.")
    share = np.linspace(0, 1, steps)[:, None]
    first, last = _sphere_shares(start, end, share) if way == "spherical" else (1 - share, share)
    return np.asarray(first * start + last * end, dtype=np.float32)


def _sphere_shares(start: Floats, end: Floats, share: Shares) -> tuple[Shares, Shares]:
    """How much of `start` and of `end` the spherical way holds at each `share` of it, [steps, 1]."""
    lengths = np.linalg.norm(start.astype(np.float64)), np.linalg.norm(end.astype(np.float64))
    if min(lengths) == 0:
        return 1 - share, share
    cosine = start.astype(np.float64) @ end.astype(np.float64) / (lengths[0] * lengths[1])
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) <= PARALLEL:
        return 1 - share, share
    length = lengths[0] + share * (lengths[1] - lengths[0])
    scaled = length / np.sin(angle)
    return scaled * np.sin((1 - share) * angle) / lengths[0], scaled * np.sin(share * angle) / lengths[1]


def interpolate(trained: Trained, start: Floats, end: Floats, steps: int = 9, way: str = "straight") -> Path:
    """The images on the way from one code to another."""
    codes = between(start, end, steps, way)
    return Path(codes, decode(trained, codes), np.linspace(0, 1, steps, dtype=np.float32))


def traverse(trained: Trained, code: Floats, dimension: int, low: float, high: float, steps: int = 9) -> Path:
    """What changes when one number of `code` [latent] goes from `low` to `high`. SettingError outside the code."""
    if not 0 <= dimension < len(code):
        raise SettingError(f"There is no dimension {dimension}: the code has the dimensions 0 to {len(code) - 1}.")
    values = np.linspace(low, high, steps, dtype=np.float32)
    codes = np.repeat(code[None].astype(np.float32), steps, axis=0)
    codes[:, dimension] = values
    return Path(codes, decode(trained, codes), values)


@dataclass(frozen=True, eq=False)
class Field:
    """Images decoded on a grid over the plane: [rows * columns, channels, height, width], the top row first."""

    images: Floats
    codes: Floats
    across: Floats  # [columns], from left to right
    up: Floats  # [rows], from top to bottom, so falling
    columns: int


def field(
    trained: Trained,
    across: tuple[float, float],
    up: tuple[float, float],
    columns: int = 15,
    rows: int = 15,
    projection: Projection | None = None,
) -> Field:
    """Decode the plane between two limits on each axis. A code larger than 2 needs the map's projection."""
    model = model_of(trained)
    x = np.linspace(across[0], across[1], columns, dtype=np.float32)
    y = np.linspace(up[1], up[0], rows, dtype=np.float32)
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    codes = lift(plane, model.latent, projection)
    return Field(decode(trained, codes), codes, x, y, columns)


def lift(plane: Floats, latent: int, projection: Projection | None = None) -> Floats:
    """Codes [n, latent] for places [n, 2] in the plane of the map; a code larger than 2 needs its projection."""
    if projection is not None:
        return projection.to_codes(plane)
    if latent > 2:
        raise SettingError(f"The code has {latent} numbers: give the projection of the map to fill its plane.")
    return np.ascontiguousarray(plane[:, :latent], dtype=np.float32)
