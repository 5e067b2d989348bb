"""Dense networks."""

import pytest
import torch
from torch import nn

from aecore.errors import SettingError
from aecore.networks.dense import DenseSettings, build_dense


def widths(network: nn.Module) -> list[tuple[int, int]]:
    return [(each.in_features, each.out_features) for each in network.modules() if isinstance(each, nn.Linear)]


def test_the_decoder_mirrors_the_encoder():
    encoder, decoder = build_dense(DenseSettings(hidden=(40, 20)), (3, 4, 5), features=6, latent=3)
    assert widths(encoder) == [(60, 40), (40, 20), (20, 6)]
    assert widths(decoder) == [(3, 20), (20, 40), (40, 60)]


def test_without_hidden_layers_encoder_and_decoder_are_linear():
    encoder, decoder = build_dense(DenseSettings(hidden=()), (1, 4, 5), features=3, latent=3)
    assert widths(encoder) == [(20, 3)]
    assert widths(decoder) == [(3, 20)]
    one, other = torch.rand(2, 1, 1, 4, 5)
    zero = encoder(torch.zeros(1, 1, 4, 5))
    torch.testing.assert_close(encoder(one + other) - zero, encoder(one) - zero + encoder(other) - zero)


def test_an_activation_follows_every_hidden_layer_and_no_other():
    encoder, decoder = build_dense(DenseSettings(hidden=(8, 8), activation="tanh"), (1, 4, 5), features=3, latent=3)
    for network in (encoder, decoder):
        assert sum(isinstance(each, nn.Tanh) for each in network) == 2
    assert isinstance(encoder[-1], nn.Linear)
    assert isinstance(decoder[-2], nn.Linear)


@pytest.mark.parametrize("normalisation", [True, False])
def test_layer_normalisation_is_there_only_where_chosen(normalisation):
    encoder, _ = build_dense(DenseSettings(hidden=(8,), normalisation=normalisation), (1, 4, 5), features=3, latent=3)
    assert any(isinstance(each, nn.LayerNorm) for each in encoder) == normalisation


def test_one_unit_under_layer_normalisation_would_be_a_constant_and_is_refused():
    with pytest.raises(SettingError, match=r"a layer of 1 unit.* set network\.normalisation=false"):
        build_dense(DenseSettings(hidden=(8, 1)), (1, 4, 5), features=3, latent=3)
    assert build_dense(DenseSettings(hidden=(8, 1), normalisation=False), (1, 4, 5), features=3, latent=3)
