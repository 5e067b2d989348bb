"""How good drawn images are: distances by hand, models that are known to be good and bad."""

import json
import math

import numpy as np
import pytest
import torch

from aecore.analysis import quality as module
from aecore.analysis.quality import Gaussian, frechet_distance, nearest, pca_gaussian, quality
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import DataError, RunError, SettingError
from aecore.model import DecodingModel
from aecore.training.classifier import train_classifier
from tests.made_up import made_up_splits
from tests.painter import Painter, as_trained

SHAPES = [(1, 8, 8), (3, 9, 7)]


@pytest.fixture(scope="module")
def data():
    return {shape: made_up_splits(shape, train=600, rest=300) for shape in SHAPES}


@pytest.fixture(scope="module")
def classifiers(data):
    return {shape: train_classifier(each.train) for shape, each in data.items()}


class Copier(DecodingModel):
    """Draws nothing but training images: the worst case that looks like the best."""

    def __init__(self, splits):
        super().__init__(splits.shape)
        self.decoder = torch.nn.Linear(1, 1)
        self.images = torch.from_numpy(np.array(splits.train.images)).float() / 255

    @property
    def latent(self):
        return 1

    def sample(self, codes, sampling):
        return self.images[(codes[:, 0].abs() * 1e4).long() % len(self.images)]


# --- arithmetic


def test_the_distance_of_two_gaussians_is_the_one_computed_by_hand():
    first = Gaussian(np.array([0.0, 1.0]), np.diag([4.0, 1.0]))
    second = Gaussian(np.array([3.0, 5.0]), np.diag([1.0, 9.0]))
    # 3^2 + 4^2 between the means, (2 - 1)^2 + (1 - 3)^2 between the deviations
    assert frechet_distance(first, second) == pytest.approx(25 + 1 + 4)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_the_distance_of_correlated_gaussians_is_symmetric_and_agrees_with_the_root_of_the_product():
    chance = np.random.default_rng(0)
    rows = [chance.normal(size=(50, 5)) @ chance.normal(size=(5, 5)) for _ in range(2)]
    first, second = (Gaussian.of(each.astype(np.float32)) for each in rows)
    roots = np.sqrt(np.linalg.eigvals(first.covariance @ second.covariance).astype(complex)).sum().real
    apart = np.square(first.mean - second.mean).sum()
    expected = apart + np.trace(first.covariance) + np.trace(second.covariance) - 2 * roots
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(second, first) == pytest.approx(expected)


def test_fewer_images_than_features_still_have_a_distance():
    rows = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    assert math.isfinite(frechet_distance(Gaussian.of(rows), Gaussian.of(rows + 1)))
    assert frechet_distance(Gaussian.of(rows), Gaussian.of(rows + 1)) == pytest.approx(8, rel=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_nearest_training_image_is_that_of_a_search_one_by_one(shape, data, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 50 * math.prod(shape))  # several blocks
    train, test = data[shape].train, data[shape].test
    found = nearest(test.images[:20], train)
    away = (test.images[:20, None] / 255.0 - train.images[None] / 255.0).reshape(20, len(train), -1)
    distances = np.sqrt(np.square(away).sum(2))
    np.testing.assert_array_equal(found.indices, distances.argmin(1))
    np.testing.assert_allclose(found.distances, distances.min(1), rtol=1e-5)


def test_a_training_image_is_its_own_neighbour_at_no_distance(data):
    train = data[(1, 8, 8)].train
    found = nearest((train.images[5:9] / 255.0).astype(np.float32), train)
    np.testing.assert_array_equal(found.indices, [5, 6, 7, 8])
    np.testing.assert_allclose(found.distances, 0, atol=1e-6)


def test_images_of_another_shape_have_no_neighbours(data):
    with pytest.raises(DataError, match="no neighbours"):
        nearest(np.zeros((2, 1, 5, 5), np.float32), data[(1, 8, 8)].train)


def test_images_of_gaussian_principal_components_have_the_mean_and_spread_of_the_training_images(data):
    train = data[(3, 9, 7)].train
    drawn = pca_gaussian(train, 3000, size=189)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    np.testing.assert_allclose(drawn.mean(0), train.images.mean(0) / 255, atol=0.05)
    np.testing.assert_allclose(drawn.std(0), train.images.std(0) / 255, atol=0.08)


# --- what a model gets


@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_that_paints_the_classes_is_better_than_one_that_has_collapsed(shape, data, classifiers):
    good = quality(as_trained(Painter(shape), data[shape]), classifiers[shape])
    poor = quality(as_trained(Painter(shape, only=2), data[shape]), classifiers[shape])
    assert (good.classes.covered, good.classes.of) == (4, 4)
    assert (poor.classes.covered, poor.classes.of) == (1, 4)
    assert poor.classes.shares["class 2"] == 1.0
    assert sum(good.classes.shares.values()) == pytest.approx(1)
    assert good.frechet_real_floor < good.frechet_own < poor.frechet_own
    assert good.frechet_real_floor == poor.frechet_real_floor
    assert good.frechet_pca_gaussian == poor.frechet_pca_gaussian > good.frechet_real_floor
    assert good.classes.accuracy > 0.9


def test_a_model_that_copies_has_the_distance_of_real_images_and_is_found_out_by_its_neighbours(data, classifiers):
    shape = (1, 8, 8)
    found = quality(as_trained(Copier(data[shape]), data[shape]), classifiers[shape])
    assert found.frechet_own < 3 * found.frechet_real_floor
    assert found.nearest_train_distance == pytest.approx(0, abs=1e-5)
    assert found.nearest_train_distance_test > 0.3


def test_all_distances_are_of_equally_many_images_and_the_count_is_said(data, classifiers, monkeypatch):
    shape, counts = (1, 8, 8), []
    fit = Gaussian.of
    monkeypatch.setattr(Gaussian, "of", classmethod(lambda _, rows: counts.append(len(rows)) or fit(rows)))
    found = quality(as_trained(Painter(shape), data[shape]), classifiers[shape], count=70)
    assert counts == [70] * 4
    assert found.drawn == 70
    assert "Only 70 images of each kind" in found.note
    assert quality(as_trained(Painter(shape), data[shape]), classifiers[shape]).drawn == 300  # test images there are


def test_a_slow_model_draws_fewer_images(data, monkeypatch):
    monkeypatch.setattr(module, "COUNTS", (200, 100, 50))
    trained = as_trained(Painter((1, 8, 8)), data[(1, 8, 8)])
    drawn = module.draw(trained, 3)
    for milliseconds, count in ((1, 200), (600, 100), (1200, 50), (10**6, 50)):
        slow = module.replace(drawn, milliseconds=milliseconds)
        monkeypatch.setattr(module, "draw", lambda *_, slow=slow, **__: slow)
        assert module._count(trained, None, 0) == count


def test_without_classes_the_rest_is_measured_and_it_is_said_what_is_not(data):
    shape = (3, 9, 7)
    bare = [ImageSet(part.images) for part in (data[shape].train, data[shape].validation, data[shape].test)]
    found = quality(
        as_trained(Painter(shape), Splits(*bare, name="bare", fingerprint="bare")), None, count=50
    ).to_dict()
    assert found.keys() & {"frechet_own", "frechet_real_floor", "classes_covered", "class_shares"} == set()
    assert found["nearest_train_distance"] > 0
    assert "no classes to train a classifier with" in found["quality_note"]


def test_only_the_classes_that_a_run_was_trained_on_have_to_appear(data, classifiers):
    whole = data[(1, 8, 8)]
    some = Splits(*(each.of_classes((1, 3)) for each in (whole.train, whole.validation, whole.test)), "two", "two")
    found = quality(as_trained(Painter((1, 8, 8)), some), classifiers[(1, 8, 8)], count=60)
    assert (found.classes.covered, found.classes.of) == (2, 2)
    assert found.classes.shares.keys() >= {"class 1", "class 3"}


def test_the_same_model_gives_the_same_numbers_every_time_as_json(data, classifiers):
    shape = (1, 8, 8)
    first, second = (
        quality(as_trained(Painter(shape), data[shape]), classifiers[shape], count=40).to_dict() for _ in range(2)
    )
    assert {**first, "ms_per_image": 0} == {**second, "ms_per_image": 0}
    json.dumps(first, allow_nan=False)


def test_progress_grows_to_one(data, classifiers):
    told = []
    quality(as_trained(Painter((1, 8, 8)), data[(1, 8, 8)]), classifiers[(1, 8, 8)], 65, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_cannot_be_measured_is_refused_with_the_way_out(make, data):
    with pytest.raises(RunError, match="choose a run that generates"):
        quality(make("simple"), None)
    trained = as_trained(Painter((1, 8, 8)), data[(1, 8, 8)])
    with pytest.raises(SettingError, match="choose 2 or more"):
        quality(trained, None, count=1)
    whole = data[(1, 8, 8)]
    one = Splits(whole.train, whole.validation, whole.test.first(1), "one", "one")
    with pytest.raises(DataError, match="2 test and 2 training images"):
        quality(as_trained(Painter((1, 8, 8)), one), None)
