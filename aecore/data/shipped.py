"""The data sets that come with the laboratory: MNIST and Fashion-MNIST, 60,000 + 10,000 images each.

The published 10,000 are the test part and nothing else. Of the published 60,000, 5,000 are for validation: a
rate of 2 % is then known to 0.2 % (one standard error), and the 55,000 that stay for training keep the figures
close to published ones, which come from training on all 60,000.

The first load unpacks the blocks into the cache, one array for each part, so that later loads only map them.
"""

from pathlib import Path
from typing import Final

import numpy as np

from aecore.data import cache
from aecore.data.cache import Array, Expected
from aecore.data.image_set import ImageSet, Splits
from aecore.data.info import DatasetInfo
from aecore.data.packed import PARTS, Manifest, Original, Part, best_layout, unpack, write_original
from aecore.data.splits import shuffled
from aecore.errors import DataError
from aecore.places import ASSETS, data_folder

SHIPPED: Final = ("mnist", "fashion_mnist")
FOLDER: Final = ASSETS / "datasets"
VALIDATION: Final = 5_000
SPLIT_SEED: Final = 1998
LAYOUT_SAMPLE: Final = 5_000


def shipped_datasets() -> tuple[DatasetInfo, ...]:
    """What is known of the shipped data sets, from their manifests alone."""
    return tuple(describe(name, FOLDER / name) for name in SHIPPED)


def load_shipped(name: str) -> Splits:
    """A shipped data set, unpacked into the cache the first time and memory-mapped after that."""
    return load_packed(name, FOLDER / name, data_folder() / "shipped" / name)


def describe(name: str, folder: Path) -> DatasetInfo:
    """What the manifest of a packed data set says."""
    manifest = Manifest.read(folder)
    train, validation, test = (manifest.parts[part].count for part in PARTS)
    return DatasetInfo(
        key=name,
        title=manifest.title,
        shape=manifest.shape,
        train=train,
        validation=validation,
        test=test,
        class_names=manifest.class_names,
        source=manifest.source,
        licence=manifest.licence,
        kind="shipped",
        bytes_on_disk=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
    )


def load_packed(name: str, folder: Path, cached: Path) -> Splits:
    """The packed data set in `folder`, through the cache folder `cached`. DataError when a file is damaged."""
    manifest = Manifest.read(folder)
    expected = [each for part in PARTS for each in _expected(manifest, part)]
    arrays = cache.fetch(cached, expected, lambda: _unpacked(folder, manifest))
    train, validation, test = (
        ImageSet(
            arrays[f"{part}-images"],
            arrays[f"{part}-labels"],
            manifest.class_names,
            manifest.title,
            manifest.source,
            manifest.licence,
        )
        for part in PARTS
    )
    return Splits(train, validation, test, name, manifest.fingerprint)


def pack(
    folder: Path, train: ImageSet, test: ImageSet, validation: int = VALIDATION, attribution: str = ""
) -> Manifest:
    """Write labelled images into `folder` in the form in which data sets ship; `validation` come from `train`."""
    folder.mkdir(parents=True, exist_ok=True)
    layout = best_layout(train.images[:LAYOUT_SAMPLE])
    originals = {name: _write(folder, name, images, layout) for name, images in (("train", train), ("test", test))}
    arrays = _divided(train.images, _labels(train), test.images, _labels(test), validation)
    manifest = Manifest(
        title=train.title,
        shape=train.shape,
        class_names=train.class_names,
        source=train.source,
        licence=train.licence,
        attribution=attribution,
        layout=layout,
        originals=originals,
        parts={part: _part(arrays, part) for part in PARTS},
    )
    manifest.write(folder)
    return manifest


def _unpacked(folder: Path, manifest: Manifest) -> dict[str, Array]:
    originals = unpack(folder, manifest)
    return _divided(*originals["train"], *originals["test"], manifest.parts["validation"].count)


def _divided(images: Array, labels: Array, test_images: Array, test_labels: Array, validation: int) -> dict[str, Array]:
    """The arrays of the three parts; training and validation keep the published order."""
    held_out = np.zeros(len(images), dtype=bool)
    held_out[shuffled(len(images), SPLIT_SEED, "validation")[:validation]] = True
    return {
        "train-images": images[~held_out],
        "train-labels": labels[~held_out].astype("<i8"),
        "validation-images": images[held_out],
        "validation-labels": labels[held_out].astype("<i8"),
        "test-images": test_images,
        "test-labels": test_labels.astype("<i8"),
    }


def _expected(manifest: Manifest, part: str) -> tuple[Expected, Expected]:
    known = manifest.parts[part]
    return (
        Expected(f"{part}-images", "uint8", (known.count, *manifest.shape), known.images_sha256),
        Expected(f"{part}-labels", "<i8", (known.count,), known.labels_sha256),
    )


def _part(arrays: dict[str, Array], part: str) -> Part:
    images, labels = arrays[f"{part}-images"], arrays[f"{part}-labels"]
    return Part(len(images), cache.sha256(images), cache.sha256(labels))


def _write(folder: Path, name: str, images: ImageSet, layout: str) -> Original:
    return write_original(folder, name, images.images, _labels(images).astype(np.uint8), layout)


def _labels(images: ImageSet) -> Array:
    if images.labels is None or len(images.class_names) > 256:
        raise DataError(f"{images.title or 'This data set'} cannot be packed: it needs labels of at most 256 classes.")
    return images.labels
