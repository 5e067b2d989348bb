"""The linear codec: its files decode to the quantised components, and a finer step costs more and shows more."""

import numpy as np
import pytest

from aecore.analysis.principal_codec import principal_codecs
from aecore.compression.container import HEADER_BYTES
from aecore.data.image_set import ImageSet

SHAPE = (1, 12, 12)


def plane(count: int, directions: int = 2, seed: int = 0) -> ImageSet:
    """Images that differ from a middle grey in a few directions only, always the same ones."""
    basis = np.linalg.qr(np.random.default_rng(99).normal(size=(144, directions)))[0].T
    scores = np.random.default_rng(seed).normal(size=(count, directions)) * np.linspace(0.45, 0.35, directions)
    pixels = np.clip(np.rint(255 * (0.5 + scores @ basis)), 0, 255).astype(np.uint8)
    return ImageSet(pixels.reshape(count, *SHAPE))


def error(one, other) -> float:
    return float(np.mean((one.astype(float) - other.astype(float)) ** 2))


def test_a_finer_step_makes_larger_files_of_better_pictures():
    images = plane(40, 6, seed=1).images
    measured = [each.measured(images) for each in principal_codecs(plane(300, 6))]
    sizes, errors = [size for size, _ in measured], [error(images, decoded) for _, decoded in measured]
    assert np.all(np.diff(sizes) > 0)
    assert np.all(np.diff(errors) < 0)
    assert sizes[0] > HEADER_BYTES


def test_the_error_is_that_of_rounding_each_component_to_its_step():
    images = plane(200, seed=1).images
    finest = list(principal_codecs(plane(2000)))[-1]
    _, decoded = finest.measured(images)
    # Even rounding errs by step^2 / 12 in each of the two components, and pixels are rounded twice.
    expected = 255**2 * 2 * finest.step**2 / 12 / 144 + 2 / 12
    assert error(images, decoded) == pytest.approx(expected, rel=0.15)


def test_components_that_hold_nothing_are_not_written():
    written = [len(each.tables) for each in principal_codecs(plane(300))]
    assert written[-1] == 2
    assert max(written) == 2


def test_values_beyond_those_of_the_training_images_are_kept():
    far = ImageSet(np.where(np.arange(144).reshape(1, *SHAPE) % 2, 255, 0).astype(np.uint8))
    training = plane(300)
    training.images[0] = far.images[0]
    finest = list(principal_codecs(training))[-1]
    bright = (255 - far.images).astype(np.uint8)
    _, decoded = finest.measured(bright)
    assert error(bright, decoded) < error(bright, np.full_like(bright, 127)) / 2


def test_of_a_single_image_there_is_no_linear_codec():
    assert list(principal_codecs(plane(1))) == []
