"""The Gaussian bottleneck."""

import math

import torch

from aecore.bottlenecks.gaussian import LIMIT, Gaussian, GaussianSettings
from aecore.model import Sampling

# mean (1, -2) and log variance (log 9, log 0.25): standard deviations 3 and 0.5
FEATURES = torch.tensor([[1.0, -2.0, math.log(9.0), math.log(0.25)]])


def test_half_of_the_features_are_the_mean_and_half_the_log_variance():
    bottleneck = Gaussian(GaussianSettings(code_size=2))
    assert (bottleneck.latent, bottleneck.features) == (2, 4)
    posterior = bottleneck.posterior(FEATURES)
    assert posterior.mean.tolist() == [[1.0, -2.0]]
    torch.testing.assert_close(posterior.log_variance.exp(), torch.tensor([[9.0, 0.25]]))


def test_codes_are_drawn_with_the_mean_and_spread_of_the_posterior():
    """Bounds are five standard errors."""
    count = 20_000
    codes = Gaussian(GaussianSettings())(FEATURES.expand(count, -1), torch.Generator().manual_seed(0)).codes
    for each, (mean, spread) in zip(codes.unbind(1), ((1.0, 3.0), (-2.0, 0.5)), strict=True):
        assert abs(float(each.mean()) - mean) < 5 * spread / math.sqrt(count)
        assert abs(float(each.std()) - spread) < 5 * spread / math.sqrt(2 * count)


def test_without_a_generator_nothing_is_random():
    bottleneck = Gaussian(GaussianSettings())
    assert torch.equal(bottleneck(FEATURES, None).codes, FEATURES[:, :2])
    assert torch.equal(bottleneck.code(FEATURES), FEATURES[:, :2])


def test_gradients_reach_mean_and_spread_through_the_draw():
    features = FEATURES.clone().requires_grad_()
    Gaussian(GaussianSettings())(features, torch.Generator().manual_seed(0)).codes.sum().backward()
    assert features.grad is not None
    assert features.grad[:, :2].tolist() == [[1.0, 1.0]]
    assert torch.all(features.grad[:, 2:] != 0)


def test_an_extreme_log_variance_stays_within_what_exp_can_hold():
    posterior = Gaussian(GaussianSettings(code_size=1)).posterior(torch.tensor([[0.0, 1e9], [0.0, -1e9]]))
    assert posterior.log_variance.flatten().tolist() == [LIMIT, -LIMIT]


def test_the_posterior_is_float32_whatever_the_network_computed_in():
    posterior = Gaussian(GaussianSettings()).posterior(FEATURES.bfloat16())
    assert posterior.mean.dtype == posterior.log_variance.dtype == torch.float32


def test_truncation_draws_new_codes_towards_the_mean():
    bottleneck = Gaussian(GaussianSettings(code_size=3))
    codes = bottleneck.prior(4, torch.Generator().manual_seed(0))
    assert torch.equal(bottleneck.steer(codes, Sampling(truncation=0.5)), codes / 2)
    assert torch.equal(bottleneck.steer(codes, Sampling()), codes)
