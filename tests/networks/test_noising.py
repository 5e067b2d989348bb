"""How noise is mixed in and taken out again."""

import math

import pytest
import torch

from aecore.networks.noising import PREDICTIONS, SCHEDULES, Noising

TIMES = torch.linspace(0.0, 1.0, 11)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_signal_and_noise_add_up_and_the_signal_only_falls(schedule):
    alpha, sigma = Noising(schedule, "noise").scales(TIMES)
    assert (alpha.square() + sigma.square()).tolist() == pytest.approx([1.0] * 11)
    assert (alpha.diff() < 0).all()
    assert float(alpha[0]) == 1.0
    assert 0 < float(alpha[-1]) < 0.01
    assert [Noising(schedule, "noise").scales_at(float(time)) for time in TIMES] == [
        pytest.approx(each, abs=1e-3) for each in zip(alpha.tolist(), sigma.tolist(), strict=True)
    ]


def test_the_schedules_are_those_of_their_papers():
    half = torch.tensor([0.5])
    cosine = (math.cos(0.508 / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)) ** 2
    assert float(Noising("cosine", "noise").scales(half)[0].square()) == pytest.approx(cosine)
    linear = math.exp(-(0.1 * 0.5 + 19.9 * 0.125))  # minus the area below the rate from 0.1 to 10.05
    assert float(Noising("linear", "noise").scales(half)[0].square()) == pytest.approx(linear)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_the_right_answer_gives_the_clean_image_back(prediction, schedule):
    noising = Noising(schedule, prediction)
    clean, noise = torch.randn(2, 9, generator=torch.Generator().manual_seed(0)).double()
    alpha, sigma = noising.scales(torch.linspace(0.1, 1.0, 9).double())
    answer = noising.target(clean, noise, alpha, sigma)
    assert noising.clean(alpha * clean + sigma * noise, answer, alpha, sigma).tolist() == pytest.approx(clean.tolist())


def test_the_velocity_by_hand():
    noising = Noising("cosine", "velocity")
    alpha, sigma = torch.tensor([0.6]), torch.tensor([0.8])
    assert float(noising.target(torch.tensor([1.0]), torch.tensor([2.0]), alpha, sigma)) == pytest.approx(0.4)
