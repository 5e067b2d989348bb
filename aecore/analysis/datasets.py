"""What a data set looks like: its classes, their mean images, and all of its pictures page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

import numpy as np
import numpy.typing as npt

from aecore.data.catalog import file_names, load
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import PARTS
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
    """Some pictures that lie together: `images` uint8 [count, channels, height, width], the first is `first` of `total`.

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
    members = np.arange(len(images))
    if label is not None:
        members = np.flatnonzero(np.asarray(images.of_classes([label]) and images.labels) == label)
    pages = max(1, ceil(len(members) / size))
    first = (min(max(number, 1), pages) - 1) * size
    shown = members[first : first + size]
    labels = [] if images.labels is None else images.labels[shown]
    files = file_names(name, part)
    return PicturePage(
        images=images.images[shown],
        classes=tuple(images.class_names[each] for each in labels),
        files=tuple(files[each] for each in shown) if files else (),
        first=first,
        total=len(members),
        pages=pages,
    )
