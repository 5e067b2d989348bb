"""Networks come in levels that mirror each other: any of them alone is an autoencoder."""

import pytest
import torch
from torch import nn

from aecore.model import Autoencoder, Model
from aecore.networks.levels import Stack, decoded, encoded, levels_of
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose

CONV = {"network.kind": "conv", "network.channels": (4, 6), "network.squeeze": 2, "network.residual_blocks": 1}
MODELS = {
    "dense": ({"network.hidden": (16, 8)}, 3),
    "tied": ({"network.kind": "tied", "network.hidden": (16, 8)}, 3),
    "one layer": ({"network.hidden": ()}, 1),
    "conv": (CONV, 3),
    "conv, normalised": (CONV | {"network.normalisation": True, "network.downsampling": "max_pooling"}, 3),
}


def model_of(name, shape) -> Autoencoder:
    changes, _ = MODELS[name]
    recipe = make_recipe("simple", DataChoice("made_up"), {"bottleneck.code_size": 3, **changes})
    return compose(recipe.parts, shape, 0).model.eval()


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 12, 10)], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_levels_lead_to_the_code_and_back_and_each_gives_what_it_took(name, shape):
    model = model_of(name, shape)
    levels = levels_of(model)
    assert len(levels) == MODELS[name][1]
    images = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0))
    features = encoded(levels, images)
    assert torch.equal(features, model.encoder(images))
    assert torch.equal(decoded(levels, features), model.decoder(features))
    for number, level in enumerate(levels):
        given = encoded(levels[:number], images)
        assert decoded([level], encoded([level], given)).shape == given.shape
    assert sum(len(each.encoder) + len(each.decoder) for each in levels) == len(model.encoder) + len(model.decoder)


def test_the_names_of_weights_are_those_of_a_flat_sequence():
    stack = Stack([nn.Flatten(), nn.Linear(4, 3)], [nn.Linear(3, 2)])
    assert list(stack.state_dict()) == ["1.weight", "1.bias", "2.weight", "2.bias"]


def test_networks_without_levels_or_with_another_number_on_each_side_have_none():
    model = model_of("dense", (1, 9, 7))
    model.decoder = nn.Sequential(*model.decoder)
    assert levels_of(model) == ()
    model.decoder = Stack(list(model.encoder))
    assert levels_of(model) == ()
    assert levels_of(Bare((1, 9, 7))) == ()


class Bare(Model):
    """Without an encoder."""

    latent = 3


@pytest.mark.parametrize("network", ["dense", "tied"])
def test_dense_levels_meet_in_plain_sums_that_no_norm_or_activation_has_bounded(network):
    levels = levels_of(model_of(network, (1, 9, 7)))
    assert len(levels) > 1
    for level in levels:
        outwards = [each for each in level.decoder if not isinstance(each, nn.Unflatten)]
        assert hasattr(level.encoder[-1], "out_features")
        assert hasattr(outwards[-1], "out_features")
