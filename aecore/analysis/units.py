"""A single unit of the code: the images that excite it most, and what an image becomes when it is turned up or down."""

from dataclasses import dataclass

import numpy as np

from aecore.analysis.sparsity import Progress, codes_of, images_of
from aecore.analysis.trained import Floats, Indices, Trained, autoencoder_of, decode, encode, part_of
from aecore.data.image_set import Pixels
from aecore.errors import SettingError

REST_IMAGES = 1000


@dataclass(frozen=True, eq=False)
class Excitement:
    """For every unit the images of a split to which it responds most, the strongest first; and least, the same way."""

    split: str
    images: int  # that were looked at
    strongest: Indices  # [units, count], indices in the split
    high: Floats  # [units, count], their activations, falling
    weakest: Indices
    low: Floats  # rising


def excitement(
    trained: Trained, split: str = "test", count: int = 12, limit: int | None = None, progress: Progress | None = None
) -> Excitement:
    """Look at a split, or at `limit` images of it; at most `count` images for each unit and end.

    SettingError for a count below 1, DataError when there is no image, RunError for a model without an encoder.
    """
    if count < 1:
        raise SettingError(f"{count} images for each unit show nothing: choose 1 or more.")
    images, chosen = images_of(trained, split, limit)
    count = min(count, len(chosen))
    units = autoencoder_of(trained).latent
    ends = [_End(units, count), _End(units, count)]
    start = 0
    for done, codes in codes_of(trained, images, chosen):
        seen = chosen[start : start + len(codes)]
        start += len(codes)
        for end, values in zip(ends, (codes.T, -codes.T), strict=True):
            end.add(values, seen)
        if progress:
            progress(done)
    up, down = ends
    return Excitement(split, len(chosen), up.indices, up.values, down.indices, -down.values)


class _End:
    """The largest values met so far of every unit, and where they were met."""

    def __init__(self, units: int, count: int):
        self.count = count
        self.values = np.empty((units, 0), np.float32)
        self.indices = np.empty((units, 0), np.int64)

    def add(self, values: Floats, indices: Indices) -> None:
        """`values` [units, images]; of equal ones the image met first stays."""
        everything = np.concatenate([self.values, values], 1)
        places = np.concatenate([self.indices, np.broadcast_to(indices, values.shape)], 1)
        order = np.argsort(-everything, axis=1, kind="stable")[:, : self.count]
        self.values = np.take_along_axis(everything, order, 1)
        self.indices = np.take_along_axis(places, order, 1)


@dataclass(frozen=True, eq=False)
class Rest:
    """How far units go, from codes of a sample of images; arrays are indexed by unit."""

    code: Floats  # the median: for a unit that is mostly off, its value when off
    low: Floats  # the smallest met
    high: Floats  # the largest met; for a unit that never leaves its rest as far above as units go in the middle


def rest(trained: Trained, split: str = "test", limit: int = REST_IMAGES) -> Rest:
    """Measured on at most `limit` images."""
    images, chosen = images_of(trained, split, limit)
    codes = np.concatenate([codes for _, codes in codes_of(trained, images, chosen)])
    code, low, high = np.median(codes, 0).astype(np.float32), codes.min(0), codes.max(0)
    stays = high <= code
    reach = (high - code)[~stays]
    high[stays] = code[stays] + (float(np.median(reach)) if len(reach) else 1.0)
    return Rest(code, low, high)


@dataclass(frozen=True, eq=False)
class Turned:
    """One image, its reconstruction, and what is decoded when one unit of its code has another value."""

    original: Pixels  # [channels, height, width]
    reconstruction: Floats
    image: Floats
    was: float  # the activation of the unit for this image
    value: float

    @property
    def change(self) -> Floats:
        """What turning it did to each pixel, -1 to 1."""
        return np.asarray(self.image - self.reconstruction, dtype=np.float32)


def turn(trained: Trained, index: int, unit: int, value: float, split: str = "test") -> Turned:
    """Decode the code of an image of the split with `value` in the place of its unit.

    SettingError for an image or a unit that is not there, RunError for a model without an encoder.
    """
    images = part_of(trained.splits, split)
    check_unit(trained, unit)
    if not 0 <= index < len(images):
        raise SettingError(f"There is no image {index} in the {split} split: choose 0 to {len(images) - 1}.")
    code = encode(trained, images.images[[index]])
    other = code.copy()
    other[0, unit] = value
    decoded = decode(trained, np.concatenate([code, other]))
    return Turned(images.images[index], decoded[0], decoded[1], float(code[0, unit]), float(value))


def check_unit(trained: Trained, unit: int) -> None:
    """SettingError for a unit that the code does not have."""
    latent = autoencoder_of(trained).latent
    if not 0 <= unit < latent:
        raise SettingError(f"There is no unit {unit}: the code has the units 0 to {latent - 1}.")
