"""Tied weights: one matrix does the work of two, and stays one wherever the model goes."""

import pytest
import torch
from torch import nn

from aecore.errors import SettingError
from aecore.networks.dense import DenseSettings, build_dense
from aecore.networks.tied import Shared, Transposed, build_tied
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.variants.compose import Parts, compose

SHAPE = (3, 4, 5)
NEUTRAL = {"corruption": "none", "bottleneck": "plain", "objective": "mse", "penalty": "none", "scheme": "end_to_end"}


def matrices(network, kind):
    return [each.weight for each in network if isinstance(each, kind)]


def composed(hidden, code_size=3, **settings):
    chosen = {axis: {"kind": kind} for axis, kind in NEUTRAL.items()}
    chosen["bottleneck"]["code_size"] = code_size
    network = {"kind": "tied", "hidden": list(hidden), **settings}
    return compose(Parts.from_dict(chosen | {"network": network}), SHAPE, seed=0).model


@pytest.mark.parametrize("hidden", [(), (40,), (40, 20, 10)])
def test_the_decoder_has_the_matrices_of_the_encoder_in_reverse(hidden):
    encoder, decoder = build_tied(DenseSettings(hidden=hidden), SHAPE, features=6, latent=6)
    ways_in, ways_out = matrices(encoder, Shared), matrices(decoder, Transposed)
    assert len(ways_in) == len(hidden) + 1
    assert all(one is other for one, other in zip(ways_in, reversed(ways_out), strict=True))


def test_a_transposed_layer_multiplies_with_the_transpose_and_adds_its_own_bias():
    mirrored = nn.Linear(2, 3)
    layer = Transposed(mirrored, 3)
    with torch.no_grad():
        mirrored.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        layer.bias.copy_(torch.tensor([100.0, 200.0]))
    assert layer(torch.tensor([[1.0, 0.0, 2.0]])).tolist() == [[111.0, 214.0]]


def test_about_half_of_the_parameters_are_left():
    settings = DenseSettings(hidden=(200, 100))
    tied, untied = (
        sum(each.numel() for each in nn.ModuleList(build(settings, (1, 28, 28), 30, 30)).parameters())
        for build in (build_tied, build_dense)
    )
    assert untied - tied == 784 * 200 + 200 * 100 + 100 * 30
    assert 0.5 < tied / untied < 0.51


def test_both_uses_of_a_matrix_shape_its_gradient():
    model = composed((), code_size=2)
    (matrix,) = matrices(model.encoder, Shared)
    images = torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(0))
    model(images).logits.square().sum().backward()
    whole = matrix.grad.clone()
    matrix.grad = None
    model.decoder(model.encode(images).detach()).square().sum().backward()
    assert not torch.allclose(matrix.grad, whole)


@pytest.mark.parametrize("hidden", [(), (12, 8)])
def test_a_matrix_is_stored_once_and_is_one_again_after_loading(hidden, tmp_path):
    model = composed(hidden)
    state = model.state_dict()
    assert sum(each.numel() for each in state.values()) == sum(each.numel() for each in model.parameters())
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(Checkpoint(Position(), {f"model.{name}": each for name, each in state.items()}).to_bytes())
    again = composed(hidden)
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
    again.load_state_dict(read_checkpoint(file).part("model"))
    ways_in, ways_out = matrices(again.encoder, Shared), matrices(again.decoder, Transposed)
    assert all(one is other for one, other in zip(ways_in, reversed(ways_out), strict=True))
    images = torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(again(images).logits, model(images).logits)


def test_the_decoder_alone_keeps_everything_that_decoding_needs():
    model, other = composed((12, 8)), composed((12, 8))
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    other.decoder.load_state_dict(model.decoder.state_dict())
    codes = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other.decode(codes), model.decode(codes))


def test_weights_that_are_missing_are_still_missed():
    state = {name: each for name, each in composed((12,)).state_dict().items() if name != "decoder.0.weight"}
    with pytest.raises(RuntimeError, match=r"decoder\.0\.weight"):
        composed((12,)).load_state_dict(state)


def test_layer_norms_are_not_shared():
    model = composed((12, 8))
    norms = [each for each in model.modules() if isinstance(each, nn.LayerNorm)]
    assert len({id(each.weight) for each in norms}) == len(norms) == 4


def test_of_a_bottleneck_that_takes_more_numbers_the_first_rows_are_shared():
    _, decoder = build_tied(DenseSettings(hidden=(8,)), SHAPE, features=6, latent=3)
    innermost = decoder[0]
    codes = torch.eye(3)
    torch.testing.assert_close(innermost(codes), innermost.weight[:3] + innermost.bias)


def test_a_code_of_more_numbers_than_the_encoder_gives_is_refused():
    with pytest.raises(SettingError, match=r"takes 7 numbers, but the encoder gives only 6.*network\.kind=dense"):
        build_tied(DenseSettings(hidden=(8,)), SHAPE, features=6, latent=7)


def test_a_layer_of_one_unit_under_layer_normalisation_is_refused_here_too():
    with pytest.raises(SettingError, match="a layer of 1 unit"):
        build_tied(DenseSettings(hidden=(8, 1)), SHAPE, features=3, latent=3)
