"""IDX files, the form in which MNIST and its relatives are published; plain or gzipped.

    0  0  type  dimensions | size of each dimension, 4 bytes | values, row by row          all big-endian

A header is a claim: the length it announces is checked against a limit and against the file before memory is
given to it, and a file that is shorter or longer than it says is refused.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
"""

import gzip
import re
import zlib
from collections.abc import Sequence
from io import BufferedIOBase
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aecore.data.image_set import ImageSet, Labels
from aecore.errors import DataError

Array = npt.NDArray[Any]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
BYTES_LIMIT = 2 * 2**30  # forty times MNIST
MOST_DIMENSIONS = 4
MOST_CLASSES = 1000
GZIP_MAGIC = b"\x1f\x8b"
GZIP_BEST_RATIO = 1032  # deflate cannot shrink anything more than this


class IdxFolder(NamedTuple):
    """What the four files of an MNIST-like folder hold."""

    train: ImageSet
    test: ImageSet


def read_idx(path: Path, limit_bytes: int = BYTES_LIMIT) -> Array:
    """The array in an IDX file, plain or gzipped (told apart by content, not by name).

    DataError for a file that is missing, no IDX file, truncated, longer than its header says, or larger than
    `limit_bytes` once read.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
            size = file.seek(0, 2)
            file.seek(0)
            if not zipped:
                return _read(file, path, limit_bytes, at_most=size)
            with gzip.open(file) as stream:
                return _read(stream, path, limit_bytes, at_most=size * GZIP_BEST_RATIO)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} is a damaged gzip file ({error}): get it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def idx_header(shape: Sequence[int]) -> bytes:
    """The bytes that precede unsigned bytes of this shape in an IDX file."""
    return bytes([0, 0, 0x08, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)


def read_idx_folder(folder: Path, class_names: tuple[str, ...] = (), title: str = "") -> IdxFolder:
    """The images and labels of a folder with four IDX files named as MNIST's, `train-images...` to `t10k-labels...`.

    Images are [count, height, width], or [count, channels, height, width] for colour. Without `class_names` the
    classes are called "0", "1" ... DataError for files that are missing, ambiguous, damaged or do not fit together.
    """
    images = {part: _images(_find(folder, part, "images")) for part in ("train", "test")}
    labels = {part: _labels(_find(folder, part, "labels")) for part in ("train", "test")}
    if images["train"].shape[1:] != images["test"].shape[1:]:
        raise DataError(
            f"{folder.name}: training images are {_times(images['train'])} but test images {_times(images['test'])}."
        )
    names = class_names or tuple(map(str, range(1 + max(int(each.max(initial=0)) for each in labels.values()))))
    train, test = (
        ImageSet(images[part], labels[part], names, title or folder.name, source=str(folder))
        for part in ("train", "test")
    )
    return IdxFolder(train, test)


def _read(stream: BufferedIOBase, path: Path, limit_bytes: int, at_most: int) -> Array:
    """The array that `stream` holds; `at_most` is what a file of this size could hold."""
    dtype, shape = _header(stream, path)
    announced = prod(shape) * dtype.itemsize  # exact: Python's integers do not overflow
    if announced > limit_bytes:
        raise DataError(
            f"{path.name} announces {announced:,} bytes; at most {limit_bytes:,} are read: "
            "use a smaller file, or check that this is an IDX file."
        )
    if announced > at_most:
        raise DataError(f"{path.name} is truncated: its header announces {announced:,} bytes, more than it can hold.")
    values = stream.read(announced)
    if len(values) < announced:
        raise DataError(f"{path.name} is truncated: {len(values):,} of {announced:,} bytes are there. Get it again.")
    if stream.read(1):
        raise DataError(f"{path.name} goes on after the {announced:,} bytes its header announces: get it again.")
    return np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _header(stream: BufferedIOBase, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= MOST_DIMENSIONS:
        raise DataError(
            f"{path.name} is no IDX file: it begins with {magic.hex(' ') or 'nothing'}, "
            f"an IDX file with 00 00, a type and 1 to {MOST_DIMENSIONS} dimensions."
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{path.name} is truncated: it ends within its header. Get it again.")
    return np.dtype(TYPES[magic[2]]), tuple(np.frombuffer(sizes, ">u4").tolist())


def _find(folder: Path, part: str, what: str) -> Path:
    """The one file of `folder` that holds the images or labels of a part. MNIST calls its test files t10k."""
    prefix = "train" if part == "train" else "(t10k|test)"
    pattern = re.compile(rf"(^|[-_.]){prefix}[-_.]{what}\b", re.IGNORECASE)
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give the folder that holds the four IDX files.")
    found = sorted(path for path in folder.iterdir() if path.is_file() and pattern.search(path.name))
    # A file and its gzipped twin hold the same: the plain one, first in order, needs no unzipping.
    if len({path.name.removesuffix(".gz") for path in found}) == 1:
        return found[0]
    example = f"{'train' if part == 'train' else 't10k'}-{what}-idx{3 if what == 'images' else 1}-ubyte"
    if not found:
        raise DataError(f"{folder} holds no {part} {what}: a file named like {example} (or .gz) is needed.")
    names = ", ".join(path.name for path in found)
    raise DataError(f"{folder} holds several files of {part} {what} ({names}): leave one of them there.")


def _images(path: Path) -> npt.NDArray[np.uint8]:
    array = read_idx(path)
    if array.dtype != np.uint8 or array.ndim not in (3, 4) or 0 in array.shape:
        raise DataError(
            f"{path.name} holds {array.dtype} of shape {list(array.shape)}: "
            "images are unsigned bytes of [count, height, width] or [count, channels, height, width]."
        )
    return array[:, None] if array.ndim == 3 else array


def _labels(path: Path) -> Labels:
    array = read_idx(path)
    if array.ndim != 1 or array.dtype.kind not in "ui":
        raise DataError(
            f"{path.name} holds {array.dtype} of shape {list(array.shape)}: labels are one whole number per image."
        )
    if array.size and not 0 <= int(array.min()) <= int(array.max()) < MOST_CLASSES:
        raise DataError(f"{path.name} holds labels from {array.min()} to {array.max()}: 0 to {MOST_CLASSES - 1} work.")
    return array.astype(np.int64)


def _times(images: Array) -> str:
    return " x ".join(map(str, images.shape[1:]))
