"""The numbers of a run."""

import json
import math

import pytest
import torch

from aecore.analysis.baselines import fit_pca
from aecore.analysis.evaluate import evaluate
from aecore.analysis.trained import as_floats
from aecore.errors import DataError, RunError, SettingError
from aecore.objectives.penalties import kl_divergence

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("shape", SHAPES)
def test_squared_error_psnr_and_cross_entropy_are_those_of_the_models_own_reconstructions(shape, make):
    trained = make("simple", shape, fit=3)
    clean = as_floats(trained.splits.test.images)
    images = trained.composition.model.decode(trained.composition.model.encode(clean))
    sse = (clean - images).square().sum((1, 2, 3)).mean().item()
    found = evaluate(trained).to_dict()
    assert found["images"] == 100
    assert found["sse_per_image"] == pytest.approx(sse, rel=1e-5)
    assert found["mse_per_pixel"] == pytest.approx(sse / math.prod(shape), rel=1e-5)
    assert found["psnr_db"] == pytest.approx(-10 * math.log10(sse / math.prod(shape)), rel=1e-5)
    bce = torch.nn.functional.binary_cross_entropy(images, clean, reduction="none").sum((1, 2, 3)).mean().item()
    assert found["bce_nats_per_image"] == pytest.approx(bce, rel=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_principal_components_of_the_same_code_size_stand_beside_it(shape, make):
    trained = make("simple", shape, bottleneck__code_size=5)
    found = evaluate(trained).to_dict()["pca"]
    curve = fit_pca(trained.splits.train, 5).errors_by_size(trained.splits.test)
    assert found["code_size"] == 5
    assert found["sse_per_image"] == pytest.approx(curve[5], rel=1e-4)
    assert {"mse_per_pixel", "psnr_db", "bce_nats_per_image"} <= set(found)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_variational_model_has_its_bound_and_its_divergence_in_closed_form(shape, make):
    trained = make("variational", shape, fit=5)
    with torch.inference_mode():
        posterior = trained.composition.model(as_floats(trained.splits.test.images)).posterior
    found = evaluate(trained)
    assert found.kl_nats_per_image == pytest.approx(kl_divergence(posterior).mean().item(), rel=1e-5)
    # A drawn code reconstructs no better than the mean on average, and only a little worse after so few steps.
    reconstruction = found.neg_elbo_nats_per_image - found.kl_nats_per_image
    assert found.model.bce_nats_per_image - 0.5 < reconstruction < found.model.bce_nats_per_image + 50


def test_a_plain_model_has_no_bound(make):
    found = evaluate(make("simple")).to_dict()
    assert "neg_elbo_nats_per_image" not in found
    assert "input" not in found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_denoiser_is_measured_on_corrupted_images_with_input_and_best_linear_beside_it(shape, make):
    found = evaluate(make("denoising", shape, network__kind="dense", corruption__noise_std=0.5)).to_dict()
    assert found["corruption"] == "Gaussian noise, 0.5 of the pixel range"
    assert found["input"]["psnr_db"] == pytest.approx(9.2, abs=0.5)  # clipped noise of 0.5 on dark images
    assert found["best_linear"]["psnr_db"] > found["input"]["psnr_db"] + 5


def test_the_same_model_gives_the_same_numbers_every_time(make):
    trained = make("denoising", (1, 28, 28), network__kind="dense", bottleneck__kind="gaussian", penalty__kind="kl")
    assert evaluate(trained).to_dict() == evaluate(trained).to_dict()


def test_evaluating_changes_nothing_in_a_model_with_batch_normalisation(make):
    trained = make("convolutional", (3, 20, 24), network__normalisation=True)
    before = {name: each.clone() for name, each in trained.composition.model.state_dict().items()}
    evaluate(trained)
    after = trained.composition.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_model_in_training_mode_is_refused_with_the_way_out(make):
    trained = make("simple")
    trained.composition.model.train()
    with pytest.raises(RunError, match=r"model\.eval\(\)"):
        evaluate(trained)


def test_a_limit_takes_so_many_images_and_says_so(make):
    assert evaluate(make("simple"), limit=12).to_dict()["images"] == 12


def test_progress_ends_at_one(make):
    told = []
    evaluate(make("simple"), progress=told.append)
    assert told[-1] == 1.0


def test_a_split_without_images_is_an_error_that_says_what_to_do(make, splits):
    parts = splits((1, 28, 28))
    empty = type(parts)(parts.train, parts.validation, parts.test.take([]), "blobs", "blobs")
    with pytest.raises(DataError, match="no images to evaluate on"):
        evaluate(make("simple", data=empty))


def test_an_unknown_split_is_an_error_that_names_the_splits(make):
    with pytest.raises(SettingError, match="train, validation, test"):
        evaluate(make("simple"), split="exam")


def test_everything_is_json(make):
    json.dumps(evaluate(make("denoising", network__kind="dense")).to_dict(), allow_nan=False)


def test_a_code_larger_than_the_image_is_beside_all_the_components_there_are(make, splits):
    trained = make("simple", (1, 4, 5), splits((1, 4, 5)), bottleneck__code_size=64)
    found = evaluate(trained).to_dict()["pca"]
    assert found["code_size"] == 20
    assert found["sse_per_image"] == pytest.approx(0, abs=1e-5)
    assert "64 numbers is more than the 20 directions" in found["note"]
