"""Shrinking: the arithmetic of Pillow's bicubic, and the factors a model can learn."""

import numpy as np
import pytest
import torch
from PIL import Image

from aecore.corruption.shrink import Shrink, ShrinkSettings, enlarge, shrink


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(height, width):
    """A picture without sharp edges, so that no pixel is clipped."""
    y, x = np.mgrid[:height, :width]
    return np.round(128 + 60 * np.sin(x / 5) + 50 * np.cos(y / 7)).astype(np.uint8)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_shrinking_and_enlarging_are_bicubic_as_pillow_computes_it(factor):
    picture = smooth(48, 60)
    tensor = torch.from_numpy(picture)[None, None].float() / 255
    small = shrink(tensor, factor)
    by_pillow = Image.fromarray(picture).resize((60 // factor, 48 // factor), Image.Resampling.BICUBIC)
    assert np.abs(small[0, 0].numpy() * 255 - np.asarray(by_pillow)).max() <= 1
    large = enlarge(small, 48, 60)
    back = by_pillow.resize((60, 48), Image.Resampling.BICUBIC)
    assert np.abs(large[0, 0].numpy() * 255 - np.asarray(back)).max() <= 2


def test_a_small_picture_has_eight_bits():
    small = shrink(torch.rand(1, 1, 20, 20, generator=chance()), 2) * 255
    assert torch.allclose(small, small.round(), atol=1e-4)


def test_a_side_that_is_no_multiple_keeps_its_length():
    images = torch.rand(2, 3, 9, 7, generator=chance())
    assert Shrink(ShrinkSettings(factor=4))(images, chance()).shape == images.shape


def test_every_batch_has_one_factor_and_all_of_them_come_up():
    corruption, stream = Shrink(ShrinkSettings(factor=4, varying=True)), chance()
    drawn = [corruption.strengths(5, stream) for _ in range(40)]
    assert all(len(set(each.tolist())) == 1 for each in drawn)
    assert {float(each[0]) for each in drawn} == {2.0, 3.0, 4.0}


def test_factors_beyond_the_strongest_are_not_drawn():
    corruption, stream = Shrink(ShrinkSettings(factor=3, varying=True)), chance()
    assert {float(corruption.strengths(1, stream)) for _ in range(40)} == {2.0, 3.0}


def test_images_of_different_factors_are_each_shrunk_by_their_own():
    images = torch.rand(2, 1, 24, 24, generator=chance())
    corruption = Shrink(ShrinkSettings())
    both = corruption.at(images, torch.tensor([2.0, 4.0]), chance())
    assert torch.equal(both[1:], corruption.at(images[1:], torch.tensor([4.0]), chance()))
