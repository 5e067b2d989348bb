"""What every corruption promises."""

import pytest
import torch

from aecore.corruption.catalog import CORRUPTIONS, of_strength, strength

SHAPES = [(1, 28, 28), (3, 20, 24), (1, 9, 7)]


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=SHAPES, ids=str)
def images(request) -> torch.Tensor:
    return torch.rand(4, *request.param, generator=chance(9))


@pytest.mark.parametrize("key", CORRUPTIONS)
def test_corrupted_images_are_images_of_the_same_shape(key, images):
    part = CORRUPTIONS[key]
    corrupted = part.build(part.settings())(images, chance())
    assert corrupted.shape == images.shape
    assert corrupted.dtype == torch.float32
    assert 0 <= float(corrupted.min()) <= float(corrupted.max()) <= 1


@pytest.mark.parametrize("key", CORRUPTIONS)
def test_a_corruption_leaves_its_input_as_it_was(key, images):
    before = images.clone()
    part = CORRUPTIONS[key]
    part.build(part.settings())(images, chance())
    assert torch.equal(images, before)


@pytest.mark.parametrize("key", CORRUPTIONS)
def test_chance_comes_from_the_generator_alone(key, images):
    part = CORRUPTIONS[key]
    corrupt = part.build(part.settings())
    untouched = torch.get_rng_state()
    first, again, other = corrupt(images, chance(1)), corrupt(images, chance(1)), corrupt(images, chance(2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (key in ("none", "shrink"))  # where nothing is drawn
    assert torch.equal(torch.get_rng_state(), untouched)


@pytest.mark.parametrize("key", CORRUPTIONS)
def test_strength_0_leaves_every_pixel_as_it_is(key, images):
    assert torch.equal(of_strength(key, 0.0)(images, chance()), images)


@pytest.mark.parametrize("key", [key for key in CORRUPTIONS if key != "none"])
def test_the_first_setting_is_the_strength_and_more_of_it_changes_more(key, images):
    described = strength(key)
    assert described is not None
    assert described.low == 0
    weak, strong = (of_strength(key, described.high * share)(images, chance()) for share in (0.1, 0.9))
    assert float((weak - images).square().mean()) < float((strong - images).square().mean())


def test_no_corruption_has_no_strength():
    assert strength("none") is None
