"""Masking noise, counted."""

import math

import pytest
import torch

from aecore.corruption.masking import Masking, MaskingSettings


def masked(share: float, channels: int = 1) -> torch.Tensor:
    clean = torch.full((100, channels, 28, 28), 0.7)
    return Masking(MaskingSettings(share))(clean, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_chosen_share_of_the_pixels_is_lost_and_the_rest_stays(share):
    images = masked(share)
    lost = images == 0
    assert abs(float(lost.float().mean()) - share) < 5 * math.sqrt(share * (1 - share) / images.numel())
    assert torch.all(images[~lost] == 0.7)


def test_share_1_leaves_nothing():
    assert torch.all(masked(1.0) == 0)


def test_a_pixel_is_lost_in_all_channels_or_in_none():
    lost = masked(0.5, channels=3) == 0
    assert torch.equal(lost.any(1), lost.all(1))
    assert 0 < float(lost.float().mean()) < 1
