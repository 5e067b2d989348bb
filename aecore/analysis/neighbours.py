"""What a code keeps of the neighbourhoods of the images: two numbers, from 0 to 1, more is better.

    accuracy   share of images whose class is that of most of their k nearest neighbours in the space of codes
    T(k)       1 - 2 / (n k (2n - 3k - 1)) sum_i sum_(j in U_i) (r(i, j) - k)

n images with their codes. Neighbours are looked for among the other n - 1 (leave one out), by Euclidean distance; at
equal votes the class of the nearer neighbours wins. U_i: those of the k nearest codes of i whose images are not among
the k nearest images of i. r(i, j): the place of image j among the others by distance from i in pixels, 1 the nearest.
Trustworthiness is 1 when no neighbour in the code is a false one, and about 0.5 for codes that know nothing. Both
count what is near; neither says whether far things are well placed.

Source: Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; Venna
and Kaski, "Neighborhood Preservation in Nonlinear Projection Methods: An Experimental Study", ICANN 2001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Floats, Indices, slices
from aecore.data.image_set import ImageSet, Pixels
from aecore.errors import DataError, SettingError

NEIGHBOURS = 10
MOST_IMAGES = 10_000  # time and memory grow with its square: the places of 10,000 images take 200 MB
ROWS, COLUMNS = 500, 4096  # of one block of distances: bounds the memory for large images

Places = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Kept:
    """What codes keep. `accuracy` is None for images without classes."""

    accuracy: float | None
    trustworthiness: float


class Neighbourhoods:
    """The neighbourhoods of n images, found once, to measure any number of codes of these images by."""

    def __init__(self, images: ImageSet, neighbours: int = NEIGHBOURS):
        """DataError for fewer images than two neighbourhoods hold, or for more than can be held in memory."""
        least = 2 * neighbours + 2
        if not least <= len(images) <= MOST_IMAGES:
            raise DataError(
                f"{neighbours} neighbours are looked for among {len(images):,} images: give {least} to {MOST_IMAGES:,}."
            )
        self.images = images
        self.neighbours = neighbours
        self._places = _places(images.images)

    def __len__(self) -> int:
        return len(self.images)

    def measure(self, codes: Floats) -> Kept:
        """What `codes` [n, size] keep. SettingError for another number of codes or one that is not finite."""
        if codes.ndim != 2 or len(codes) != len(self):
            raise SettingError(f"There are {len(self):,} images but codes of shape {list(codes.shape)}: give one each.")
        if not np.isfinite(codes).all():
            raise SettingError("Some codes are not finite numbers, so that they have no neighbours.")
        return self._judge(nearest(codes, self.neighbours))

    def of_pixels(self) -> Kept:
        """The same for the images themselves: what the best code can hope to keep, with a trustworthiness of 1."""
        nearest = np.argsort(self._places, axis=1, kind="stable")[:, 1 : self.neighbours + 1]
        return self._judge(nearest.astype(np.int64))

    def _judge(self, nearest: Indices) -> Kept:
        labels = self.images.labels
        return Kept(
            accuracy=None if labels is None else _accuracy(np.asarray(labels), nearest),
            trustworthiness=_trustworthiness(self._places, nearest),
        )


def trustworthiness(codes: Floats, maps: Sequence[Floats], neighbours: int = NEIGHBOURS) -> list[float]:
    """T(k) of maps [n, size] of codes [n, latent], with codes in the place of images and maps in that of codes.

    SettingError for fewer points than two neighbourhoods hold, or for more than can be held in memory.
    """
    least = 2 * neighbours + 2
    if not least <= len(codes) <= MOST_IMAGES:
        raise SettingError(
            f"{neighbours} neighbours are looked for among {len(codes):,} points: give {least} to {MOST_IMAGES:,}."
        )
    places = _places(codes)
    return [_trustworthiness(places, nearest(each, neighbours)) for each in maps]


def _trustworthiness(places: Places, nearest: Indices) -> float:
    count, k = nearest.shape
    found = np.take_along_axis(places, nearest, axis=1).astype(np.int64)
    beyond = int(np.maximum(found - k, 0).sum())
    return 1.0 - 2.0 * beyond / float(count * k * (2 * count - 3 * k - 1))


def _places(images: Pixels | Floats) -> Places:
    """[n, n]: the place of each image by its distance from each, 0 for itself.

    Sums of squares of whole numbers are exact in float64, so that equal distances are equal; they keep their order.
    """
    count = len(images)
    flat = images.reshape(count, -1)
    norms = np.array([np.square(row, dtype=np.float64).sum() for row in flat])
    places = np.empty((count, count), np.uint16)
    order = np.arange(count, dtype=np.uint16)
    for rows in slices(count, ROWS):
        squares = norms[rows, None] + norms
        for columns in slices(flat.shape[1], COLUMNS):
            squares -= 2.0 * (flat[rows, columns].astype(np.float64) @ flat[:, columns].astype(np.float64).T)
        squares[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = -1.0  # before its doubles
        np.put_along_axis(places[rows], np.argsort(squares, axis=1, kind="stable"), order[None], axis=1)
    return places


def nearest(codes: Floats, neighbours: int) -> Indices:
    """[n, neighbours]: the nearest others of each code, the nearest first."""
    from sklearn import neighbors

    make: Any = neighbors.NearestNeighbors
    search = make(n_neighbors=neighbours).fit(codes.astype(np.float64))
    return np.asarray(search.kneighbors(return_distance=False), dtype=np.int64)


def _accuracy(labels: Indices, nearest: Indices) -> float:
    """Share of images whose neighbours name their class by a majority."""
    votes = labels[nearest]
    weights = 1.0 + 2.0 ** -np.arange(4, 4 + votes.shape[1])  # below one vote together: they only settle equal votes
    counted = np.zeros((len(labels), int(labels.max()) + 1))
    np.add.at(counted, (np.arange(len(labels))[:, None], votes), weights)
    return float(np.mean(counted.argmax(1) == labels))
