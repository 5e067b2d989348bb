"""The linear probe tells classes apart by a straight cut, and is judged on images that decided nothing."""

import numpy as np
import pytest

from aecore.analysis.probe import linear_probe, probe_codes, probe_pca, probe_pixels
from aecore.data.image_set import Splits
from aecore.errors import DataError

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("shape", SHAPES)
def test_classes_that_pixels_tell_apart_are_told_apart_by_pixels_components_and_codes(shape, make):
    trained = make("simple", shape, fit=60, bottleneck__code_size=8)
    found = [probe_codes(trained), probe_pixels(trained.splits), probe_pca(trained.splits, 8)]
    assert [each.size for each in found] == [8, int(np.prod(shape)), 8]
    assert all(each.accuracy > 0.8 for each in found)
    assert {(each.train_images, each.validation_images, each.test_images) for each in found} == {(400, 100, 100)}


def test_features_without_the_classes_in_them_give_no_more_than_chance(splits):
    data, chance = splits((1, 28, 28)), np.random.default_rng(0)
    found = linear_probe(data, lambda images: chance.normal(size=(len(images), 5)).astype(np.float32))
    assert found.accuracy < 0.45


def test_only_so_many_training_images_are_used_and_never_those_that_it_is_judged_by(splits):
    data, seen = splits((1, 28, 28)), []

    def mean(images):
        seen.append(images)
        return images.reshape(len(images), -1).mean(1, keepdims=True).astype(np.float32)

    found = linear_probe(data, mean, train_images=40)
    assert found.train_images == 40
    assert len(seen[0]) == 40
    assert np.array_equal(seen[-1], data.test.images)


def test_the_scale_of_the_features_does_not_matter(splits):
    data = splits((1, 28, 28))

    def pixels(factor):
        return lambda images: (images.reshape(len(images), -1)[:, ::7] * np.float32(factor)).astype(np.float32)

    small, large = (linear_probe(data, pixels(factor), 100) for factor in (1e-3, 1e3))
    assert small.accuracy == pytest.approx(large.accuracy, abs=0.02)


def test_images_without_classes_or_of_a_single_one_are_refused(splits):
    with pytest.raises(DataError, match="no classes"):
        probe_pixels(splits((1, 28, 28), labelled=False))
    data = splits((1, 28, 28))
    one = Splits(*(each.of_classes([1]) for each in (data.train, data.validation, data.test)), "blobs", "")
    with pytest.raises(DataError, match="only one"):
        probe_pixels(one)
