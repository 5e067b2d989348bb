"""Penalties, computed on paper."""

import math

import pytest
import torch

from aecore.errors import SettingError
from aecore.model import Pass, Posterior
from aecore.objectives.penalties import KLDivergence, KLSettings, NoPenalty, NoPenaltySettings, kl_divergence


def test_the_standard_normal_is_no_distance_from_itself():
    assert kl_divergence(Posterior(torch.zeros(1, 3), torch.zeros(1, 3))).tolist() == [0.0]


def test_kl_of_a_known_gaussian():
    """1/2 (2^2 + e^2 - 2 - 1) for mean 2 and standard deviation e, and 1/2 (0 + 1/4 - log 1/4 - 1) beside it."""
    posterior = Posterior(torch.tensor([[2.0, 0.0]]), torch.tensor([[2.0, math.log(0.25)]]))
    expected = 0.5 * (4 + math.exp(2) - 2 - 1) + 0.5 * (0.25 - math.log(0.25) - 1)
    assert kl_divergence(posterior).tolist() == pytest.approx([expected])


def test_kl_agrees_with_the_distributions_of_torch():
    posterior = Posterior(torch.randn(5, 4), torch.randn(5, 4))
    theirs = torch.distributions.Normal(posterior.mean, (0.5 * posterior.log_variance).exp())
    standard = torch.distributions.Normal(torch.zeros(4), torch.ones(4))
    expected = torch.distributions.kl_divergence(theirs, standard).sum(1)
    torch.testing.assert_close(kl_divergence(posterior), expected)


def test_the_kl_penalty_needs_a_posterior():
    outcome = Pass(torch.zeros(1, 1, 1, 2), torch.zeros(1, 3), None)
    with pytest.raises(SettingError, match=r"needs a Gaussian bottleneck: set bottleneck\.kind=gaussian"):
        KLDivergence(KLSettings())(outcome)


def test_no_penalty_adds_nothing():
    outcome = Pass(torch.zeros(1, 1, 1, 2), torch.zeros(1, 3), None)
    assert NoPenalty(NoPenaltySettings())(outcome) is None


def test_the_weight_of_the_kl_rises_evenly_over_the_warm_up_and_stays():
    kl = KLDivergence(KLSettings(beta=4.0, warm_up=0.5))
    assert [kl.weight_at(done) for done in (0.0, 0.25, 0.5, 1.0)] == [0.0, 2.0, 4.0, 4.0]
    assert kl.weight == 4.0


def test_without_a_warm_up_the_kl_counts_in_full_from_the_first_step():
    assert KLDivergence(KLSettings(beta=4.0)).weight_at(0.0) == 4.0
