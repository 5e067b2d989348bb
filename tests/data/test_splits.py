"""Splits and subsets: every image in one part, the same on every machine, smaller limits within larger ones."""

import hashlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aecore.data.image_set import ImageSet, Splits
from aecore.data.splits import nested_subset, shuffled, split_by_seed
from aecore.errors import DataError


def images_of(labels):
    """Images whose one pixel is their index, so that a subset shows what was taken."""
    labels = np.asarray(labels, dtype=np.int64)
    pixels = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return ImageSet(pixels, labels, tuple(f"class {label}" for label in range(labels.max() + 1)))


def taken(images):
    return images.images.ravel().tolist()


@given(st.integers(3, 400), st.integers(0, 2**31), st.floats(0, 0.45), st.floats(0, 0.45))
@example(4, 0, 0.375, 0.375)  # rounded, both together take all four
def test_every_image_is_in_exactly_one_part(count, seed, validation_share, test_share):
    parts = split_by_seed(count, seed, validation_share, test_share)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together) == list(range(count))
    assert len(parts.train) > 0
    assert (len(parts.validation) > 0) == (validation_share > 0)
    assert (len(parts.test) > 0) == (test_share > 0)


def test_shares_are_kept():
    parts = split_by_seed(1000, 1, validation_share=0.2, test_share=0.05)
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [750, 200, 50]


def test_a_split_is_the_same_for_ever():
    parts = split_by_seed(10_000, 7)
    digest = hashlib.sha256(np.concatenate([parts.train, parts.validation, parts.test]).astype("<i8")).hexdigest()
    assert digest == "7dfca9b57f40867444e5e4f4b28d2b451386bab2e809fb0b704958257bec1cba"


def test_another_seed_gives_another_split():
    assert not np.array_equal(split_by_seed(100, 0).test, split_by_seed(100, 1).test)


def test_an_order_for_one_purpose_says_nothing_about_another():
    assert not np.array_equal(shuffled(100, 0, "split"), shuffled(100, 0, "limit"))


@pytest.mark.parametrize(
    ("validation", "test"), [(0.5, 0.5), (-0.1, 0.1), (0.1, 1.0), (float("nan"), 0.1), (0.1, float("inf"))]
)
def test_shares_that_leave_nothing_for_training_are_refused(validation, test):
    with pytest.raises(DataError, match="must be from 0 to below 1 and leave something for training"):
        split_by_seed(100, 0, validation, test)


def test_too_few_images_are_refused_with_the_least_number_that_works():
    with pytest.raises(DataError, match=r"^2 images cannot be divided .* at least 3"):
        split_by_seed(2, 0)
    assert len(split_by_seed(3, 0).train) == 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=120), st.data())
def test_a_smaller_limit_is_contained_in_a_larger_one(labels, data):
    images = images_of(labels)
    small = data.draw(st.integers(1, len(labels)))
    large = data.draw(st.integers(small, len(labels)))
    assert set(taken(nested_subset(images, small))) <= set(taken(nested_subset(images, large)))


def test_a_limit_takes_as_many_of_every_class_as_there_are():
    images = images_of([0] * 50 + [1] * 30 + [2] * 2)
    chosen = nested_subset(images, 22)
    assert np.bincount(chosen.labels).tolist() == [10, 10, 2]
    assert images.labels[taken(chosen)].tolist() == chosen.labels.tolist()


def test_a_limit_without_labels_takes_that_many():
    images = ImageSet(np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1))
    assert len(set(taken(nested_subset(images, 7)))) == 7


@pytest.mark.parametrize("limit", [0, 5, 6])
def test_no_limit_or_a_large_one_keeps_the_set_as_it_is(limit):
    images = images_of([0, 1, 0, 1, 1])
    assert nested_subset(images, limit) is images


def test_a_negative_limit_is_refused():
    with pytest.raises(DataError, match="The limit is -1 images"):
        nested_subset(images_of([0, 1]), -1)


def three_parts():
    whole = images_of([0, 1, 0, 1, 1, 0])
    parts = [whole.take(each) for each in ([4, 0, 2], [5], [1, 3])]
    return Splits(*parts, name="six", fingerprint="six")


def test_the_images_of_all_parts_are_numbered_from_training_over_validation_to_test():
    six = three_parts()
    assert (six.count, [six.offset(name) for name in ("train", "validation", "test")]) == (6, [0, 3, 4])
    assert taken(six.take(range(6))) == [4, 0, 2, 5, 1, 3]
    some = six.take([5, 3, 0, 5])
    assert (taken(some), some.labels.tolist()) == ([3, 5, 4, 3], [1, 0, 1, 1])
    assert len(six.take([])) == 0


def test_an_image_or_a_part_that_is_not_there_is_named():
    for wrong in ([6], [-1, 2]):
        with pytest.raises(DataError, match="There are the images 0 to 5"):
            three_parts().take(wrong)
    with pytest.raises(DataError, match="choose one of train, validation, test"):
        three_parts().offset("all")
