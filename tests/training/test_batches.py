"""Batches, their order, and augmentation."""

import math

import numpy as np
import pytest
import torch

from aecore.training.batches import Augmentation, Batches, binarised, images_per_step, order, resident_bytes
from aecore.training.recipe import TrainingSettings
from tests.made_up import made_up_set

NOTHING = {"rotate_degrees": 0.0, "shift_pixels": 0.0, "scale_percent": 0.0, "shear_degrees": 0.0, "flip": False}


def augmentation(**changes: float | bool) -> Augmentation:
    return Augmentation(**NOTHING | changes)


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- batches


def test_a_batch_holds_the_asked_for_images_as_floats_from_0_to_1():
    images = made_up_set(20, (3, 4, 5), seed=0)
    batch = Batches(images, torch.device("cpu")).at(np.array([7, 0, 7]))
    assert torch.equal(batch, torch.from_numpy(images.images[[7, 0, 7]]).float() / 255)


def test_black_is_0_and_white_is_1():
    images = made_up_set(2, (1, 2, 2), seed=0)
    images.images[0], images.images[1] = 0, 255
    batch = Batches(images, torch.device("cpu")).at(np.array([0, 1]))
    assert [each.unique().tolist() for each in batch] == [[0.0], [1.0]]


@pytest.mark.parametrize("as_floats", [True, False])
def test_images_that_lie_on_a_device_are_the_same_batch(as_floats):
    images = made_up_set(20, (3, 4, 5), seed=0)
    batches, places = Batches(images, torch.device("cpu")), np.array([7, 0, 7])
    expected = batches.at(places)
    pixels = torch.from_numpy(images.images)
    batches.resident = pixels.float().div(255) if as_floats else pixels
    first = batches.at(places)
    first.add_(1.0)  # what is done to a batch is not done to the images
    assert torch.equal(batches.at(torch.from_numpy(places)), expected)


@pytest.mark.parametrize(
    ("pixels", "free", "taken"), [(100, 3300, 400), (100, 3200, 100), (100, 202, 100), (100, 200, 0), (0, 0, 0)]
)
def test_images_lie_on_a_gpu_as_floats_or_bytes_or_not_at_all(pixels, free, taken):
    assert resident_bytes(pixels, free) == taken


def test_a_batch_does_not_change_the_images_it_came_from():
    images = made_up_set(5, (1, 3, 3), seed=0)
    before = images.images.copy()
    Batches(images, torch.device("cpu")).at(np.arange(5)).zero_()
    assert np.array_equal(images.images, before)


# --- black or white


def test_a_binarised_pixel_is_white_with_the_probability_of_its_grey_value():
    grey = torch.tensor([0.0, 0.25, 0.75, 1.0]).view(4, 1, 1, 1).expand(4, 1, 100, 100)
    drawn = binarised(grey, chance())
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert drawn.mean((1, 2, 3)).tolist() == pytest.approx([0.0, 0.25, 0.75, 1.0], abs=5 * math.sqrt(0.1875 / 10_000))


def test_pixels_are_drawn_anew_at_every_use_and_follow_the_generator():
    grey, generator = torch.full((1, 1, 9, 9), 0.5), chance()
    first, second = binarised(grey, generator), binarised(grey, generator)
    assert not torch.equal(first, second)
    assert torch.equal(first, binarised(grey, chance()))


# --- order


@pytest.mark.parametrize("count", [1, 2, 301])
def test_an_epoch_meets_every_image_once(count):
    assert sorted(order(count, seed=3, epoch=5).tolist()) == list(range(count))


def test_the_order_follows_from_seed_and_epoch():
    assert np.array_equal(order(300, 3, 5), order(300, 3, 5))
    assert not np.array_equal(order(300, 3, 5), order(300, 3, 6))
    assert not np.array_equal(order(300, 3, 5), order(300, 4, 5))


# --- augmentation


def test_settings_that_ask_for_nothing_give_no_augmentation():
    assert Augmentation.of(TrainingSettings()) is None
    assert Augmentation.of(TrainingSettings(flip=True)) == augmentation(flip=True)
    assert Augmentation.of(TrainingSettings(shear_degrees=3)) == augmentation(shear_degrees=3.0)


def test_all_limits_at_zero_give_back_the_images():
    images = torch.rand(6, 3, 9, 12, generator=chance(1))
    torch.testing.assert_close(augmentation()(images, chance()), images, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "changes", [{"rotate_degrees": 180}, {"shift_pixels": 3}, {"scale_percent": 90}, {"shear_degrees": 45}]
)
def test_images_stay_images_of_the_same_shape_and_the_input_stays_as_it_was(changes):
    images = torch.rand(6, 3, 9, 12, generator=chance(1))
    before = images.clone()
    changed = augmentation(**changes)(images, chance())
    assert changed.shape == images.shape
    assert -1e-6 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-6
    assert torch.equal(images, before)
    assert not torch.allclose(changed, images, atol=0.05)


def test_chance_comes_from_the_generator_alone():
    images, untouched = torch.rand(6, 1, 9, 12, generator=chance(1)), torch.get_rng_state()
    change = augmentation(rotate_degrees=30, shift_pixels=2, flip=True)
    assert torch.equal(change(images, chance(4)), change(images, chance(4)))
    assert not torch.equal(change(images, chance(4)), change(images, chance(5)))
    assert torch.equal(torch.get_rng_state(), untouched)


def test_mirroring_turns_left_and_right_around_for_half_of_the_images_and_nothing_else():
    """The bound is five standard errors of a fair coin."""
    images = torch.rand(400, 1, 5, 6, generator=chance(1))
    changed = augmentation(flip=True)(images, chance())
    kept = [torch.allclose(one, other, atol=1e-5) for one, other in zip(changed, images, strict=True)]
    turned = [torch.allclose(one, other.flip(-1), atol=1e-5) for one, other in zip(changed, images, strict=True)]
    assert all(one != other for one, other in zip(kept, turned, strict=True))
    assert abs(sum(turned) - 200) < 5 * math.sqrt(400 / 4)


def spots(height: int, width: int, down: float, across: float, count: int) -> torch.Tensor:
    """Smooth spots this many pixels below and right of the centre, as one image repeated."""
    rows = torch.arange(height).view(-1, 1) - (height - 1) / 2
    columns = torch.arange(width).view(1, -1) - (width - 1) / 2
    spot = torch.exp(-((rows - down) ** 2 + (columns - across) ** 2) / (2 * 2.0**2))
    return spot.expand(count, 1, height, width)


def centres(images: torch.Tensor) -> torch.Tensor:
    """[count, 2]: down and across from the middle of the image to the centre of its brightness, in pixels."""
    _, _, height, width = images.shape
    total = images.sum((1, 2, 3))
    down = (images * (torch.arange(height).view(-1, 1) - (height - 1) / 2)).sum((1, 2, 3)) / total
    across = (images * (torch.arange(width) - (width - 1) / 2)).sum((1, 2, 3)) / total
    return torch.stack([down, across], 1)


@pytest.mark.parametrize(("height", "width"), [(61, 61), (61, 91), (91, 61)], ids=str)
def test_turning_keeps_the_distance_from_the_centre_in_images_of_every_shape(height, width):
    """A spot 15 pixels right of the centre moves along a circle by up to the chosen angle, to both sides."""
    turned = centres(augmentation(rotate_degrees=60)(spots(height, width, 0, 15, 200), chance()))
    distance, angle = turned.norm(dim=1), torch.rad2deg(torch.atan2(turned[:, 0], turned[:, 1]))
    torch.testing.assert_close(distance, torch.full((200,), 15.0), atol=0.1, rtol=0)
    assert float(angle.abs().max()) <= 60.5
    assert float(angle.min()) < -50
    assert float(angle.max()) > 50


@pytest.mark.parametrize(("height", "width"), [(61, 61), (61, 91)], ids=str)
def test_a_shift_is_in_pixels_in_both_directions(height, width):
    moved = centres(augmentation(shift_pixels=6)(spots(height, width, 0, 0, 200), chance()))
    assert float(moved.abs().max()) <= 6.05
    assert torch.all(moved.max(0).values > 5.5)
    assert torch.all(moved.min(0).values < -5.5)


def test_scaling_makes_images_larger_and_smaller_by_up_to_the_chosen_share():
    away = centres(augmentation(scale_percent=20)(spots(61, 91, 0, 15, 200), chance()))
    factor = away[:, 1] / 15
    assert 0.795 <= float(factor.min()) < 0.82
    assert 1.18 < float(factor.max()) <= 1.205
    assert float(away[:, 0].abs().max()) < 0.05


@pytest.mark.parametrize(("height", "width"), [(61, 61), (61, 91)], ids=str)
def test_a_shear_slants_the_upright_by_up_to_the_chosen_angle_and_leaves_the_level_level(height, width):
    below = centres(augmentation(shear_degrees=30)(spots(height, width, 15, 0, 200), chance()))
    angle = torch.rad2deg(torch.atan2(below[:, 1], below[:, 0]))
    torch.testing.assert_close(below[:, 0], torch.full((200,), 15.0), atol=0.1, rtol=0)
    assert 27 < float(angle.max()) <= 30.5
    assert -30.5 <= float(angle.min()) < -27


def test_what_comes_from_outside_the_image_is_black():
    moved = augmentation(shift_pixels=3)(torch.ones(50, 1, 8, 8), chance())
    assert float(moved.min()) == 0
    assert float(moved.amax((1, 2, 3)).min()) > 0.99


@pytest.mark.parametrize(("chosen", "count", "expected"), [(0, 55_000, 256), (0, 1_000, 31), (0, 240, 16), (0, 9, 9)])
def test_a_batch_size_of_0_leaves_32_steps_to_an_epoch_of_a_small_data_set(chosen, count, expected):
    assert images_per_step(chosen, count) == expected


def test_a_batch_size_that_was_chosen_is_kept_as_far_as_there_are_images():
    assert images_per_step(300, 1_000) == 300
    assert images_per_step(300, 100) == 100
