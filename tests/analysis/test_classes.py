"""Which classes drawn images show: by a classifier, with models that are known to paint them."""

import pytest

from aecore.analysis.classes import Seen, classes_drawn, classes_in, look_at
from aecore.analysis.quality import quality
from aecore.data.image_set import Splits
from aecore.training.classifier import train_classifier
from tests.made_up import made_up_splits
from tests.painter import Painter, as_trained

SHAPE = (3, 9, 7)


@pytest.fixture(scope="module")
def data():
    return made_up_splits(SHAPE, train=600, rest=300)


@pytest.fixture(scope="module")
def classifier(data):
    return train_classifier(data.train)


def test_what_a_classifier_sees_in_pixels_and_in_their_shares_of_white_is_the_same(data, classifier):
    images = data.test.images[:20]
    seen, again = look_at(images, classifier), look_at((images / 255).astype("float32"), classifier)
    assert seen.winners.tolist() == again.winners.tolist()
    assert seen.features.shape == (20, 64)


def test_a_painter_of_one_class_covers_that_one(data, classifier):
    found = classes_drawn(as_trained(Painter(SHAPE, only=2), data), classifier, 40)
    assert (found.covered, found.of, found.shares) == (1, 4, {f"class {n}": float(n == 2) for n in range(4)})


def test_as_many_images_get_the_same_classes_as_where_quality_is_measured(data, classifier):
    painter = as_trained(Painter(SHAPE), data)
    measured = quality(painter, classifier, 200).classes
    found = classes_drawn(painter, classifier, 200)
    assert (found.covered, found.shares) == (measured.covered, measured.shares)


def test_a_class_is_covered_from_a_tenth_of_its_even_share_on_and_by_sure_images_alone(data):
    import numpy as np

    winners = np.repeat([0, 1, 2, 3], [370, 10, 9, 11])  # of 400: a tenth of an even share are 10
    sure = np.where(winners == 3, 0.5, 0.9).astype(np.float32)
    found = classes_in(as_trained(Painter(SHAPE), data), Seen(np.zeros((400, 64), np.float32), winners, sure))
    assert found.covered == 2
    assert found.shares["class 3"] == 11 / 400


def test_a_class_without_training_images_need_not_appear(data, classifier):
    some = Splits(*(each.of_classes((1, 3)) for each in (data.train, data.validation, data.test)), "two", "two")
    assert classes_drawn(as_trained(Painter(SHAPE), some), classifier, 100).of == 2
