"""Architecture, read off the real layers."""

import time

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from aecore.analysis.architecture import architecture, layers
from aecore.errors import SettingError
from aecore.networks.catalog import NETWORKS
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import compose

SHAPES = [(1, 28, 28), (3, 20, 24)]


def recipe(variant="simple", **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(variant, DataChoice("blobs"), flat)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_layers_lead_from_the_image_over_the_code_back_to_the_image(variant, shape):
    made = architecture(recipe(variant).parts, shape, classes=4)
    assert made.layers[0].shape_in == shape
    assert made.layers[-1].shape_out == shape
    assert [each.part for each in made.layers] == sorted(
        (each.part for each in made.layers), key=["encoder", "bottleneck", "head", "decoder"].index
    )
    (code,) = (each for each in made.layers if each.part == "bottleneck")
    assert code.shape_out == (made.latent,)
    model = compose(recipe(variant).parts, shape, 0, 4).model
    assert made.parameters == sum(each.numel() for each in model.parameters())
    assert layers(model) == made.layers


def test_a_layer_that_keeps_the_shape_is_drawn_too():
    made = architecture(recipe("variational", network__hidden=(64, 64, 16)).parts, (1, 10, 10))
    assert [each.shape_out for each in made.stages] == [(64,), (64,), (16,), (4,), (2,), (16,), (64,), (64,), (100,)]


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_operations_are_those_that_torch_counts(kind, shape):
    parts = recipe("denoising", network__kind=kind).parts
    with torch.device("meta"):
        model = compose(parts, shape, 0).model
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(torch.zeros(1, *shape, device="meta"))
    assert sum(each.operations for each in architecture(parts, shape).layers) == counter.get_total_flops()


def test_looking_at_a_model_leaves_no_trace_in_it(make):
    model = make("convolutional").composition.model
    layers(model)
    assert not any(module._forward_hooks for module in model.modules())
    assert {each.device.type for each in model.parameters()} == {"cpu"}


def test_a_huge_model_is_drawn_without_memory_for_its_weights():
    huge = recipe("deep", network__hidden=(16384, 16384, 16384))
    started = time.perf_counter()
    assert architecture(huge.parts, (3, 128, 128)).parameters > 2_600_000_000
    assert time.perf_counter() - started < 5


def test_parts_that_do_not_fit_the_image_are_refused():
    with pytest.raises(SettingError, match="levels"):
        architecture(recipe("convolutional", network__channels=(8,) * 9).parts, (1, 28, 28))
