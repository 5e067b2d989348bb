"""Does a model reconstruct images, or does it know a few by heart?

Outputs are compared with the training images: the nearest one is that with the least squared error. For a walk along
the code the line through the mean code is taken in the direction in which the codes of training images differ most;
of a code of one number that is the number itself. Steps are equally long, from the first training image to the last.
"""

from dataclasses import dataclass

import numpy as np

from aecore.analysis.trained import Floats, Indices, Trained, batch_size, decode, encode, slices
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import nested_subset
from aecore.errors import DataError

ASKED = 300  # training images whose nearest neighbour among all of them is sought


@dataclass(frozen=True, eq=False)
class Nearest:
    """Images and the training image nearest to each: which one it is, and the squared error between the two."""

    images: Floats  # [n, channels, height, width]
    nearest: Pixels  # [n, channels, height, width]
    indices: Indices  # [n], into the training images
    errors: Floats  # [n], squared error per image


@dataclass(frozen=True, eq=False)
class Memorised:
    """Test images through the model, and a walk along its code, each beside the nearest training image."""

    test: Pixels
    outputs: Nearest
    output_errors: Floats  # [n], squared error of the outputs against the test images
    codes: Floats  # [steps]: where the walk stands, in the direction of the walk
    walk: Nearest
    between: float  # mean squared error of a training image against the nearest other one
    train_images: int


def memorised(trained: Trained, images: int = 8, steps: int = 24) -> Memorised:
    """`images` test images of different classes, and a walk of `steps` images along the code.

    DataError for a single training image.
    """
    train, test = trained.splits.train, nested_subset(trained.splits.test, images)
    if len(train) < 2:
        raise DataError("There is one training image only: choose at least 2.")
    places, along = _walk(encode(trained, train.images), steps)
    outputs = decode(trained, encode(trained, test.images))
    return Memorised(
        test=test.images,
        outputs=nearest(outputs, train),
        output_errors=np.square(outputs - _as_floats(test.images)).reshape(len(outputs), -1).sum(1),
        codes=places,
        walk=nearest(decode(trained, along), train),
        between=_between(train),
        train_images=len(train),
    )


def nearest(images: Floats, train: ImageSet) -> Nearest:
    """The nearest of all training images to each of `images` [n, channels, height, width]."""
    indices, errors = _nearest_two(images, train)
    return Nearest(images, train.take(indices[:, 0]).images, indices[:, 0], errors[:, 0])


def _walk(codes: Floats, steps: int) -> tuple[Floats, Floats]:
    """Places [steps] on the line, and the codes [steps, latent] there."""
    mean = codes.mean(0)
    _, _, directions = np.linalg.svd(codes - mean, full_matrices=False)
    direction = directions[0] * (1 if directions[0].sum() >= 0 else -1)
    on_line = (codes - mean) @ direction
    places = np.linspace(on_line.min(), on_line.max(), steps, dtype=np.float32)
    along = np.asarray(mean + places[:, None] * direction, dtype=np.float32)
    return np.asarray(along[:, 0] if codes.shape[1] == 1 else places, dtype=np.float32), along


def _between(train: ImageSet) -> float:
    """Mean over training images, a few hundred of them, of the error against the nearest other one."""
    some = nested_subset(train, ASKED)
    return float(_nearest_two(_as_floats(some.images), train)[1][:, 1].mean())


def _nearest_two(images: Floats, train: ImageSet) -> tuple[Indices, Floats]:
    """Of each image the two nearest training images and their errors, [n, 2] each, the nearest first."""
    rows = images.reshape(len(images), -1)
    indices, errors = np.empty((len(rows), 0), np.int64), np.empty((len(rows), 0), np.float32)
    for each in slices(len(train), batch_size(train.shape)):
        among = _squared_errors(rows, _as_floats(train.images[each]).reshape(each.stop - each.start, -1))
        places = np.broadcast_to(np.arange(each.start, each.stop), among.shape)
        indices, errors = np.concatenate([indices, places], 1), np.concatenate([errors, among], 1)
        order = np.argsort(errors, 1, kind="stable")[:, :2]
        indices, errors = np.take_along_axis(indices, order, 1), np.take_along_axis(errors, order, 1)
    return indices, errors


def _squared_errors(ones: Floats, others: Floats) -> Floats:
    """[ones, others]; rounding never makes one negative."""
    products = ones @ others.T
    errors = np.square(ones).sum(1)[:, None] + np.square(others).sum(1)[None] - 2 * products
    return np.asarray(np.maximum(errors, 0.0), dtype=np.float32)


def _as_floats(images: Pixels) -> Floats:
    return np.asarray(images / np.float32(255), dtype=np.float32)
