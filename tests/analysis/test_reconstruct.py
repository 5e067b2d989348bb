"""Single images: corrupted, reconstructed, picked, and under more and more noise."""

import numpy as np
import pytest

from aecore.analysis.reconstruct import image_errors, noise_curve, pick_images, reconstruct
from aecore.errors import DataError, SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("shape", SHAPES)
def test_original_corrupted_reconstruction_and_error_map_fit_together(shape, make):
    trained = make("denoising", shape, network__kind="dense", fit=2)
    images = trained.splits.test.images[:6]
    found = reconstruct(trained, images)
    assert found.original is images
    for each in (found.corrupted, found.reconstruction, found.error_map, found.pca):
        assert each.shape == images.shape
        assert each.dtype == np.float32
        assert 0 <= each.min() <= each.max() <= 1
    assert np.allclose(found.error_map, np.abs(images / 255.0 - found.reconstruction), atol=1e-6)
    sse = np.square(images / 255.0 - found.reconstruction).sum((1, 2, 3))
    assert [each.sse_per_image for each in found.measures] == pytest.approx(sse.tolist(), rel=1e-4)
    assert found.codes.shape == (6, 256)
    assert found.corruption == "Gaussian noise, 0.5 of the pixel range"


def test_kind_and_strength_of_the_noise_can_be_chosen(make):
    trained = make("simple")
    found = reconstruct(trained, trained.splits.test.images[:4], "masking", 1.0)
    assert not found.corrupted.any()
    assert found.corruption == "Masking (dropout), 1 of the pixels"


def test_without_corruption_the_model_sees_the_clean_image(make):
    trained = make("denoising", network__kind="dense")
    images = trained.splits.test.images[:4]
    found = reconstruct(trained, images, "none")
    assert np.allclose(found.corrupted, images / 255.0)
    assert found.corrupted_measures[0].sse_per_image == 0


def test_the_same_seed_draws_the_same_noise_and_another_seed_other_noise(make):
    trained = make("denoising", network__kind="dense")
    images = trained.splits.test.images[:2]
    first, again, other = (reconstruct(trained, images, seed=seed).corrupted for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_image_gives_empty_results(make):
    trained = make("simple")
    assert reconstruct(trained, trained.splits.test.images[:0]).reconstruction.shape == (0, 1, 28, 28)


def test_an_image_of_another_shape_is_refused(make):
    with pytest.raises(SettingError, match="takes images of 1 x 28 x 28"):
        reconstruct(make("simple"), np.zeros((1, 3, 20, 24), np.uint8))


def test_an_unknown_corruption_is_refused_naming_those_there_are(make):
    trained = make("simple")
    with pytest.raises(SettingError, match="gaussian, masking, salt_pepper"):
        reconstruct(trained, trained.splits.test.images[:1], "fog", 0.5)


def test_best_and_worst_are_the_ends_of_the_errors(make):
    trained = make("simple", fit=20)
    errors = image_errors(trained)
    assert errors.shape == (100,)
    assert list(errors[pick_images(trained, "best", 5)]) == sorted(errors)[:5]
    assert list(errors[pick_images(trained, "worst", 5, errors=errors)]) == sorted(errors, reverse=True)[:5]


def test_a_choice_by_class_shows_every_class_before_one_comes_again(make):
    trained = make("simple")
    labels = trained.splits.test.labels[pick_images(trained, "class", 4)]
    assert sorted(labels) == [0, 1, 2, 3]


def test_a_label_keeps_to_one_class(make):
    trained = make("simple")
    for which in ("random", "best", "class"):
        assert set(trained.splits.test.labels[pick_images(trained, which, 6, label=2)]) == {2}


def test_a_label_where_there_are_none_is_refused(make, splits):
    trained = make("simple", data=splits((1, 28, 28), labelled=False))
    with pytest.raises(DataError, match="no classes"):
        pick_images(trained, "random", label=1)
    assert len(pick_images(trained, "class", 3)) == 3


def test_an_unknown_choice_is_refused(make):
    with pytest.raises(SettingError, match="random, class, best, worst"):
        pick_images(make("simple"), "prettiest")


@pytest.mark.parametrize("shape", SHAPES)
def test_more_noise_leaves_less_quality_and_linear_denoising_helps(shape, make):
    curve = noise_curve(make("simple", shape), "gaussian", (0.1, 0.4, 0.8), count=50)
    assert curve.images == 50
    assert np.all(np.diff(curve.noisy) < 0)
    assert np.all(np.diff(curve.best_linear) < 0)
    assert np.all(curve.best_linear > curve.noisy)
    assert curve.model.shape == (3,)
    assert curve.own_level is None


def test_the_curve_knows_at_which_level_the_model_was_trained(make):
    trained = make("denoising", network__kind="dense", corruption__kind="masking", corruption__share=0.4)
    assert noise_curve(trained, "masking", (0.2,), count=8).own_level == 0.4


def test_a_curve_needs_a_corruption_with_a_strength(make):
    with pytest.raises(SettingError, match="has no strength"):
        noise_curve(make("simple"), "none")
