"""How sparse codes are: how strongly units respond, how many respond to an image, and to how many images each.

    on         a unit is on for an image when |activation| > share of the largest |activation| of the whole run
    dead       a unit that is on for no image
    lifetime   (1 - m) / (1 - 1/n),  m = (mean |a|)^2 / mean a^2 over the n images
               0 for a unit that responds alike to all images, 1 for one that responds to a single image

The threshold is relative because the size of activations means nothing: a decoder with larger weights makes up for
smaller activations, and a penalty on their size makes use of that.

Memory does not grow with the number of images but for one number each: codes are made batch by batch, twice.

Source: Vinje and Gallant, "Sparse Coding and Decorrelation in Primary Visual Cortex During Natural Vision", Science
287, 2000 (the measure of lifetime sparsity, after Rolls and Tovee 1995). The threshold is our choice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Floats, Indices, Trained, autoencoder_of, batch_size, encode, part_of, slices
from aecore.data.image_set import ImageSet
from aecore.data.splits import shuffled
from aecore.errors import DataError, SettingError

SHARE = 0.1
BINS = 50
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Sparsity:
    """Activations of `images` images of a split; arrays are indexed by unit unless they say otherwise."""

    images: int
    split: str
    threshold: float  # in units of the activation; above it, either way, a unit is on
    share: float  # of the largest activation, which gives the threshold
    edges: Floats  # [bins + 1], of the histogram of all activations
    counts: Indices  # [bins]
    active: Indices  # [images], units on for each image
    often: Floats  # share of the images for which a unit is on
    mean: Floats
    smallest: Floats
    largest: Floats
    lifetime: Floats  # lifetime sparsity; nan for a unit that is always 0

    @property
    def units(self) -> int:
        """Size of the code."""
        return len(self.often)

    @property
    def dead(self) -> Indices:
        """The units that are on for no image."""
        return np.flatnonzero(self.often == 0).astype(np.int64)

    @property
    def active_per_image(self) -> float:
        """Units on for an image, mean over the images."""
        return float(self.active.mean())

    @property
    def lifetime_mean(self) -> float:
        """Lifetime sparsity, mean over the units that are not dead; nan where all are."""
        living = self.lifetime[self.often > 0]
        return float(living.mean()) if len(living) else float("nan")

    def to_dict(self) -> dict[str, object]:
        """The numbers under names that say what they are, as JSON knows them."""
        lifetime = self.lifetime_mean
        return {
            "split": self.split,
            "images": self.images,
            "units": self.units,
            "threshold": self.threshold,
            "active_units_per_image": self.active_per_image,
            "dead_units": len(self.dead),
            "lifetime_sparsity": None if np.isnan(lifetime) else lifetime,
        }


def sparsity(
    trained: Trained,
    split: str = "test",
    limit: int | None = None,
    share: float = SHARE,
    progress: Progress | None = None,
) -> Sparsity:
    """Measure a split, or `limit` images of it. `progress` is told the share done, from 0 to 1.

    SettingError for a share outside 0 to 1, DataError when there is no image, RunError for a model without an encoder.
    """
    if not 0 <= share < 1:
        raise SettingError(f"A unit cannot be on above {share:g} of the largest activation: choose 0 or more, below 1.")
    images, chosen = images_of(trained, split, limit)
    smallest, largest = _range(trained, images, chosen, progress)
    threshold = share * float(max(-smallest.min(), largest.max(), 0.0))
    seen = _Seen(threshold, float(smallest.min()), float(largest.max()), len(smallest))
    for done, codes in codes_of(trained, images, chosen):
        seen.add(codes)
        if progress:
            progress(0.5 + done / 2)
    return Sparsity(
        images=len(chosen),
        split=split,
        threshold=threshold,
        share=share,
        edges=seen.edges,
        counts=seen.counts,
        active=np.concatenate(seen.active),
        often=np.asarray(seen.on / len(chosen), dtype=np.float32),
        mean=np.asarray(seen.sum / len(chosen), dtype=np.float32),
        smallest=smallest,
        largest=largest,
        lifetime=seen.lifetime(len(chosen)),
    )


def images_of(trained: Trained, split: str, limit: int | None) -> tuple[ImageSet, Indices]:
    """A split and the indices of all its images, or of `limit` drawn from it; DataError when there is none."""
    images = part_of(trained.splits, split)
    if not len(images):
        raise DataError(f"The {split} split has no images to encode: choose more images or classes.")
    return images, np.sort(shuffled(len(images), 0, "units")[: limit or len(images)]).astype(np.int64)


def codes_of(trained: Trained, images: ImageSet, chosen: Indices) -> Iterator[tuple[float, Floats]]:
    """The codes of chosen images batch by batch, each with the share that is then done."""
    for each in slices(len(chosen), batch_size(autoencoder_of(trained).image_shape)):
        yield each.stop / len(chosen), encode(trained, images.images[chosen[each]])


def _range(trained: Trained, images: ImageSet, chosen: Indices, progress: Progress | None) -> tuple[Floats, Floats]:
    latent = autoencoder_of(trained).latent
    smallest = np.full(latent, np.inf, np.float32)
    largest = np.full(latent, -np.inf, np.float32)
    for done, codes in codes_of(trained, images, chosen):
        np.minimum(smallest, codes.min(0), out=smallest)
        np.maximum(largest, codes.max(0), out=largest)
        if progress:
            progress(done / 2)
    return smallest, largest


class _Seen:
    """Sums over the batches seen so far."""

    def __init__(self, threshold: float, low: float, high: float, units: int):
        self.threshold = threshold
        self.edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1, dtype=np.float32)
        self.counts: Indices = np.zeros(BINS, np.int64)
        self.active: list[Indices] = []
        self.on: npt.NDArray[np.int64] = np.zeros(units, np.int64)
        self.sum, self.size, self.square = (np.zeros(units, np.float64) for _ in range(3))

    def add(self, codes: Floats) -> None:
        on = np.abs(codes) > self.threshold
        self.counts += np.histogram(np.clip(codes, self.edges[0], self.edges[-1]), bins=self.edges)[0]
        self.active.append(on.sum(1).astype(np.int64))
        self.on += on.sum(0)
        self.sum += codes.sum(0, dtype=np.float64)
        self.size += np.abs(codes).sum(0, dtype=np.float64)
        self.square += np.square(codes, dtype=np.float64).sum(0)

    def lifetime(self, images: int) -> Floats:
        if images < 2:
            return np.full(len(self.on), np.nan, np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            alike = np.where(self.square > 0, (self.size / images) ** 2 / (self.square / images), np.nan)
        return np.clip((1 - alike) / (1 - 1 / images), 0, 1).astype(np.float32)
