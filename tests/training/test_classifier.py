"""The classifier that drawn images are judged by."""

import numpy as np
import pytest
import torch

from aecore.data.image_set import ImageSet
from aecore.errors import DataError
from aecore.training.classifier import FEATURES, Classifier, accuracy, can_classify, train_classifier
from tests.made_up import made_up_set

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 9, 7), (3, 40, 100), (1, 1, 2)]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_takes_images_of_any_size_and_gives_features_and_classes(shape):
    model = Classifier(shape, 5)
    features = model.features(torch.rand(3, *shape))
    assert features.shape == (3, FEATURES)
    assert model(torch.rand(3, *shape)).shape == (3, 5)
    assert sum(each.numel() for each in model.parameters()) * 2 < 100_000  # bytes in float16


def test_it_learns_classes_that_can_be_told_apart():
    train, test = made_up_set(400, (3, 9, 7), 0), made_up_set(200, (3, 9, 7), 1)
    told = []
    model = train_classifier(train, progress=told.append)
    assert accuracy(model, test) > 0.95
    assert told[-1] == 1.0
    assert not model.training
    assert not any(each.requires_grad for each in model.parameters())


def test_a_seed_gives_the_same_weights_and_another_one_others(monkeypatch):
    monkeypatch.setattr("aecore.training.classifier.FEWEST_SEEN", 0)
    monkeypatch.setattr("aecore.training.classifier.EPOCHS", 1)
    images = made_up_set(64, (1, 8, 8), 0)
    before = torch.random.get_rng_state()
    first, second, other = (train_classifier(images, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])
    assert torch.equal(before, torch.random.get_rng_state())


def test_images_without_classes_or_with_one_alone_cannot_train_it():
    images = made_up_set(20, (1, 8, 8), 0)
    without = ImageSet(images.images)
    alone = ImageSet(images.images, np.zeros(20, np.int64), ("only",))
    assert can_classify(images)
    for each in (without, alone):
        assert not can_classify(each)
        with pytest.raises(DataError, match="two or more classes"):
            train_classifier(each)
    with pytest.raises(DataError, match="labelled images"):
        accuracy(Classifier((1, 8, 8), 2), without)
