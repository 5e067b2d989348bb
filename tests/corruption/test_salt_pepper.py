"""Salt-and-pepper noise, counted."""

import math

import pytest
import torch

from aecore.corruption.salt_pepper import SaltPepper, SaltPepperSettings


def peppered(share: float, channels: int = 1) -> torch.Tensor:
    clean = torch.full((100, channels, 28, 28), 0.7)
    return SaltPepper(SaltPepperSettings(share))(clean, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_half_of_the_chosen_share_is_white_half_is_black_and_the_rest_stays(share):
    images = peppered(share)
    half = share / 2
    bound = 5 * math.sqrt(half * (1 - half) / images.numel())
    white, black = images == 1, images == 0
    assert abs(float(white.float().mean()) - half) < bound
    assert abs(float(black.float().mean()) - half) < bound
    assert torch.all(images[~white & ~black] == 0.7)


def test_a_pixel_is_hit_in_all_channels_alike():
    images = peppered(0.5, channels=3)
    assert torch.equal(images[:, 0], images[:, 1])
    assert torch.equal(images[:, 0], images[:, 2])
