"""What codes keep of neighbourhoods: by hand, against scikit-learn, and where nothing can be said."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from aecore.analysis import neighbours
from aecore.analysis.neighbours import Kept, Neighbourhoods
from aecore.data.image_set import ImageSet
from aecore.errors import DataError, SettingError


def row_of(values, labels=None):
    """Images of a single pixel."""
    images = np.array(values, np.uint8).reshape(-1, 1, 1, 1)
    return ImageSet(images, None if labels is None else np.array(labels, np.int64), ("a", "b", "c"))


def on_a_line(codes):
    return np.array(codes, np.float32)[:, None]


def test_a_false_neighbour_costs_as_much_as_the_formula_says():
    images = row_of([0, 10, 19, 31])
    assert Neighbourhoods(images, 1).measure(on_a_line([0, 10, 19, 31])).trustworthiness == 1.0
    # 0 is now next to 31, its third image, and 31 to 0, its third: 1 - 2 / (4 (8 - 3 - 1)) (2 + 2)
    assert Neighbourhoods(images, 1).measure(on_a_line([0, 40, 50, -1])).trustworthiness == pytest.approx(1 - 8 / 16)


def test_the_neighbours_vote_without_the_image_itself():
    images = row_of([0, 1, 2, 100, 101, 102], [0, 0, 0, 1, 1, 1])
    assert Neighbourhoods(images, 2).measure(on_a_line([0, 1, 2, 100, 101, 102])).accuracy == 1.0
    assert Neighbourhoods(images, 2).measure(on_a_line([0, 10, 20, 1, 11, 21])).accuracy == 0.0


def test_at_equal_votes_the_nearer_neighbour_wins():
    images = row_of([0, 1, 3, 50, 60, 70], [1, 1, 0, 2, 2, 2])
    # the first: 1 is nearer than 0. The second: likewise. The third: both neighbours are of class 1.
    assert Neighbourhoods(images, 2).measure(on_a_line([0, 1, 3, 50, 60, 70])).accuracy == pytest.approx(5 / 6)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 24)], ids=str)
@pytest.mark.parametrize("size", [1, 2, 8])
def test_trustworthiness_is_that_of_scikit_learn(blobs, shape, size, monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", 32)
    monkeypatch.setattr(neighbours, "COLUMNS", 100)
    images = blobs(90, shape)
    flat = images.images.reshape(90, -1).astype(np.float64)
    codes = np.random.default_rng(0).normal(size=(90, size)).astype(np.float32) + (flat[:, 300:301] / 255).astype(
        np.float32
    )
    expected = trustworthiness(flat, codes.astype(np.float64), n_neighbors=10)
    measured = Neighbourhoods(images).measure(codes).trustworthiness
    assert measured == pytest.approx(expected, abs=1e-4)  # rounding decides there between equal distances


def test_the_pixels_keep_themselves(blobs):
    images = blobs(90, (1, 28, 28))
    flat = images.images.reshape(90, -1).astype(np.float32)
    assert Neighbourhoods(images).of_pixels() == Neighbourhoods(images).measure(flat)
    assert Neighbourhoods(images).of_pixels().trustworthiness == 1.0


def test_images_without_classes_have_no_accuracy(blobs):
    images = blobs(40, (1, 9, 7), labelled=False)
    assert Neighbourhoods(images).of_pixels() == Kept(None, 1.0)


def test_codes_that_know_nothing_are_about_half_trustworthy(blobs):
    codes = np.random.default_rng(1).normal(size=(400, 2)).astype(np.float32)
    assert Neighbourhoods(blobs(400, (1, 9, 7))).measure(codes).trustworthiness == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("count", [0, 21])
def test_too_few_images_are_refused_with_how_many_are_needed(blobs, count):
    with pytest.raises(DataError, match=rf"10 neighbours are looked for among {count} images: give 22 to 10,000"):
        Neighbourhoods(blobs(22, (1, 9, 7)).take(range(count)))


def test_too_many_images_are_refused(blobs, monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_IMAGES", 30)
    with pytest.raises(DataError, match="among 31 images: give 22 to 30"):
        Neighbourhoods(blobs(31, (1, 9, 7)))


def test_codes_that_do_not_belong_to_the_images_are_refused(blobs):
    hood = Neighbourhoods(blobs(30, (1, 9, 7)))
    with pytest.raises(SettingError, match=r"30 images but codes of shape \[29, 2\]"):
        hood.measure(np.zeros((29, 2), np.float32))
    with pytest.raises(SettingError, match="not finite"):
        hood.measure(np.full((30, 2), np.nan, np.float32))
