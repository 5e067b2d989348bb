"""Codes that are drawn."""

import torch

from aecore.bottlenecks.prior import Prior, PriorSettings


def test_codes_are_drawn_one_for_each_row_and_take_nothing_from_it():
    prior = Prior(PriorSettings(code_size=50))
    assert (prior.latent, prior.features, prior.draws) == (50, 0, True)
    codes = prior(torch.zeros(400, 0), torch.Generator().manual_seed(0)).codes
    assert codes.shape == (400, 50)
    assert abs(float(codes.mean())) < 0.03
    assert abs(float(codes.std()) - 1) < 0.03
    assert torch.equal(codes, prior(torch.zeros(400, 0), torch.Generator().manual_seed(0)).codes)


def test_without_chance_the_code_is_the_mean():
    prior = Prior(PriorSettings(code_size=3))
    assert torch.equal(prior(torch.zeros(2, 0), None).codes, torch.zeros(2, 3))
