"""A detector: what each score is, by hand where that can be; that it depends on the image alone; what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aecore.analysis.anomalies.detector import fit_detector, patch_side, worst_patches
from aecore.analysis.anomalies.scores import SCORES, find_score
from aecore.errors import DataError, RunError, SettingError
from tests.painter import Painter

COLOUR = (3, 20, 24)


@pytest.fixture(scope="module")
def fitted(make):
    trained = make("simple", COLOUR, fit=30, network__kind="dense", network__hidden=(16,), bottleneck__code_size=4)
    return trained, fit_detector(trained)


@pytest.fixture(scope="module")
def variational(make):
    trained = make("variational", (1, 9, 7), network__kind="dense", network__hidden=(8,), bottleneck__code_size=2)
    return trained, fit_detector(trained)


def unlike(images):
    """Discs become their negatives."""
    return 255 - images


def test_every_score_of_an_image_that_is_unlike_the_normal_ones_is_higher(fitted):
    trained, detector = fitted
    normal, odd = trained.splits.test.images[:20], unlike(trained.splits.test.images[:20])
    of_normal, of_odd = detector.scores(normal), detector.scores(odd)
    assert list(of_normal) == [key for key in SCORES if key != "neg_elbo"]
    for key in ("together", "squared_error", "pca_residual", "pixel_neighbours", "code_mahalanobis"):
        assert np.median(of_odd[key]) > np.max(of_normal[key]), key


def test_reconstruction_errors_are_sums_over_the_image_and_over_its_worst_patch(fitted):
    trained, detector = fitted
    images = trained.splits.test.images[:3]
    looked = detector.look(images)
    squares = np.square(images / np.float32(255) - looked.reconstruction)
    assert looked.scores["squared_error"] == pytest.approx(squares.sum((1, 2, 3)), rel=1e-4)
    side = patch_side(20, 24)
    sums = [
        max(each[:, y : y + side, x : x + side].sum() for y in range(20 - side + 1) for x in range(24 - side + 1))
        for each in squares
    ]
    assert looked.scores["worst_patch"] == pytest.approx(sums, rel=1e-4)
    assert looked.error == pytest.approx(np.sqrt(squares), abs=1e-5)


def test_the_worst_patch_of_one_bad_pixel_is_that_pixel():
    errors = torch.zeros(1, 1, 8, 8)
    errors[0, 0, 3, 4] = 0.5
    assert worst_patches(errors).tolist() == [0.5]


def test_the_nearest_normal_image_of_a_training_image_is_itself_and_its_own_kind_is_near(fitted):
    trained, detector = fitted
    looked = detector.look(trained.splits.train.images[[5]])
    assert np.array_equal(detector.references.images[looked.nearest[0]], trained.splits.train.images[5])


def test_scores_do_not_depend_on_what_is_scored_beside(fitted):
    trained, detector = fitted
    images = trained.splits.test.images[:7]
    together = detector.scores(images)
    for index in (0, 6):
        alone = detector.scores(images[[index]])
        for key, values in together.items():
            assert alone[key][0] == pytest.approx(values[index], rel=1e-3, abs=1e-4), key


def test_together_is_the_weighted_mean_of_logarithms_in_standard_deviations_of_normal_images(fitted):
    trained, detector = fitted
    normal = detector.calibration.scores
    assert float(np.mean(normal["together"])) == pytest.approx(0.0, abs=1e-6)
    found = detector.scores(trained.splits.test.images[:2])
    weights = {"gradient_neighbours": 0.7, "gradient_error": 0.1, "code_neighbours": 0.1, "code_mahalanobis": 0.1}
    parts = []
    for key, weight in weights.items():
        logs = np.log(normal[key])
        parts.append(weight * (np.log(found[key]) - logs.mean()) / logs.std())
    assert found["together"] == pytest.approx(np.sum(parts, 0), rel=1e-6)


def test_a_variational_model_has_a_bound_that_is_the_same_every_time_and_near_that_of_evaluation(variational):
    from aecore.analysis.evaluate import evaluate

    trained, detector = variational
    bounds = [detector.scores(trained.splits.test.images)["neg_elbo"] for _ in range(2)]
    assert np.array_equal(*bounds)
    assert bounds[0].mean() == pytest.approx(evaluate(trained).neg_elbo_nats_per_image, rel=0.02)


def test_a_conditional_model_has_a_bound_too(make):
    trained = make("conditional", (1, 9, 7), network__kind="dense", network__hidden=(8,), bottleneck__code_size=2)
    assert np.isfinite(fit_detector(trained).scores(trained.splits.test.images[:3])["neg_elbo"]).all()


def test_the_scale_of_error_maps_is_one_that_nineteen_of_twenty_normal_images_stay_below(fitted):
    trained, detector = fitted
    largest = detector.look(trained.splits.validation.images).error.mean(1).max((1, 2))
    assert np.mean(largest <= detector.calibration.largest_error) == pytest.approx(0.95, abs=0.01)


def test_images_of_another_shape_are_refused(fitted):
    _, detector = fitted
    with pytest.raises(SettingError, match="takes images of 3 x 20 x 24"):
        detector.look(np.zeros((1, 1, 20, 24), np.uint8))


def test_without_validation_images_there_is_no_threshold(fitted):
    trained, _ = fitted
    splits = replace(trained.splits, validation=trained.splits.test.take([]))
    bare = type(trained)(**{**vars(trained), "splits": splits})
    with pytest.raises(DataError, match="Thresholds are set by validation images"):
        fit_detector(bare)


def test_a_model_without_an_encoder_is_refused(fitted):
    trained, _ = fitted
    drawing = type(trained)(**{**vars(trained), "composition": type(trained)(model=Painter(COLOUR, classes=3).eval())})
    with pytest.raises(RunError, match="has no encoder"):
        fit_detector(drawing)


def test_a_score_is_found_by_its_key_or_refused_with_those_there_are(fitted):
    _, detector = fitted
    assert find_score("squared_error").title == "Reconstruction error"
    with pytest.raises(SettingError, match="There is no score 'mse': choose one of together, squared_error"):
        find_score("mse")
    with pytest.raises(SettingError, match="This model has no 'Negative ELBO' score"):
        find_score("neg_elbo", detector.keys)
