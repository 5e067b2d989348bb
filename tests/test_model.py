"""The model's contract, on a network of two pixels whose output is computed on paper."""

import math

import pytest
import torch
from torch import nn

from aecore.bottlenecks.gaussian import Gaussian, GaussianSettings
from aecore.bottlenecks.plain import Plain, PlainSettings
from aecore.errors import SettingError
from aecore.model import Autoencoder


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def linear(weights: list[list[float]], biases: list[float]) -> nn.Linear:
    layer = nn.Linear(len(weights[0]), len(weights))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights))
        layer.bias.copy_(torch.tensor(biases))
    return layer


@pytest.fixture
def plain() -> Autoencoder:
    """code = 2 x1 - x2 + 0.5;  logits = (3 code, 1 - code)"""
    encoder = nn.Sequential(nn.Flatten(), linear([[2.0, -1.0]], [0.5]))
    decoder = nn.Sequential(linear([[3.0], [-1.0]], [0.0, 1.0]), nn.Unflatten(1, (1, 1, 2)))
    return Autoencoder(encoder, Plain(PlainSettings(code_size=1)), decoder, (1, 1, 2))


@pytest.fixture
def variational() -> Autoencoder:
    """mean = x1 + x2, log variance = log 4 (a standard deviation of 2);  logits = (code, -code)"""
    encoder = nn.Sequential(nn.Flatten(), linear([[1.0, 1.0], [0.0, 0.0]], [0.0, math.log(4.0)]))
    decoder = nn.Sequential(linear([[1.0], [-1.0]], [0.0, 0.0]), nn.Unflatten(1, (1, 1, 2)))
    return Autoencoder(encoder, Gaussian(GaussianSettings(code_size=1)), decoder, (1, 1, 2))


PICTURE = torch.tensor([[[[0.5, 1.0]]]])


def test_two_pixels_come_out_as_computed_on_paper(plain):
    assert plain.encode(PICTURE).tolist() == [[0.5]]
    expected = torch.tensor([[[[sigmoid(1.5), sigmoid(0.5)]]]])
    torch.testing.assert_close(plain.decode(torch.tensor([[0.5]])), expected)
    torch.testing.assert_close(plain(PICTURE).images, expected)
    assert plain(PICTURE).logits.tolist() == [[[[1.5, 0.5]]]]
    assert plain(PICTURE).posterior is None
    assert plain.latent == 1


def test_a_variational_model_encodes_to_the_mean_and_draws_around_it(variational):
    assert variational.encode(PICTURE).tolist() == [[1.5]]
    assert variational(PICTURE).codes.tolist() == [[1.5]]

    many = PICTURE.expand(4000, -1, -1, -1)
    codes = variational(many, torch.Generator().manual_seed(0)).codes.detach()
    assert abs(float(codes.mean()) - 1.5) < 5 * 2 / math.sqrt(4000)
    assert abs(float(codes.std()) - 2.0) < 0.12


def test_images_of_another_shape_are_refused_naming_both(plain):
    with pytest.raises(SettingError, match=r"takes images of 1 x 1 x 2 .* 2 numbers\), not 1 x 2 x 2"):
        plain.encode(torch.zeros(1, 1, 2, 2))
    with pytest.raises(SettingError, match="not 3 x 1 x 2"):
        plain(torch.zeros(1, 3, 1, 2))


def test_codes_of_another_size_are_refused(plain):
    with pytest.raises(SettingError, match=r"codes of 1 numbers, not of shape \[5, 2\]"):
        plain.decode(torch.zeros(5, 2))
