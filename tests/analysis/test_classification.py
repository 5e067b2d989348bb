"""What `evaluate` says of a model that classifies."""

import numpy as np
import pytest
import torch

from aecore.analysis.classification import classification, classify, flat, labels_of
from aecore.analysis.classifiers import error_percent, logistic_regression
from aecore.analysis.evaluate import evaluate
from aecore.data.splits import nested_subset

SMALL = {"network__hidden": (8,), "bottleneck__code_size": 3, "scheme__labelled": 12}


@pytest.fixture(scope="module")
def trained(make):
    return make("pretraining", shape=(3, 10, 8), **SMALL)


def test_the_error_is_that_of_the_head_on_the_test_images(trained):
    images = trained.splits.test
    with torch.inference_mode():
        scores = trained.composition.model.classify(torch.from_numpy(images.images).float() / 255)
    wrong = 100 * np.mean(scores.argmax(1).numpy() != images.labels)
    found = evaluate(trained).to_dict()
    assert found["test_error_percent"] == pytest.approx(wrong)
    assert 100 * np.mean(classify(trained.composition.model, images.images) != images.labels) == pytest.approx(wrong)


def test_beside_it_stands_logistic_regression_with_the_same_labels(trained):
    known = nested_subset(trained.splits.train, 12, trained.recipe.seed)
    predict = logistic_regression(flat(known.images), labels_of(known))
    found = evaluate(trained).to_dict()
    test = trained.splits.test
    expected = error_percent(predict, flat(test.images), labels_of(test))
    assert found["logistic_regression"] == {"test_error_percent": pytest.approx(expected)}
    assert found["labels"] == 12


def test_all_labels_are_all_training_images(make):
    trained = make("pretraining", shape=(1, 8, 8), **SMALL | {"scheme__labelled": 0})
    assert classification(trained, trained.splits.test).labels == len(trained.splits.train)


def test_a_model_without_a_head_has_no_error(make):
    assert "test_error_percent" not in evaluate(make("simple")).to_dict()


def test_images_without_labels_have_no_error(trained, blobs):
    assert classification(trained, blobs(10, (3, 10, 8), 0, labelled=False)) is None
