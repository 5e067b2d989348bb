"""The one picture of each variant."""

import numpy as np
import pytest
import torch

from aecore.analysis.baselines import fit_pca
from aecore.analysis.demonstrations.class_grid import class_grid
from aecore.analysis.demonstrations.code_size import CodeSizePoint, code_size_curve
from aecore.analysis.demonstrations.draws import eight_draws
from aecore.analysis.demonstrations.losses import loss_comparison
from aecore.analysis.demonstrations.noise_to_image import mixed, noise_to_image, same_noise
from aecore.analysis.demonstrations.noises import noise_kinds
from aecore.analysis.demonstrations.pixel_against_latent import pixel_against_latent
from aecore.analysis.demonstrations.spread import posterior_spread
from aecore.analysis.demonstrations.transposed import transposed_convolution
from aecore.analysis.evaluate import evaluate
from aecore.analysis.trained import noise
from aecore.errors import SettingError
from aecore.variants.compose import compose

SHAPES = [(1, 28, 28), (3, 20, 24)]


def test_losses_of_one_pixel_are_least_where_the_prediction_is_the_target():
    found = loss_comparison((0.25, 0.5), points=99)
    assert list(found.predictions[found.squared_error.argmin(1)]) == pytest.approx([0.25, 0.5])
    assert list(found.predictions[found.cross_entropy.argmin(1)]) == pytest.approx([0.25, 0.5])
    assert found.cross_entropy.min(1) == pytest.approx(found.floor)


def test_slopes_are_the_derivatives_by_the_logit():
    found = loss_comparison((0.2, 1.0))
    logit = torch.logit(torch.from_numpy(found.predictions)).requires_grad_()
    for row, target in enumerate(found.targets):
        squared = (torch.sigmoid(logit) - target).square().sum()
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(
            logit, torch.full_like(logit, target), reduction="sum"
        )
        assert torch.autograd.grad(squared, logit)[0].numpy() == pytest.approx(found.squared_slope[row])
        assert torch.autograd.grad(entropy, logit)[0].numpy() == pytest.approx(found.cross_slope[row])


def test_a_target_that_is_no_pixel_is_refused():
    with pytest.raises(SettingError, match="from 0 to 1"):
        loss_comparison((1.5,))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_curve_of_code_sizes_holds_principal_components_and_runs(shape, make):
    trained = make("deep", shape, bottleneck__code_size=8)
    point = CodeSizePoint("mine", "deep", 8, evaluate(trained).model.sse_per_image)
    curve = code_size_curve(trained.splits, [point], largest=20)
    exact = fit_pca(trained.splits.train, 20).errors_by_size(trained.splits.test)
    assert list(curve.sizes) == list(range(1, 21))
    assert curve.pca == pytest.approx(exact[1:])
    assert (curve.points[0].family, curve.points[0].size, curve.points[0].name) == ("deep", 8, "mine")
    assert curve.images == 100


@pytest.mark.parametrize(
    ("stride", "padding", "kernel"), [(2, 1, (4, 4)), (1, 0, (3, 3)), (3, 2, (5, 2)), (2, 0, (1, 2))]
)
def test_a_transposed_convolution_adds_up_to_what_torch_gives(stride, padding, kernel):
    chance = np.random.default_rng(0)
    image, weights = (chance.normal(size=size).astype(np.float32) for size in ((3, 4), kernel))
    if padding and min(kernel) <= padding:
        padding = 0
    found = transposed_convolution(image, weights, stride, padding)
    assert len(found.steps) == 12
    assert np.allclose(found.steps[-1].so_far, found.result, atol=1e-5)


def test_steps_of_a_transposed_convolution_by_hand():
    found = transposed_convolution(np.float32([[1, 2]]), np.float32([[1, 10, 100]]), stride=1, padding=0)
    first, second = found.steps
    assert first.so_far.tolist() == [[1, 10, 100, 0]]
    assert second.patch.tolist() == [[2, 20, 200]]
    assert (second.top, second.left) == (0, 1)
    assert second.so_far.tolist() == [[1, 12, 120, 200]]
    assert found.covered.tolist() == [[1, 2, 2, 1]]


def test_the_labs_own_layer_covers_every_inner_number_equally_often():
    covered = transposed_convolution().covered
    assert set(covered[1:-1, 1:-1].ravel()) == {4}


def test_a_transposed_convolution_of_which_nothing_is_left_is_refused():
    with pytest.raises(SettingError, match="smaller padding"):
        transposed_convolution(np.ones((1, 1), np.float32), np.ones((2, 2), np.float32), stride=1, padding=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_kinds_of_noise_are_equally_strong_and_look_different(shape, make):
    trained = make("denoising", shape, network__kind="dense")
    found = noise_kinds(trained.splits.test.images[:20], "masking", 0.5, {"mine": trained})
    assert [kind.key for kind in found.kinds] == ["gaussian", "masking", "salt_pepper"]
    for kind in found.kinds:
        assert kind.reached
        assert kind.psnr_db == pytest.approx(found.psnr_db, abs=0.1)
        assert kind.reconstructions["mine"].shape == kind.corrupted.shape
        assert np.isfinite(kind.reconstructed_psnr_db["mine"])
    assert found.kinds[1].level == pytest.approx(0.5, abs=0.02)


def test_a_kind_that_cannot_be_as_strong_says_so(make):
    images = make("simple").splits.test.images[:10]
    masking = noise_kinds(images, "gaussian", 2.0).kinds[1]  # taking light away from dark images changes little
    assert masking.level == 1.0
    assert not masking.reached


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("latent", [1, 2, 6])
def test_draws_scatter_around_the_mean_as_the_posterior_says(latent, shape, make):
    trained = make("variational", shape, bottleneck__code_size=latent)
    found = eight_draws(trained, trained.splits.test.images[0], draws=400)
    assert found.images.shape == (400, *shape)
    assert found.codes.mean(0) == pytest.approx(found.mean, abs=float(4 * found.spread.max() / 20))
    assert found.codes.std(0) == pytest.approx(found.spread, rel=0.2)
    assert found.variation.shape == (1, *shape)
    inside = (np.abs((found.codes - found.mean) / found.spread) < 1).mean()
    assert inside == pytest.approx(0.683, abs=0.05)


def test_the_ellipse_lies_so_many_deviations_around_the_mean(make):
    trained = make("variational")
    found = eight_draws(trained, trained.splits.test.images[0])
    away = (found.ellipse(2.0) - found.mean) / found.spread
    assert np.allclose(np.linalg.norm(away, axis=1), 2.0, atol=1e-4)


def test_only_a_variational_model_draws(make):
    trained = make("simple")
    with pytest.raises(SettingError, match="Gaussian bottleneck"):
        eight_draws(trained, trained.splits.test.images[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_row_of_the_class_grid_shares_its_style_and_a_column_its_class(shape, make):
    trained = make("conditional", shape, fit=20)
    model = trained.composition.model
    found = class_grid(trained, rows=3)
    assert found.images.shape == (3, 4, *shape)
    assert found.class_names == ("a", "b", "c", "d")
    styles = model.prior(3, noise(0, "classes", 0))[:, :-4]
    code = torch.cat([styles[[1]], torch.eye(4)[[2]]], 1)
    assert np.allclose(found.images[1, 2], model.decode(code)[0].numpy(), atol=1e-6)
    typical = class_grid(trained, rows=3, truncation=0.0).images
    assert np.allclose(typical, typical[:1], atol=1e-6)


def test_classes_that_were_not_trained_are_no_columns(make, splits):
    data = splits((1, 28, 28))
    few = type(data)(*(each.of_classes((0, 2)) for each in (data.train, data.validation, data.test)), "few", "few")
    assert class_grid(make("conditional", data=few)).class_names == ("a", "c")


def test_only_a_conditional_model_has_a_class_grid(make):
    with pytest.raises(SettingError, match="choose a conditional run"):
        class_grid(make("variational"))


def test_the_spread_of_the_posterior_is_that_of_its_standard_deviations(make):
    trained = make("variational", bottleneck__code_size=3, fit=10)
    images = torch.from_numpy(trained.splits.test.images).float() / 255
    posterior = trained.composition.model(images).posterior
    found = posterior_spread(trained)
    assert found.deviation == pytest.approx(torch.exp(0.5 * posterior.log_variance).mean(0).numpy(), rel=1e-4)
    assert found.variance_of_means == pytest.approx(posterior.mean.var(0, correction=0).numpy(), rel=1e-3, abs=1e-6)
    assert found.active_units == int((posterior.mean.var(0, correction=0) > 0.01).sum())


def test_draws_of_a_conditional_model_take_a_class_as_well(make):
    trained = make("conditional", fit=5)
    found = eight_draws(trained, trained.splits.test.images[0])
    assert found.codes.shape == (8, 14)
    assert set(np.unique(found.codes[:, -4:])) <= {0.0, 1.0}


SMALL_DIFFUSION = {"network__channels": (8, 12), "network__width": 16, "network__steps": 3}


@pytest.mark.parametrize("kind", ["diffusion", "latent_diffusion"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_step_from_noise_to_image_can_be_looked_at(kind, shape, make):
    trained = make(kind, shape, **SMALL_DIFFUSION)
    way = noise_to_image(trained, steps=4, count=2)
    assert way.images.shape == way.guesses.shape == (5, 2, *shape)
    assert way.steps == 4
    assert list(way.times) == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert np.array_equal(way.images[-1], way.guesses[-1])
    in_one, in_four = same_noise(trained, (1, 4), count=2).images
    assert np.array_equal(in_four, way.images[-1])
    assert np.array_equal(in_one, noise_to_image(trained, steps=1, count=2).images[-1])


def test_only_a_diffusion_model_goes_in_steps(make):
    with pytest.raises(SettingError, match="Only a diffusion model"):
        noise_to_image(make("simple"))


def test_an_image_is_mixed_from_itself_to_noise():
    image = np.full((1, 4, 4), 255, np.uint8)
    clean, half, noisy = mixed(image, (0.0, 0.5, 1.0))
    assert clean.min() == 1  # at time 0 there is no noise at all
    assert 0.5 < half.mean() < 1
    assert noisy.mean() == pytest.approx(0.5, abs=0.3)
    assert noisy.std() > 0.2


@pytest.mark.parametrize("shape", SHAPES)
def test_pixels_and_codes_are_compared_on_the_same_seed(shape, make):
    pixels, codes = (make(kind, shape, **SMALL_DIFFUSION) for kind in ("diffusion", "latent_diffusion"))
    found = pixel_against_latent([("Pixels", pixels), ("Codes", codes)], judged=12, timed_steps=(1, 3))
    first, second = found.contenders
    assert first.images.shape == second.images.shape == (8, *shape)
    assert first.diffused == np.prod(shape)
    assert second.diffused == 4 * (shape[1] // 4) * (shape[2] // 4)
    assert np.allclose(first.images, same_noise(pixels, (3,)).images[0], atol=1e-6)
    assert all(len(each.milliseconds) == 2 and min(each.milliseconds) > 0 for each in found.contenders)
    assert first.lost is None
    assert second.lost > 0


def test_the_judge_knows_real_images_and_no_others(make):
    trained = make("diffusion", **SMALL_DIFFUSION)
    trained.composition = compose(trained.recipe.parts, (1, 28, 28), 0, classes=4)
    trained.composition.model.eval()
    found = pixel_against_latent([("Untrained", trained)], judged=40, timed_steps=(1,))
    assert found.real > 0.9
    assert found.contenders[0].recognised < 0.6
