"""Every number of a run: of an autoencoder, of a generator, of one that is both."""

import json
from functools import partial

import pytest

from aecore.analysis.evaluate import evaluate
from aecore.analysis.figures import figures
from aecore.analysis.quality import quality
from aecore.training.classifier import train_classifier
from tests.made_up import made_up_splits
from tests.painter import Painter, as_trained

SHAPE = (1, 28, 28)
OF_IMAGES = {"images", "sse_per_image", "pca"}
OF_DRAWING = {"frechet_own", "frechet_real_floor", "frechet_pca_gaussian", "classes_covered", "nearest_train_distance"}


@pytest.fixture(scope="module")
def classifier_of(splits):
    learned = train_classifier(splits(SHAPE).train)

    def give(_splits, progress):
        progress(1.0)
        return learned

    return give


def refuse(*_):
    raise AssertionError("a run that draws nothing needs no classifier")


def without_time(values):
    return {name: value for name, value in values.items() if name != "ms_per_image"}


def test_an_autoencoder_has_the_errors_of_its_reconstructions_alone(make):
    found = figures(make("simple"), refuse).to_dict()
    assert found == evaluate(make("simple")).to_dict()
    assert not found.keys() & OF_DRAWING


def test_a_variational_run_has_both(make, classifier_of):
    trained, told = make("variational"), []
    found = figures(trained, classifier_of, count=20, progress=told.append).to_dict()
    drawn = quality(trained, classifier_of(None, told.append), 20).to_dict()
    assert without_time(found) == without_time({**evaluate(trained).to_dict(), **drawn})
    assert found.keys() >= OF_IMAGES | OF_DRAWING
    json.dumps(found, allow_nan=False)


def test_a_model_without_an_encoder_has_the_quality_of_its_images_alone(classifier_of):
    trained, told = as_trained(Painter((1, 8, 8)), made_up_splits()), []
    found = figures(trained, lambda splits, _: train_classifier(splits.train), progress=told.append).to_dict()
    assert found["split"] == "test"
    assert found.keys() >= OF_DRAWING
    assert not found.keys() & OF_IMAGES
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_bar_of_a_run_that_is_both_never_goes_back(make, classifier_of):
    told = []
    figures(make("variational"), classifier_of, count=20, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_options_of_the_evaluation_can_be_chosen(make):
    found = figures(make("simple"), refuse, measure=partial(evaluate, limit=12))
    assert found.reconstruction.images == 12
