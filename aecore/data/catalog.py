"""All data sets by name: those that ship and people's own."""

from collections.abc import Sequence
from dataclasses import replace

from aecore.data.image_set import ImageSet, Splits
from aecore.data.info import DatasetInfo
from aecore.data.own import load_own, names_of, own_datasets
from aecore.data.shipped import SHIPPED, load_shipped, shipped_datasets
from aecore.data.splits import nested_subset
from aecore.errors import DataError

PHOTOGRAPHS = "photographs"  # what the shipped restorers learned from
LEAST_VALIDATION = 500  # images, where training images are limited


def datasets() -> tuple[DatasetInfo, ...]:
    """Every data set there is, the shipped ones first. No picture is read."""
    return shipped_datasets() + own_datasets()


def load(name: str, classes: Sequence[int] = (), limit: int = 0) -> Splits:
    """The data set `name` in its three parts.

    `classes` keeps only these classes, in all parts. `limit` keeps that many training images, of every class about
    as many; those of a smaller limit are among those of a larger one. It keeps as many validation images, but at least
    500 of them: otherwise short epochs would be spent on validation. Test images all stay. The fingerprint is that of
    the whole data set.
    DataError for an unknown name or class, and when a part would be left without images.
    """
    splits = _load_whole(name)
    train, validation, test = (each.of_classes(classes) for each in (splits.train, splits.validation, splits.test))
    for part, images in (("training", train), ("validation", validation), ("test", test)):
        _require_images(part, images, splits.train)
    checked = max(limit, LEAST_VALIDATION) if limit > 0 else 0
    return replace(splits, train=nested_subset(train, limit), validation=nested_subset(validation, checked), test=test)


def file_names(name: str) -> tuple[str, ...]:
    """The path that each picture had in its source: training, then validation, then test. Shipped sets have none."""
    return () if name in SHIPPED else names_of(name)


def _load_whole(name: str) -> Splits:
    if name in SHIPPED:
        return load_shipped(name)
    known = [each.key for each in datasets()]
    if name not in known and name == PHOTOGRAPHS:
        raise DataError(
            f"The data set {name!r} does not ship: python -m aecore datasets photographs makes it out of packages of "
            "Debian."
        )
    if name not in known:
        raise DataError(f"There is no data set {name!r}: choose one of {', '.join(known)}.")
    return load_own(name)


def _require_images(part: str, images: ImageSet, whole: ImageSet) -> None:
    if len(images) == 0:
        raise DataError(f"No {part} images are left of {whole.title or 'this data set'}: choose more classes.")
