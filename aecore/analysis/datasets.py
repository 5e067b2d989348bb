"""What a data set looks like: its classes, their mean images, and all of its pictures page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from aecore.data.catalog import file_names, load
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.packed import PARTS
from aecore.errors import DataError
from aecore.randomness import numpy_stream

MOST_AVERAGED = 2000  # a mean over so many images does not change to the eye by more
MOST_AVERAGED_BYTES = 32 * 2**20  # so that even large pictures in many classes are averaged in a second or two
WITHOUT_CLASSES = "All"

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ClassMean:
    """The mean image of a class, uint8 [channels, height, width], over `averaged` of its `count` training images."""

    name: str
    count: int
    mean: Pixels
    averaged: int


@dataclass(frozen=True, eq=False)
class ClassExamples:
    """Some training images of a class, uint8 [count, channels, height, width]."""

    name: str
    images: Pixels


@dataclass(frozen=True, eq=False)
class PicturePage:
    """Some pictures that lie together, uint8 [count, channels, height, width]: the first is number `first` of `total`.

    `files` are their names in the source, for a person's own pictures; `classes` are empty without classes.
    """

    images: Pixels
    classes: tuple[str, ...]
    files: tuple[str, ...]
    first: int  # counted from 0
    total: int
    pages: int


def class_means(name: str, classes: Sequence[int] = ()) -> list[ClassMean]:
    """The mean of each of `classes` (all when empty) that has training images; one of everything without classes.

    Averaged are at most 2,000 images of a class and 32 MB of them, drawn once.
    """
    images = load(name).train
    most = max(1, min(MOST_AVERAGED, MOST_AVERAGED_BYTES // images.pixels))
    return [_mean(images, title, members, most) for title, members in _members(images, classes)]


def class_examples(name: str, count: int, draw: int = 0, classes: Sequence[int] = ()) -> list[ClassExamples]:
    """At most `count` training images of each of the same classes, in the same order; `draw` picks other ones."""
    images = load(name).train
    return [
        ClassExamples(title, images.images[numpy_stream(draw, "examples", title).permutation(members)[:count]])
        for title, members in _members(images, classes)
    ]


def picture_page(name: str, part: str, label: int | None = None, number: int = 1, size: int = 100) -> PicturePage:
    """Page `number` (from 1) of the pictures of a part, of one class only when `label` is given.

    A number beyond the last page gives the last. DataError for a part that is none of training, validation and test.
    """
    if part not in PARTS:
        raise DataError(f"A data set has no part {part!r}: choose one of {', '.join(PARTS)}.")
    splits = load(name)
    images: ImageSet = getattr(splits, part)
    members = _labelled(images, label)
    pages = max(1, ceil(len(members) / size))
    first = (min(max(number, 1), pages) - 1) * size
    shown = members[first : first + size]
    classes = () if images.labels is None else tuple(images.class_names[each] for each in images.labels[shown])
    before = {"train": 0, "validation": len(splits.train), "test": len(splits.train) + len(splits.validation)}[part]
    files = _files(name)[before : before + len(images)]
    return PicturePage(
        images=images.images[shown],
        classes=classes,
        files=tuple(files[each] for each in shown if each < len(files)),
        first=first,
        total=len(members),
        pages=pages,
    )


def _files(name: str) -> tuple[str, ...]:
    try:
        return file_names(name)
    except DataError:  # the pictures are there: they can be looked at without their names
        return ()


def _labelled(images: ImageSet, label: int | None) -> Indices:
    if label is None:
        return np.arange(len(images))
    if images.labels is None:
        raise DataError(f"{images.title or 'This data set'} has no classes: look at all of its pictures.")
    return np.flatnonzero(images.labels == label)


def _members(images: ImageSet, classes: Sequence[int]) -> list[tuple[str, Indices]]:
    """Each class that has images with the indices of its images; everything as one where there are no classes."""
    if images.labels is None or len(images.class_names) < 2:
        return [(WITHOUT_CLASSES, np.arange(len(images)))]
    chosen = classes or range(len(images.class_names))
    found = [(images.class_names[each], np.flatnonzero(images.labels == each)) for each in chosen]
    return [(name, members) for name, members in found if len(members)]


def _mean(images: ImageSet, title: str, members: Indices, most: int) -> ClassMean:
    averaged = np.sort(numpy_stream(0, "mean", title).permutation(members)[:most])
    total = np.zeros(images.shape, np.float64)
    for start in range(0, len(averaged), 256):
        total += images.images[averaged[start : start + 256]].sum(0, dtype=np.float64)
    mean = np.round(total / len(averaged)).astype(np.uint8)
    return ClassMean(title, len(members), mean, len(averaged))
