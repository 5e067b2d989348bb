"""Which images train, which choose, which report: fixed by a seed, the same on every machine.

    train       what a model learns from
    validation  what settings, epochs and early stopping are chosen by
    test        what is reported; nothing is ever chosen by looking at it

The order comes from SHA-256 and not from a random generator, whose stream may change with the version of its
library: a split must not move under a recipe that was written years ago.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.data.image_set import ImageSet
from aecore.errors import DataError

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SplitIndices:
    """Indices into one set of images, each image in exactly one part. Every part is in ascending order."""

    train: Indices
    validation: Indices
    test: Indices


def shuffled(count: int, seed: int, purpose: str) -> Indices:
    """The numbers from 0 to count - 1 in an order that depends on nothing but the arguments.

    Each number is ranked by the keystream of SHAKE-256, so equal arguments give equal orders for ever. The order
    for another count or another purpose is unrelated.
    """
    stream = hashlib.shake_256(f"{purpose}/{seed}/{count}".encode()).digest(8 * count)
    return np.argsort(np.frombuffer(stream, dtype="<u8"), kind="stable").astype(np.int64)


def split_by_seed(count: int, seed: int, validation_share: float = 0.1, test_share: float = 0.1) -> SplitIndices:
    """Share `count` images out. DataError when a share does not fit or training would be left without an image.

    A share above zero gives at least one image, so that even a small set of own pictures can be validated and
    tested; three images are the least that fill all three parts.
    """
    if not 0 <= validation_share < 1 or not 0 <= test_share < 1 or validation_share + test_share >= 1:
        raise DataError(
            f"The shares for validation ({validation_share:g}) and test ({test_share:g}) must be from 0 to below 1 "
            "and leave something for training: choose for example 0.1 and 0.1."
        )
    needed = 1 + (validation_share > 0) + (test_share > 0)
    if count < needed:
        raise DataError(
            f"{count} images cannot be divided into training, validation and test: add images until there are "
            f"at least {needed}."
        )
    validation, test = _part(count, validation_share), _part(count, test_share)
    while validation + test >= count:  # of a few images both may be rounded up: training keeps one
        validation, test = (validation - 1, test) if validation >= test else (validation, test - 1)
    order = shuffled(count, seed, "split")
    return SplitIndices(
        train=np.sort(order[validation + test :]),
        validation=np.sort(order[:validation]),
        test=np.sort(order[validation : validation + test]),
    )


def _part(count: int, share: float) -> int:
    return max(1, round(count * share)) if share > 0 else 0


def nested_subset(images: ImageSet, limit: int, seed: int = 0) -> ImageSet:
    """`limit` images chosen by a fixed order; all of them when `limit` is 0 or more than there are.

    The order takes one image of each class in turn, so a limit is as balanced over the classes as their counts
    allow, and a smaller limit is contained in a larger one. DataError for a negative limit.
    """
    if limit < 0:
        raise DataError(f"The limit is {limit} images: choose 1 or more, or 0 for all.")
    if limit == 0 or limit >= len(images):
        return images
    return images.take(balanced_order(images, seed)[:limit])


def balanced_order(images: ImageSet, seed: int = 0) -> Indices:
    """All indices in the order in which `nested_subset` takes them: rounds with one image of each class."""
    order = shuffled(len(images), seed, "limit")
    if images.labels is None:
        return order
    labels = np.asarray(images.labels)[order]
    rounds = np.empty(len(order), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rounds[members] = np.arange(len(members))
    return order[np.lexsort((labels, rounds))]
