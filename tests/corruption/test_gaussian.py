"""Gaussian noise, measured where clipping does not reach."""

import math

import torch

from aecore.corruption.gaussian import GaussianNoise, GaussianSettings

COUNT = 200 * 28 * 28


def noisy(value: float, noise_std: float, channels: int = 1) -> torch.Tensor:
    clean = torch.full((200, channels, 28, 28), value)
    return GaussianNoise(GaussianSettings(noise_std))(clean, torch.Generator().manual_seed(0))


def test_on_mid_grey_the_noise_has_the_chosen_standard_deviation_and_no_mean():
    """At 0.1 the clipping is five standard deviations away; the bounds are five standard errors."""
    noise = noisy(0.5, 0.1) - 0.5
    assert abs(float(noise.mean())) < 5 * 0.1 / math.sqrt(COUNT)
    assert abs(float(noise.std()) - 0.1) < 5 * 0.1 / math.sqrt(2 * COUNT)


def test_noise_on_black_is_clipped_for_one_half_of_the_pixels():
    share = float((noisy(0.0, 0.3) == 0).float().mean())
    assert abs(share - 0.5) < 5 * 0.5 / math.sqrt(COUNT)


def test_every_channel_has_noise_of_its_own():
    red, green, blue = (noisy(0.5, 0.1, channels=3) - 0.5).unbind(1)
    for one, other in ((red, green), (green, blue), (red, blue)):
        correlation = float((one * other).mean()) / 0.01
        assert abs(correlation) < 5 / math.sqrt(COUNT)
