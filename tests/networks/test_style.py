"""Style-based networks: modulation, noise, mixing, truncation."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from aecore.errors import SettingError
from aecore.model import Sampling
from aecore.networks.style import StyledConvolution, StyleSettings, level_sizes, level_widths
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose

SMALL = {"network.channels": 3, "network.style_size": 6, "bottleneck.code_size": 5}


def style_model(shape=(1, 12, 9), **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return compose(make_recipe("stylegan", DataChoice("x"), SMALL | flat).parts, shape, 0).model.eval()


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((32, 32), [(4, 4), (8, 8), (16, 16), (32, 32)]),
        ((28, 28), [(4, 4), (8, 8), (16, 16), (32, 32)]),
        ((96, 64), [(3, 2), (6, 4), (12, 8), (24, 16), (48, 32), (96, 64)]),
        ((9, 7), [(3, 2), (6, 4), (12, 8)]),
        ((1, 3), [(1, 3)]),
    ],
)
def test_sizes_double_until_the_image_fits(shape, sizes):
    assert level_sizes(*shape) == sizes


def test_channels_double_with_every_smaller_size_up_to_a_limit():
    assert level_widths(StyleSettings(channels=8, most_channels=24), 4) == [24, 24, 16, 8]


def test_a_styled_convolution_is_one_with_weights_scaled_and_normalised_for_each_image():
    layer = StyledConvolution(3, 4, (5, 6), style=2)
    images, style = torch.randn(2, 3, 5, 6), torch.randn(2, 2)
    with torch.no_grad():
        made = layer(images, style, None)
        for index in range(2):
            weight = layer.convolution.weight * layer.modulation(style)[index][None, :, None, None]
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
            wanted = F.leaky_relu(F.conv2d(images[index : index + 1], weight, padding=1), 0.2)
            torch.testing.assert_close(made[index : index + 1], wanted, atol=1e-5, rtol=1e-4)


def test_decoding_has_no_chance_and_training_has_noise():
    model, codes = style_model().train(), torch.randn(4, 5)
    for level in model.generator.synthesis.levels:
        for convolution in level.convolutions:
            torch.nn.init.ones_(convolution.noise.strength)
    styles = model.generator.everywhere(model.generator.mapping(codes))
    with torch.no_grad():
        fixed = model.generator.synthesis(styles)
        assert torch.equal(fixed, model.generator.synthesis(styles))
        noisy = model.generator.synthesis(styles, chance())
    assert torch.equal(noisy, model.generator.synthesis(styles, chance()))
    assert not torch.allclose(noisy, fixed)


def test_training_mixes_styles_as_often_as_it_should():
    def groups(mixing):
        model, seen = style_model(network__mixing=mixing).train(), []
        synthesis = model.generator.synthesis
        synthesis.register_forward_hook(lambda module, given, result: seen.append(given[0]))
        model.generate(64, chance())
        (styles,) = seen
        return int((styles != styles[:, :1]).flatten(1).any(1).sum())

    assert groups(0.0) == 0
    assert 16 <= groups(1.0) < 64  # where the second style would begin behind the last size, it is not seen


def test_the_mean_style_is_learned_in_training_only():
    model = style_model()
    model.generate(8, chance())
    assert not model.generator.mean_style.any()
    model.train().generate(8, chance())
    assert model.generator.mean_style.any()
    model.follow(100)
    assert torch.equal(model.decoder.mean_style, model.generator.mean_style)


@torch.no_grad()
def test_truncation_pulls_images_towards_one():
    model = style_model()
    model.decoder.mean_style.normal_(generator=chance(3))
    codes = model.prior(6, chance())
    assert "truncation" in model.controls
    torch.testing.assert_close(model.sample(codes, Sampling()), model.decode(codes))
    spread = [float(model.sample(codes, Sampling(truncation=each)).std(0).mean()) for each in (0.0, 0.5, 1.0)]
    assert spread == sorted(spread)
    assert spread[0] == pytest.approx(0, abs=1e-6)
    assert spread[1] > 1e-4


@torch.no_grad()
def test_a_mixture_is_the_coarse_image_at_one_end_and_the_fine_one_at_the_other():
    model = style_model()
    coarse, fine = model.prior(3, chance()), model.prior(3, chance(1))
    torch.testing.assert_close(model.mix(coarse, fine, 0), model.decode(fine))
    torch.testing.assert_close(model.mix(coarse, fine, model.levels), model.decode(coarse))
    between = model.mix(coarse, fine, 1)
    assert not torch.allclose(between, model.decode(coarse))
    assert not torch.allclose(between, model.decode(fine))
    with pytest.raises(SettingError, match=f"from 0 to {model.levels}"):
        model.mix(coarse, fine, model.levels + 1)
    with pytest.raises(SettingError, match="codes of 5 numbers"):
        model.mix(coarse[:, :4], fine[:, :4], 1)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 9, 7)])
def test_the_middle_of_the_largest_size_is_the_image(shape):
    model = style_model(shape)
    assert model.decode(model.prior(2, chance())).shape == (2, *shape)
    assert model.judge(torch.rand(2, *shape)).shape == (2,)
