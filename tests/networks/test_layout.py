"""In training all images, and the gradients of all, lie in memory with channels last: no layer meets two orders."""

from functools import partial

import numpy as np
import pytest
import torch

from aecore.data.image_set import ImageSet, Splits
from aecore.training.events import Epoch
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe

CHOICES = {"network.channels": (4, 8), "training.batch_size": 4, "training.epochs": 1}


@pytest.mark.parametrize(("variant", "channels"), [("convolutional", 1), ("convolutional", 3), ("gan", 1)])
def test_no_layer_of_a_training_meets_two_orders(variant, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (8, channels, 12, 12), dtype=np.uint8)
    images = ImageSet(pixels, title="Noise")
    training = Training(
        make_recipe(variant, DataChoice("noise"), CHOICES),
        Splits(images, images, images, "noise", ""),
        find_device("cpu"),
    )
    orders: set[str] = set()
    for name, layer in training.model.named_modules():
        if not list(layer.children()):
            layer.register_forward_hook(partial(_look, orders, name))
    next(each for each in training.events() if isinstance(each, Epoch))
    assert orders == {"images with channels last", "gradients with channels last"}


def _look(orders, name, layer, given, made):
    if layer.training and isinstance(made, torch.Tensor) and made.ndim == 4 and min(made.shape[1:]) > 1:
        orders.add(f"images {_order(made, name)}")
        if made.requires_grad:
            made.grad_fn.register_prehook(lambda gradients: orders.add(f"gradients {_order(gradients[0], name)}"))


def _order(images, name):
    return "with channels last" if images.is_contiguous(memory_format=torch.channels_last) else f"otherwise at {name}"
