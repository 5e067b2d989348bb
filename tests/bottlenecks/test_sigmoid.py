"""The sigmoid bottleneck."""

import torch

from aecore.bottlenecks.sigmoid import Sigmoid, SigmoidSettings

FEATURES = torch.tensor([[0.0, 2.0, -100.0]])


def test_every_number_of_the_code_is_an_activation_between_0_and_1():
    bottleneck = Sigmoid(SigmoidSettings(code_size=3))
    expected = [[0.5, 0.880797, 0.0]]
    torch.testing.assert_close(bottleneck.code(FEATURES), torch.tensor(expected))
    assert torch.equal(bottleneck(FEATURES, torch.Generator()).codes, bottleneck.code(FEATURES))


def test_activations_are_float32_whatever_the_network_computed_in():
    assert Sigmoid(SigmoidSettings(code_size=3))(FEATURES.bfloat16(), None).codes.dtype == torch.float32
