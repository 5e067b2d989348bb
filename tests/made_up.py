"""Small made-up pictures with classes in them, for tests that train."""

import numpy as np

from aecore.data.image_set import ImageSet, Splits

CLASSES = 4


def made_up_set(count: int, shape: tuple[int, int, int], seed: int) -> ImageSet:
    """Each class is bright in one quarter of the picture; brightness and background differ from picture to picture."""
    chance = np.random.default_rng(seed)
    channels, height, width = shape
    labels = chance.integers(0, CLASSES, count)
    images = chance.integers(0, 50, (count, channels, height, width))
    for image, label in zip(images, labels, strict=True):
        down, across = divmod(int(label), 2)
        rows = slice(down * height // 2, (down + 1) * height // 2)
        columns = slice(across * width // 2, (across + 1) * width // 2)
        image[:, rows, columns] += chance.integers(100, 200)
    names = tuple(f"class {label}" for label in range(CLASSES))
    return ImageSet(images.astype(np.uint8), labels.astype(np.int64), names, title="made up")


def made_up_splits(shape: tuple[int, int, int] = (1, 8, 8), train: int = 300, rest: int = 60) -> Splits:
    """Training, validation and test pictures that share nothing but their classes."""
    sets = [made_up_set(count, shape, seed) for seed, count in enumerate((train, rest, rest))]
    return Splits(*sets, name="made_up", fingerprint="made up")
