"""Quantised codes: whole numbers of bins, and what they cost, by hand."""

import math

import pytest
import torch

from aecore.bottlenecks.quantised import BINS_PER_UNIT, LARGEST, Quantised, QuantisedSettings


def made(**settings) -> Quantised:
    bottleneck = Quantised(QuantisedSettings(**{"code_size": 2, "qualities": 2, "rate_weight": 0.5} | settings))
    return bottleneck.requires_grad_(False)


def one_logistic(bottleneck: Quantised) -> Quantised:
    """Middle 0 and scale 1 unit, with one bin to a unit at the finest quality."""
    bottleneck.means.zero_()
    bottleneck.log_scales.zero_()
    bottleneck.log_gains.zero_()
    return bottleneck


def test_codes_lie_in_the_middle_of_bins():
    bottleneck = made().eval()
    codes = bottleneck.code(torch.tensor([[0.29, -1.0]]))
    assert codes.tolist() == [[pytest.approx(1 / BINS_PER_UNIT), -1.0]]
    assert bottleneck.bins(torch.tensor([[0.29, -1.0]]), 1).tolist() == [[1.0, -BINS_PER_UNIT]]


def test_the_rate_of_a_number_is_minus_the_logarithm_of_its_bins_probability():
    outcome = one_logistic(made()).eval()(torch.tensor([[0.2, 2.1]]), None)
    middle = 1 / (1 + math.exp(-0.5)) - 1 / (1 + math.exp(0.5))
    second = 1 / (1 + math.exp(-2.5)) - 1 / (1 + math.exp(-1.5))
    assert outcome.terms["rate_bits"].value.item() == pytest.approx(-math.log2(middle * second), rel=1e-5)


def test_the_weight_of_a_bit_doubles_from_each_quality_to_the_coarser_one():
    bottleneck = made(qualities=3).eval()
    assert bottleneck(torch.zeros(1, 2), None).terms["rate_bits"].weight.tolist() == [0.5]
    drawn = bottleneck(torch.zeros(100, 2), torch.Generator().manual_seed(0)).terms["rate_bits"].weight
    assert set(drawn.tolist()) == {0.5, 1.0, 2.0}


def test_in_training_the_noise_is_as_wide_as_a_bin_and_only_that_of_the_rate_unless_asked_for():
    features = torch.full((200, 2), 0.35)
    for rounding, spread in (("straight_through", 0.0), ("noise", 1 / math.sqrt(12))):
        bottleneck = one_logistic(made(qualities=1, rounding=rounding)).train()
        outcome = bottleneck(features, torch.Generator().manual_seed(0))
        assert outcome.codes.std().item() == pytest.approx(spread, abs=0.03)
        assert outcome.terms["rate_bits"].value.std().item() > 0.01
        assert (outcome.codes - 0.35).abs().max().item() < 0.51


def test_the_gradient_passes_the_rounding():
    bottleneck = made().train()
    features = torch.tensor([[0.29, -0.7]], requires_grad=True)
    bottleneck(features, torch.Generator().manual_seed(0)).codes.sum().backward()
    assert features.grad.tolist() == [[pytest.approx(1.0), pytest.approx(1.0)]]


def test_numbers_far_outside_stay_within_what_a_file_holds():
    assert made().bins(torch.tensor([[1e9, -1e9]]), 1).tolist() == [[LARGEST, -LARGEST]]
    assert made()(torch.tensor([[1e9, -1e9]]), None).terms["rate_bits"].value.isfinite().all()
