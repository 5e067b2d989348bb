"""Architecture, read off the real layers."""

import time

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from aecore.analysis import architecture as module
from aecore.analysis.architecture import architecture, layers
from aecore.errors import SettingError
from aecore.model import Autoencoder, Restorer
from aecore.networks.catalog import NETWORKS
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import compose

SHAPES = [(1, 28, 28), (3, 20, 24)]
MADE_BY = {  # networks that need parts of their own
    "gan_dense": "gan",
    "gan_conv": "gan",
    "style": "gan",
    "unet": "diffusion",
    "latent_unet": "latent_diffusion",
    "srcnn": "srcnn",
    "skip_conv": "super_resolution",
    "subpixel": "subpixel",
    "noise_map": "photo_denoising",
}
RESTORING = ("srcnn", "skip_conv", "subpixel", "noise_map")


def recipe(variant="simple", **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(variant, DataChoice("blobs"), flat)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_layers_lead_from_the_image_over_the_code_back_to_the_image(variant, shape):
    made = architecture(recipe(variant).parts, shape, classes=4)
    model = compose(recipe(variant).parts, shape, 0, classes=4).model
    codes = [each for each in made.layers if each.part == "bottleneck"]
    assert [each.shape_out for each in codes] == ([(made.latent,)] if made.latent else [])
    assert made.parameters == sum(each.numel() for each in model.trainable())  # a running average counts once
    assert layers(model) == made.layers
    if isinstance(model, Restorer):
        assert {each.part for each in made.layers} == {"network"}
    if not isinstance(model, Autoencoder):
        return
    assert made.layers[0].shape_in == shape
    assert made.layers[-1].shape_out == shape
    assert [each.part for each in made.layers] == sorted(
        (each.part for each in made.layers), key=["encoder", "bottleneck", "head", "decoder"].index
    )


def test_a_layer_that_keeps_the_shape_is_drawn_too():
    made = architecture(recipe("variational", network__hidden=(64, 64, 16)).parts, (1, 10, 10))
    assert [each.shape_out for each in made.stages] == [(64,), (64,), (16,), (4,), (2,), (16,), (64,), (64,), (100,)]


@pytest.mark.parametrize("variant", ["gan", "stylegan"])
def test_adversaries_lead_from_the_code_over_the_image_to_one_number(variant):
    made = architecture(recipe(variant).parts, (3, 20, 24))
    parts = list(dict.fromkeys(each.part for each in made.layers))
    assert parts == ["bottleneck", "generator", "discriminator"]
    assert next(each for each in made.layers if each.part == "discriminator").shape_in == (3, 20, 24)
    assert made.layers[-1].shape_out == (1,)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_operations_are_those_that_torch_counts(kind, shape):
    maker = MADE_BY.get(kind, "denoising")
    parts = recipe(maker, **({} if kind in RESTORING else {"network__kind": kind})).parts
    with torch.device("meta"):
        model = compose(parts, shape, 0).model
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(torch.zeros(1, *shape, device="meta"))
    counted = sum(each.operations for each in architecture(parts, shape).layers)
    # Normalising the weights of styled convolutions belongs to no layer.
    assert counted == pytest.approx(counter.get_total_flops(), rel=0.01 if kind == "style" else 0)


def test_layers_that_steer_others_are_counted_and_not_drawn():
    made = architecture(recipe("diffusion").parts, (1, 28, 28), 10)
    steering = {each.name for each in made.layers if each.aside}
    assert "decoder.conditions.moment" in steering
    assert all("conditions" in name for name in steering)
    assert not steering & {each.name for each in made.stages}


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


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_small_model_that_computes_shows_the_same_layers_as_a_large_one_that_does_not(variant, shape, monkeypatch):
    before = torch.get_rng_state()
    computed = architecture(recipe(variant).parts, shape, classes=4)
    assert torch.get_rng_state().equal(before)

    monkeypatch.setattr(module, "MOST_NUMBERS_COMPUTED", 0)

    assert architecture(recipe(variant).parts, shape, classes=4) == computed
