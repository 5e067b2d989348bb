"""Losses of generator and discriminator, by hand."""

from math import log, sqrt

import pytest
import torch

from aecore.objectives.adversarial import discriminator_loss, diversity, generator_loss, gradient_penalty


def logit(probability: float) -> torch.Tensor:
    return torch.tensor([log(probability / (1 - probability))])


def test_the_losses_are_those_of_the_lecture():
    assert float(discriminator_loss(logit(0.9), logit(0.2))) == pytest.approx(-log(0.9) - log(0.8), rel=1e-5)
    assert float(generator_loss(logit(0.2))) == pytest.approx(-log(0.2), rel=1e-5)


def test_a_discriminator_that_cannot_tell_pays_two_bits():
    nothing = torch.zeros(3)
    assert discriminator_loss(nothing, nothing).tolist() == pytest.approx([2 * log(2)] * 3)
    assert generator_loss(nothing).tolist() == pytest.approx([log(2)] * 3)


def test_smoothing_asks_for_less_than_certainty():
    wanted = -0.9 * log(0.9) - 0.1 * log(0.1)
    assert float(discriminator_loss(logit(0.9), torch.tensor([-50.0]), smoothing=0.1)) == pytest.approx(
        wanted, rel=1e-5
    )


def test_the_generators_slope_does_not_vanish_when_the_discriminator_is_sure():
    sure = torch.tensor([-20.0], requires_grad=True)
    generator_loss(sure).sum().backward()
    assert float(sure.grad) == pytest.approx(-1, rel=1e-4)


def test_losses_stay_finite_for_any_logit():
    far = torch.tensor([-1e4, 1e4])
    assert discriminator_loss(far, far.flip(0)).isfinite().all()
    assert generator_loss(far).isfinite().all()


def test_the_gradient_penalty_is_half_the_squared_slope():
    weights = torch.tensor([3.0, 4.0], requires_grad=True)
    penalty = gradient_penalty(lambda images: images.flatten(1) @ weights, torch.rand(5, 1, 1, 2))
    assert penalty.tolist() == pytest.approx([12.5] * 5)
    penalty.mean().backward()
    assert weights.grad.tolist() == pytest.approx([3, 4])


def test_diversity_compares_distances_with_those_of_real_images():
    real = torch.tensor([0.0, 2.0]).view(2, 1, 1, 1)
    generated = torch.tensor([0.0, 1.0, 1.0]).view(3, 1, 1, 1)
    assert diversity(generated, real).tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 4])
    squares = torch.zeros(2, 1, 2, 2)
    squares[1] = 1.0
    assert diversity(squares, real).tolist() == pytest.approx([2 / 2] * 2)
    assert diversity(squares[:, :, :1], real).tolist() == pytest.approx([sqrt(2) / 2] * 2)


def test_a_generator_that_makes_always_the_same_has_no_diversity():
    assert diversity(torch.full((4, 1, 3, 3), 0.3), torch.rand(4, 1, 3, 3)).tolist() == pytest.approx([0] * 4, abs=1e-3)


@pytest.mark.parametrize("count", [1, 4])
def test_real_images_that_do_not_differ_tell_nothing_about_diversity(count):
    assert diversity(torch.rand(count, 1, 3, 3), torch.zeros(count, 1, 3, 3)).tolist() == [1] * count
