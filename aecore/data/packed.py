"""The form in which a data set ships: xz blocks of pixels and labels beside a manifest that says what they are.

    manifest.json          what the data set is, what its files hold and what they must add up to (SHA-256)
    train-images-1.xz ...  blocks of images, one byte per pixel
    train-labels.xz        one byte per image

xz was chosen by size against time among what Python unpacks by itself or Pillow brings (bzip2, PNG, lossless
WebP): nothing that unpacks in seconds is smaller. Images are kept by rows or by columns, whichever is smaller:
clothes have straight vertical edges, so a column repeats its neighbour, and Fashion-MNIST shrinks by 5 % more.
Blocks are unpacked side by side, one thread each.
"""

import hashlib
import json
import lzma
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.data.idx import idx_header
from aecore.data.image_set import Pixels, Shape
from aecore.errors import DataError

Bytes = npt.NDArray[np.uint8]

MANIFEST = "manifest.json"
FORMAT = 1
LAYOUTS = ("rows", "columns")
ORIGINALS = ("train", "test")
PARTS = ("train", "validation", "test")
RESTORE = "restore the folder assets/datasets from the repository."
IMAGES_PER_BLOCK = 30_000
# Of literal context and position bits, four and none pack pixels best; the dictionary covers a whole block.
FILTERS = [
    {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0, "dict_size": 64 * 2**20}
]


@dataclass(frozen=True)
class Original:
    """One published pair of IDX files as it is kept here. The SHA-256 are those of the IDX files, header included."""

    count: int
    images: tuple[str, ...]  # files of the blocks, in order
    labels: str
    images_sha256: str
    labels_sha256: str


@dataclass(frozen=True)
class Part:
    """One part of the split: how many images, and the SHA-256 of its arrays as the cache keeps them."""

    count: int
    images_sha256: str
    labels_sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything that is known of a shipped data set without unpacking it."""

    title: str
    shape: Shape
    class_names: tuple[str, ...]
    source: str
    licence: str
    attribution: str
    layout: str  # "rows" or "columns"
    originals: dict[str, Original]  # by ORIGINALS
    parts: dict[str, Part]  # by PARTS
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of `folder`. DataError when it is missing or not as this program writes it."""
        path = folder / MANIFEST
        try:
            return cls._from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(f"{path} cannot be used ({error}): {RESTORE}") from error

    @classmethod
    def _from_json(cls, values: dict[str, Any]) -> "Manifest":
        channels, height, width = values.pop("shape")
        originals = {
            name: Original(**{**each, "images": tuple(each["images"])})
            for name, each in values.pop("originals").items()
        }
        parts = {name: Part(**each) for name, each in values.pop("parts").items()}
        manifest = cls(
            shape=(channels, height, width),
            class_names=tuple(values.pop("class_names")),
            originals=originals,
            parts=parts,
            **values,
        )
        if manifest.format != FORMAT or manifest.layout not in LAYOUTS:
            raise ValueError(f"format {manifest.format}, layout {manifest.layout}")
        if set(originals) != set(ORIGINALS) or set(parts) != set(PARTS):
            raise ValueError(f"files for {', '.join(originals)}, parts {', '.join(parts)}")
        return manifest

    def write(self, folder: Path) -> None:
        """Write the manifest into `folder`."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the SHA-256 of all parts: it changes when a pixel, a label or the split does."""
        digests = [each for part in self.parts.values() for each in (part.images_sha256, part.labels_sha256)]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def idx_sha256(array: Bytes) -> str:
    """SHA-256 of the IDX file that holds this array. Images of one channel have no axis for it there."""
    shape = array.shape
    if array.ndim == 4 and shape[1] == 1:
        shape = (shape[0], *shape[2:])
    digest = hashlib.sha256(idx_header(shape))
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def best_layout(images: Pixels) -> str:
    """The layout in which these images pack smaller; a sample of them is enough to tell."""
    return min(LAYOUTS, key=lambda layout: len(_pack(_laid_out(images, layout))))


def write_original(folder: Path, name: str, images: Pixels, labels: Bytes, layout: str) -> Original:
    """Pack images [count, channels, height, width] and labels [count] into `folder`."""
    starts = range(0, len(images), IMAGES_PER_BLOCK)
    blocks = tuple(f"{name}-images-{number}.xz" for number in range(1, 1 + len(starts)))
    for block, start in zip(blocks, starts, strict=True):
        chosen = images[start : start + IMAGES_PER_BLOCK]
        (folder / block).write_bytes(_pack(_laid_out(chosen, layout)))
    (folder / f"{name}-labels.xz").write_bytes(_pack(labels))
    return Original(len(images), blocks, f"{name}-labels.xz", idx_sha256(images), idx_sha256(labels))


def unpack(folder: Path, manifest: Manifest) -> dict[str, tuple[Pixels, Bytes]]:
    """Images and labels of each original, checked against their SHA-256. DataError when a file is damaged."""
    with ThreadPoolExecutor() as pool:
        waiting = {
            name: (
                [pool.submit(_read_images, folder / block, manifest) for block in original.images],
                pool.submit(_read_labels, folder / original.labels, original.count),
            )
            for name, original in manifest.originals.items()
        }
        return {
            name: _checked(folder, manifest, name, [block.result() for block in blocks], labels.result())
            for name, (blocks, labels) in waiting.items()
        }


def _checked(
    folder: Path, manifest: Manifest, name: str, blocks: Iterable[Pixels], labels: Bytes
) -> tuple[Pixels, Bytes]:
    images, original = np.concatenate(list(blocks)), manifest.originals[name]
    for what, array, expected in (
        ("images", images, original.images_sha256),
        ("labels", labels, original.labels_sha256),
    ):
        if len(array) != original.count or idx_sha256(array) != expected:
            raise DataError(f"The {name} {what} in {folder} are not the published ones (wrong SHA-256): {RESTORE}")
    return images, labels


def _read_images(path: Path, manifest: Manifest) -> Pixels:
    channels, height, width = manifest.shape
    stored = _unpack(path, IMAGES_PER_BLOCK * prod(manifest.shape))
    if stored.size % prod(manifest.shape):
        raise DataError(f"{path} does not hold whole images: {RESTORE}")
    across, along = (width, height) if manifest.layout == "columns" else (height, width)
    return np.ascontiguousarray(_laid_out(stored.reshape(-1, channels, across, along), manifest.layout))


def _read_labels(path: Path, count: int) -> Bytes:
    return _unpack(path, count)


def _laid_out(images: Pixels, layout: str) -> Pixels:
    """As images lie in a block: by columns, rows become columns. Twice gives back the images."""
    return images.transpose(0, 1, 3, 2) if layout == "columns" else images


def _pack(array: Bytes) -> bytes:
    return lzma.compress(array.tobytes(), filters=FILTERS)


def _unpack(path: Path, limit_bytes: int) -> Bytes:
    """The bytes packed in a file; more than `limit_bytes` are not unpacked but refused."""
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        unpacked = decompressor.decompress(path.read_bytes(), limit_bytes + 1)
    except (OSError, lzma.LZMAError) as error:
        raise DataError(f"{path} cannot be unpacked ({error}): {RESTORE}") from error
    if len(unpacked) > limit_bytes or not decompressor.eof:
        state = "holds more than it should" if len(unpacked) > limit_bytes else "is truncated"
        raise DataError(f"{path} {state}: {RESTORE}")
    return np.frombuffer(unpacked, np.uint8)
