"""Convolutional networks: every size goes down and comes back up."""

import pytest
import torch
from torch import nn

from aecore.errors import SettingError
from aecore.networks.conv import ConvSettings, Double, build_conv

SIZES = [(28, 28), (20, 24), (9, 7), (1, 5), (31, 2), (17, 33)]
DOWNSAMPLING = ["stride", "max_pooling", "average_pooling"]


def sizes(network: nn.Module, kinds: tuple[type[nn.Module], ...], images: torch.Tensor) -> list[tuple[int, int]]:
    """Height and width of what each module of these kinds gives."""
    found: list[tuple[int, int]] = []
    for module in network:
        images = module(images)
        if isinstance(module, kinds):
            found.append((images.shape[2], images.shape[3]))
    return found


@pytest.mark.parametrize("downsampling", DOWNSAMPLING)
@pytest.mark.parametrize(("height", "width"), SIZES, ids=str)
def test_a_level_halves_the_size_rounding_up_and_the_way_back_meets_every_one_of_them(downsampling, height, width):
    settings = ConvSettings(channels=(4, 6), downsampling=downsampling)
    encoder, decoder = build_conv(settings, (3, height, width), features=5, latent=2)
    half = ((height + 1) // 2, (width + 1) // 2)
    quarter = ((half[0] + 1) // 2, (half[1] + 1) // 2)

    halving = (nn.Conv2d,) if downsampling == "stride" else (nn.MaxPool2d, nn.AvgPool2d)
    assert sizes(encoder, halving, torch.rand(2, 3, height, width)) == [half, quarter]
    assert sizes(decoder, (nn.Unflatten, Double), torch.rand(2, 2)) == [quarter, half, (height, width)]


def test_channels_widen_going_down_and_narrow_coming_up():
    encoder, decoder = build_conv(ConvSettings(channels=(4, 8, 16)), (3, 16, 16), features=5, latent=2)
    down = [(each.in_channels, each.out_channels) for each in encoder.modules() if isinstance(each, nn.Conv2d)]
    up = [(each.in_channels, each.out_channels) for each in decoder.modules() if isinstance(each, nn.ConvTranspose2d)]
    assert down == [(3, 4), (4, 8), (8, 16)]
    assert up == [(16, 8), (8, 4), (4, 3)]


def test_every_output_pixel_of_the_transposed_convolution_is_covered_alike():
    """With all weights 1 an image of ones comes out the same everywhere but at the border: no checkerboard."""
    double = Double(1, 1, (12, 10))
    nn.init.ones_(double.transposed.weight)
    nn.init.zeros_(double.transposed.bias)
    assert torch.all(double(torch.ones(1, 1, 6, 5))[:, :, 1:-1, 1:-1] == 4)


def test_the_last_layer_has_a_bias_even_under_batch_normalisation():
    _, decoder = build_conv(ConvSettings(channels=(4, 4), normalisation=True), (1, 8, 8), features=5, latent=2)
    *earlier, last = (each for each in decoder if isinstance(each, Double))
    assert last.transposed.bias is not None
    assert all(each.transposed.bias is None for each in earlier)


@pytest.mark.parametrize("normalisation", [True, False])
def test_residual_blocks_keep_the_shape_and_are_as_many_as_chosen(normalisation):
    plain = build_conv(ConvSettings(channels=(4, 4)), (1, 8, 8), features=5, latent=2)
    settings = ConvSettings(channels=(4, 4), residual_blocks=2, normalisation=normalisation)
    deeper = build_conv(settings, (1, 8, 8), features=5, latent=2)
    for before, after in zip(plain, deeper, strict=True):
        added = count(after, nn.Conv2d) - count(before, nn.Conv2d)
        assert added == 2 * 2 * 2  # levels x blocks x convolutions
    assert deeper.decoder(torch.rand(2, 2)).shape == (2, 1, 8, 8)


def test_squeezing_keeps_the_dense_layers_at_the_code_small():
    settings = ConvSettings(channels=(4, 32), squeeze=3)
    encoder, decoder = build_conv(settings, (1, 9, 7), features=5, latent=2)
    dense = [each for network in (encoder, decoder) for each in network if isinstance(each, nn.Linear)]
    assert [(each.in_features, each.out_features) for each in dense] == [(3 * 3 * 2, 5), (2, 3 * 3 * 2)]
    assert encoder(torch.rand(2, 1, 9, 7)).shape == (2, 5)
    assert decoder(torch.rand(2, 2)).shape == (2, 1, 9, 7)


def count(network: nn.Module, kind: type[nn.Module]) -> int:
    return sum(isinstance(each, kind) for each in network.modules())


def test_more_levels_than_the_image_can_be_halved_are_refused_naming_how_many_fit():
    build_conv(ConvSettings(channels=(2, 2, 2, 2)), (1, 9, 7), features=5, latent=2)
    with pytest.raises(SettingError, match=r"5 levels, but an image of 9 x 7 .* one place after 4: give at most 4 "):
        build_conv(ConvSettings(channels=(2, 2, 2, 2, 2)), (1, 9, 7), features=5, latent=2)


def test_no_level_at_all_is_refused():
    with pytest.raises(SettingError, match=r"network\.channels is empty: give at least one level"):
        build_conv(ConvSettings(channels=()), (1, 9, 7), features=5, latent=2)
