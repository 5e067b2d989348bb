"""ImageSet: the one form in which pictures travel through the laboratory.

    images  uint8  [count, channels, height, width]   0 black, 255 white; 1 channel is grey, 3 are red, green, blue
    labels  int64  [count] or absent                  index into class_names

The arrays may be memory-mapped: taking a subset of a large set copies only what is taken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from aecore.errors import DataError

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one size with what is known about them. DataError when the arrays do not fit together."""

    images: Pixels
    labels: Labels | None = None
    class_names: tuple[str, ...] = ()
    title: str = ""
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise DataError(
                f"Images must be uint8 of shape [count, channels, height, width], "
                f"not {self.images.dtype} of shape {list(self.images.shape)}."
            )
        if self.images.shape[1] not in (1, 3):
            raise DataError(f"Images have {self.images.shape[1]} channels: convert them to 1 (grey) or 3 (RGB).")
        if self.labels is None:
            return
        if self.labels.shape != (len(self.images),):
            raise DataError(f"There are {len(self.images)} images but labels of shape {list(self.labels.shape)}.")
        if len(self.labels) and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(self.class_names):
            raise DataError(
                f"Labels run from {self.labels.min()} to {self.labels.max()} "
                f"but there are {len(self.class_names)} class names."
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> Shape:
        """(channels, height, width) of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    @property
    def pixels(self) -> int:
        """Numbers per image: channels x height x width."""
        return int(np.prod(self.shape))

    def take(self, indices: npt.NDArray[np.integer] | Sequence[int]) -> "ImageSet":
        """The images at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        labels = None if self.labels is None else np.asarray(self.labels[chosen])
        return replace(self, images=np.asarray(self.images[chosen]), labels=labels)

    def of_classes(self, classes: Sequence[int]) -> "ImageSet":
        """Only the images of these classes; all of them when `classes` is empty. Class names keep their index."""
        if not classes:
            return self
        if self.labels is None:
            raise DataError(f"{self.title or 'This data set'} has no classes: leave the choice of classes empty.")
        unknown = sorted(set(classes) - set(range(len(self.class_names))))
        if unknown:
            raise DataError(
                f"{self.title or 'This data set'} has the classes 0 to {len(self.class_names) - 1}, "
                f"not {', '.join(map(str, unknown))}."
            )
        return self.take(np.flatnonzero(np.isin(self.labels, list(classes))))

    def first(self, limit: int) -> "ImageSet":
        """The first `limit` images; all of them when `limit` is 0 or more than there are."""
        if limit <= 0 or limit >= len(self):
            return self
        labels = None if self.labels is None else self.labels[:limit]
        return replace(self, images=self.images[:limit], labels=labels)


@dataclass(frozen=True)
class Splits:
    """One data set in three parts. `test` is only for reporting: nothing is ever chosen by looking at it."""

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    name: str
    fingerprint: str  # SHA-256 over what the images are made of; a recipe records it

    @property
    def shape(self) -> Shape:
        """(channels, height, width) of every image."""
        return self.train.shape

    @property
    def classes(self) -> int:
        """How many classes the images have; 0 where they have no labels."""
        return 0 if self.train.labels is None else len(self.train.class_names)

    @property
    def count(self) -> int:
        """How many images there are in all parts together."""
        return len(self.train) + len(self.validation) + len(self.test)

    def offset(self, split: str) -> int:
        """The index of a part's first image among all: training, validation, then test images."""
        before = {"train": 0, "validation": len(self.train), "test": len(self.train) + len(self.validation)}
        if split not in before:
            raise DataError(f"There is no split {split!r}: choose one of {', '.join(before)}.")
        return before[split]

    def take(self, indices: npt.NDArray[np.integer] | Sequence[int]) -> ImageSet:
        """The images at `indices` into training, validation, then test images, in that order; copies.

        DataError for an index that is not there.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        images = np.empty((len(chosen), *self.shape), np.uint8)
        for part, within, places in self._where(chosen):
            images[within] = part.images[places]
        return replace(self.train, images=images, labels=self.labels_at(chosen))

    def labels_at(self, indices: npt.NDArray[np.integer] | Sequence[int]) -> Labels | None:
        """The labels of the images at `indices`, counted as for `take`; None where images have none."""
        if self.train.labels is None:
            return None
        chosen = np.asarray(indices, dtype=np.int64)
        labels = np.empty(len(chosen), np.int64)
        for part, within, places in self._where(chosen):
            labels[within] = 0 if part.labels is None else part.labels[places]
        return labels

    def _where(self, chosen: Labels) -> Iterator[tuple[ImageSet, npt.NDArray[np.bool_], Labels]]:
        """Each part, which of the chosen images lie in it, and their indices there."""
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < self.count:
            raise DataError(f"There are the images 0 to {self.count - 1:,}, not {chosen.min():,} to {chosen.max():,}.")
        for name, part in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            places = chosen - self.offset(name)
            within = (places >= 0) & (places < len(part))
            yield part, within, places[within]
