"""Strengths for each image, which a model can be told."""

import pytest
import torch

from aecore.corruption.catalog import CORRUPTIONS
from aecore.corruption.gaussian import GaussianNoise, GaussianSettings


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("key", ["gaussian", "masking", "salt_pepper"])
def test_with_varying_strengths_spread_evenly_from_nothing_to_the_strongest(key):
    part = CORRUPTIONS[key]
    settings = part.settings(varying=True)
    strengths = part.build(settings).strengths(2000, chance())
    strongest = float(strengths.max())
    assert float(strengths.min()) < 0.01 * strongest
    assert float(strengths.mean()) == pytest.approx(strongest / 2, rel=0.05)


@pytest.mark.parametrize("key", ["gaussian", "masking", "salt_pepper"])
def test_an_image_of_strength_0_stays_and_its_neighbour_does_not(key):
    images = torch.rand(2, 3, 8, 8, generator=chance(1))
    corruption = CORRUPTIONS[key].build(CORRUPTIONS[key].settings())
    made = corruption.at(images, torch.tensor([0.0, 0.5]), chance())
    assert torch.equal(made[0], images[0])
    assert not torch.equal(made[1], images[1])


def test_the_noise_of_each_image_has_its_own_standard_deviation():
    noisy = GaussianNoise(GaussianSettings(clipped_share=0)).at(
        torch.zeros(2, 1, 200, 200), torch.tensor([0.1, 0.3]), chance()
    )
    assert noisy.std((1, 2, 3)).tolist() == pytest.approx([0.1, 0.3], rel=0.02)


def test_as_many_images_are_clipped_as_is_asked():
    corruption = GaussianNoise(GaussianSettings(noise_std=0.5, clipped_share=0.5))
    noisy = corruption(torch.zeros(400, 1, 8, 8), chance())
    clipped = (noisy.amin((1, 2, 3)) >= 0).float().mean()
    assert float(clipped) == pytest.approx(0.5, abs=0.08)


def graded(key):
    return CORRUPTIONS[key].build(CORRUPTIONS[key].settings())


HALF_CLIPPED = GaussianNoise(GaussianSettings(clipped_share=0.5))


@pytest.mark.parametrize("corruption", [*map(graded, CORRUPTIONS), HALF_CLIPPED], ids=[*CORRUPTIONS, "half clipped"])
def test_chance_that_is_drawn_apart_and_applied_gives_the_same_images(corruption):
    images = torch.rand(6, 3, 9, 8, generator=chance(1))
    strengths = torch.linspace(0, 0.9, 6)
    apart, together = chance(4), chance(4)
    drawn = corruption.draw(images, apart)
    assert torch.equal(corruption.applied(images, drawn, strengths), corruption.at(images, strengths, together))
    assert torch.equal(apart.get_state(), together.get_state())


@pytest.mark.parametrize("key", ["gaussian", "masking", "salt_pepper"])
def test_chance_knows_neither_the_images_nor_their_strength(key):
    images = torch.rand(2, 3, 8, 8, generator=chance(1))
    corruption = graded(key)
    (field,) = corruption.draw(images, chance(2))
    assert torch.equal(field, corruption.draw(torch.zeros_like(images), chance(2))[0])
    before = field.clone()
    weak, strong = (corruption.applied(images, (field,), torch.full((2,), each)) for each in (0.1, 0.4))
    assert torch.equal(field, before)
    assert float((weak - images).square().mean()) < float((strong - images).square().mean())
