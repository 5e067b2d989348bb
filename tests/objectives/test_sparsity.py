"""Sparsity penalties, computed on paper."""

import math

import pytest
import torch

from aecore.model import Pass
from aecore.objectives.sparsity import L1, KLRate, KLRateSettings, L1Settings


def outcome(*codes):
    return Pass(torch.zeros(len(codes), 1, 1, 2), torch.tensor(codes), None)


def test_l1_is_the_sum_of_the_sizes_of_each_images_activations():
    assert L1(L1Settings())(outcome([0.5, -2.0, 0.0], [0.0, 0.25, 0.25])).tolist() == [2.5, 0.5]


def test_units_at_their_target_rate_cost_nothing():
    cost = KLRate(KLRateSettings(rate=0.25))(outcome([0.5, 0.0], [0.0, 0.5]))
    assert cost.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_kl_from_the_target_rate_is_that_of_the_batch_for_each_of_its_images():
    """Mean activations 0.5 and 0.1 against a target of 0.2."""
    cost = KLRate(KLRateSettings(rate=0.2))(outcome([0.9, 0.1], [0.1, 0.1]))
    first = 0.2 * math.log(0.2 / 0.5) + 0.8 * math.log(0.8 / 0.5)
    second = 0.2 * math.log(0.2 / 0.1) + 0.8 * math.log(0.8 / 0.9)
    assert cost.tolist() == pytest.approx([first + second] * 2)


def test_the_mean_over_images_pulls_a_busy_unit_down_and_an_idle_one_up():
    codes = torch.tensor([[0.9, 0.0], [0.7, 0.0]], requires_grad=True)
    KLRate(KLRateSettings(rate=0.2))(Pass(torch.zeros(2, 1, 1, 2), codes, None)).mean().backward()
    assert codes.grad is not None
    assert (codes.grad[:, 0] > 0).all()
    codes = torch.tensor([[0.01, 0.01]], requires_grad=True)
    KLRate(KLRateSettings(rate=0.2))(Pass(torch.zeros(1, 1, 1, 2), codes, None)).mean().backward()
    assert codes.grad is not None
    assert (codes.grad < 0).all()


def test_a_unit_that_is_never_or_always_on_costs_a_finite_number():
    assert KLRate(KLRateSettings())(outcome([0.0, 1.0])).isfinite().all()
