"""What a data set looks like: its classes, their mean images and some of their pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.data.catalog import load
from aecore.data.image_set import ImageSet, Pixels
from aecore.randomness import numpy_stream

MOST_AVERAGED = 2000  # a mean over so many images does not change to the eye by more


@dataclass(frozen=True, eq=False)
class ClassRow:
    """One class. `mean` and each of `examples` are uint8 [channels, height, width]."""

    name: str
    count: int
    mean: Pixels
    examples: Pixels


def class_rows(name: str, examples: int, draw: int = 0) -> list[ClassRow]:
    """A row for each class of the training images of the data set `name`; one row when they have no classes.

    `draw` picks other examples. Means are over at most 2,000 images of a class, drawn once.
    """
    images = load(name).train
    groups: list[tuple[str, npt.NDArray[np.int64]]] = [("All", np.arange(len(images)))]
    if images.labels is not None and len(images.class_names) > 1:
        groups = [(each, np.flatnonzero(images.labels == n)) for n, each in enumerate(images.class_names)]
    return [_row(images, title, members, examples, draw) for title, members in groups if len(members)]


def _row(images: ImageSet, title: str, members: npt.NDArray[np.int64], examples: int, draw: int) -> ClassRow:
    averaged = numpy_stream(0, "mean", title).permutation(members)[:MOST_AVERAGED]
    shown = numpy_stream(draw, "examples", title).permutation(members)[:examples]
    total = np.zeros(images.shape, np.float64)
    for start in range(0, len(averaged), 256):
        total += images.images[np.sort(averaged[start : start + 256])].sum(0, dtype=np.float64)
    mean = np.round(total / len(averaged)).astype(np.uint8)
    return ClassRow(title, len(members), mean, images.images[shown])
