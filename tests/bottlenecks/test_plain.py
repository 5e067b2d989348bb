"""The plain bottleneck."""

import torch

from aecore.bottlenecks.plain import Plain, PlainSettings


def test_the_features_are_the_code():
    bottleneck, features = Plain(PlainSettings(code_size=3)), torch.randn(2, 3)
    assert (bottleneck.latent, bottleneck.features) == (3, 3)
    coded = bottleneck(features, torch.Generator())
    assert torch.equal(coded.codes, features)
    assert coded.posterior is None
    assert torch.equal(bottleneck.code(features), features)


def test_a_code_asked_for_is_float32_whatever_the_network_computed_in():
    assert Plain(PlainSettings(code_size=3)).code(torch.zeros(2, 3, dtype=torch.bfloat16)).dtype == torch.float32
