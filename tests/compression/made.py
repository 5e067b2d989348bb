"""Small codecs that nothing was trained for: what they say is noise, but they say it exactly."""

import numpy as np
import torch

from aecore.compression.codec import Codec, codec_of
from aecore.model import Model
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.compose import compose

GREY, COLOUR = (1, 8, 8), (3, 10, 7)
SMALL = {
    "network.width": 6,
    "network.expansion": 1,
    "bottleneck.code_size": 9,
    "bottleneck.qualities": 2,
}


def recipe(**changes: object) -> Recipe:
    return make_recipe("compression", DataChoice("made_up"), SMALL | changes)


def model(shape=GREY, seed: int = 0, **changes: object) -> Model:
    """With densities that differ from number to number."""
    made = compose(recipe(**changes).parts, shape, seed, 4).model.eval().requires_grad_(False)
    chance = torch.Generator().manual_seed(seed)
    for each in (made.bottleneck.weights, made.bottleneck.means, made.bottleneck.log_scales):
        each.add_(torch.randn(each.shape, generator=chance) * 0.3)
    return made


def codec(shape=GREY, seed: int = 0, **changes: object) -> Codec:
    return codec_of(model(shape, seed, **changes))


def picture(shape, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
