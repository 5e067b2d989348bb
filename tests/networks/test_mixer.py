"""Mixing patches: nothing is lost at the start, every place sees all others, and sizes that do not fit are cut."""

import pytest
import torch

from aecore.errors import SettingError
from aecore.networks.mixer import Mix, MixerSettings, Patches, Unpatch, build_mixer

SETTINGS = MixerSettings(patch=4, width=16, blocks=1)


@pytest.mark.parametrize("shape", [(1, 8, 12), (1, 9, 7), (3, 5, 4)])
def test_an_encoder_that_is_as_wide_as_the_image_begins_without_loss(shape):
    settings = MixerSettings(patch=4, width=16 * shape[0], blocks=1)
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    patches = Patches(shape, settings)
    torch.nn.init.zeros_(patches.map.bias)
    back = Unpatch(shape, settings)
    torch.nn.init.zeros_(back.map.bias)
    back.map.weight.data = patches.map.weight.data
    assert torch.allclose(back(patches(images)), images, atol=1e-5)


def test_every_place_sees_every_other_one():
    mix = Mix(6, SETTINGS)
    torch.nn.init.normal_(mix.places.weight)
    patches = torch.zeros(1, 6, 16, requires_grad=True)
    mix(patches)[0, 0].sum().backward()
    assert (patches.grad[0].abs().sum(1) > 0).all()


@pytest.mark.parametrize("code", [1, 5, 96, 200])
def test_codes_of_any_length_come_and_go(code):
    networks = build_mixer(SETTINGS, (1, 9, 7), code, code)
    codes = networks.encoder(torch.rand(3, 1, 9, 7))
    assert codes.shape == (3, code)
    assert networks.decoder(codes).shape == (3, 1, 9, 7)


def test_too_many_places_are_refused_with_the_way_out():
    with pytest.raises(SettingError, match=r"network\.patch is 1: .* 16,384 such patches"):
        build_mixer(MixerSettings(patch=1), (1, 128, 128), 8, 8)
