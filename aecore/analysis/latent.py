"""The latent space: where images lie in it, which directions are used, and what lies between.

    code of 1 number    plane = (code, a spread of fixed chance that means nothing)
    code of 2           plane = code
    larger codes        plane = (code - m) P^T      P [2, latent]: the principal components of the codes

Straight and spherical ways from a to b, t from 0 to 1:

    straight   (1 - t) a + t b
    spherical  sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b      w the angle between a and b

Source: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985; for latent spaces White, "Sampling
Generative Networks", 2016; active units: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016
(a dimension is active when the variance of its posterior mean over the images exceeds 0.01).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Floats, Indices, Trained, decode, encode, model_of, part_of
from aecore.data.image_set import ImageSet, Labels
from aecore.data.splits import shuffled
from aecore.errors import DataError, SettingError
from aecore.randomness import numpy_stream

ACTIVE_VARIANCE = 0.01
RANGE_PERCENT = (1.0, 99.0)
WAYS = ("straight", "spherical")
PARALLEL = 1e-4  # radians; below it the spherical way is the straight one


@dataclass(frozen=True, eq=False)
class Projection:
    """From codes to the plane and back into the space of codes."""

    mean: Floats  # [latent]
    components: Floats  # [2, latent], orthonormal rows
    explained: Floats  # [2], shares of the codes' variance

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

    @property
    def active_count(self) -> int | None:
        """How many dimensions are in use; None where that is not defined."""
        return None if self.active is None else int(self.active.sum())


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Codes [n, latent] of n images of a split, and where they lie in the plane [n, 2]."""

    codes: Floats
    plane: Floats
    indices: Indices  # of the images in their split
    labels: Labels | None
    class_names: tuple[str, ...]
    split: str
    projection: Projection | None  # None where the plane is the code itself
    dimensions: Dimensions
    prior: bool  # codes are pulled towards a standard normal distribution: that of a variational model
    axes: tuple[str, str]  # what the two axes of the plane are
    note: str


def latent_map(trained: Trained, split: str = "test", limit: int | None = None, seed: int = 0) -> LatentMap:
    """The map of a split, or of `limit` images of it. DataError when there is no image."""
    images = part_of(trained.splits, split)
    if not len(images):
        raise DataError(f"The {split} split has no images to map: choose more images or classes.")
    indices = np.sort(shuffled(len(images), seed, "map")[: limit or len(images)])
    return map_codes(trained, encode(trained, images.images[indices]), indices, images, split)


def map_codes(trained: Trained, codes: Floats, indices: Indices, images: ImageSet, split: str) -> LatentMap:
    """The map of codes that are already known: those of `images` at `indices`."""
    variational = is_variational(trained)
    plane, projection, axes, note = _plane(codes)
    return LatentMap(
        codes=codes,
        plane=plane,
        indices=indices,
        labels=None if images.labels is None else np.asarray(images.labels[indices]),
        class_names=images.class_names,
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


def _plane(codes: Floats) -> tuple[Floats, Projection | None, tuple[str, str], str]:
    """Plane, projection, names of the axes and what a person should know."""
    match codes.shape[1]:
        case 1:
            spread = numpy_stream(0, "jitter").uniform(-1, 1, len(codes)).astype(np.float32)
            note = "The code has one number. The height of a point is chance and only keeps points apart."
            return np.column_stack([codes[:, 0], spread]), None, ("z1", "chance"), note
        case 2:
            return codes, None, ("z1", "z2"), "The code has two numbers: the map is the whole latent space."
        case latent:
            projection = _project(codes)
            share = 100 * float(projection.explained.sum())
            note = (
                f"The map shows the two principal components of codes of {latent} numbers. "
                f"They hold {share:.0f} % of the variance."
            )
            axes = tuple(f"component {i + 1}, {100 * e:.0f} %" for i, e in enumerate(projection.explained))
            return projection.to_plane(codes), projection, (axes[0], axes[1]), note


def _project(codes: Floats) -> Projection:
    """Principal components of the codes; the first two dimensions where the codes do not vary."""
    latent = codes.shape[1]
    if len(codes) < 3 or not codes.var(0).any():
        return Projection(codes.mean(0), np.eye(2, latent, dtype=np.float32), np.zeros(2, np.float32))
    from sklearn import decomposition

    fitted: Any = decomposition.PCA(2, random_state=0)  # type: ignore[no-untyped-call]
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
    first, last = 1 - share, share
    angle = _angle(start, end)
    if way == "spherical" and PARALLEL < angle < np.pi - PARALLEL:
        first, last = np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
    return np.asarray(first * start + last * end, dtype=np.float32)


def _angle(start: Floats, end: Floats) -> float:
    lengths = float(np.linalg.norm(start) * np.linalg.norm(end))
    return float(np.arccos(np.clip(np.dot(start, end) / lengths, -1, 1))) if lengths > 0 else 0.0


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
    if projection is None and model.latent > 2:
        raise SettingError(f"The code has {model.latent} numbers: give the projection of the map to fill its plane.")
    x = np.linspace(across[0], across[1], columns, dtype=np.float32)
    y = np.linspace(up[1], up[0], rows, dtype=np.float32)
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    codes = plane[:, : model.latent] if projection is None else projection.to_codes(plane)
    return Field(decode(trained, np.ascontiguousarray(codes)), codes, x, y, columns)
