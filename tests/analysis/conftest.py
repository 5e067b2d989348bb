"""Small trained models for every test of the analysis: untrained or briefly fitted, on blobs of any size."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from aecore.data.image_set import ImageSet, Splits
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose

GREY, COLOUR = (1, 28, 28), (3, 20, 24)


def blobs(count, shape, seed=0, labelled=True):
    """Bright discs at random places on a dark ground, in four classes by the quarter they lie in."""
    chance = np.random.default_rng(seed)
    channels, height, width = shape
    down, across = chance.uniform(0.2, 0.8, (2, count, 1, 1, 1))
    y = (np.arange(height) / height)[None, None, :, None] - down
    x = (np.arange(width) / width)[None, None, None, :] - across
    tint = chance.uniform(0.5, 1, (count, channels, 1, 1))
    images = (255 * tint * np.exp(-(x**2 + y**2) / 0.02)).astype(np.uint8)
    labels = (2 * (down > 0.5) + (across > 0.5)).reshape(-1).astype(np.int64)
    return ImageSet(images, labels if labelled else None, ("a", "b", "c", "d") if labelled else ())


def splits(shape, count=400, labelled=True):
    parts = [blobs(each, shape, seed, labelled) for seed, each in enumerate((count, count // 4, count // 4))]
    return Splits(*parts, name="blobs", fingerprint="blobs")


def make(variant="simple", shape=GREY, data=None, fit=0, **changes):
    """A model of `variant` after `fit` steps; changes as in recipes, with __ for the dot."""
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    recipe = make_recipe(variant, DataChoice("blobs"), flat, seed=1)
    data = splits(shape) if data is None else data
    composition = compose(recipe.parts, shape, recipe.seed, data.classes)
    _fit(composition, data, fit)
    composition.model.eval().requires_grad_(False)
    return SimpleNamespace(recipe=recipe, composition=composition, splits=data)


def _fit(composition, data, steps):
    clean = torch.from_numpy(data.train.images).float() / 255
    adam = torch.optim.Adam(composition.model.parameters(), 3e-3)
    streams = Streams(0)
    for _ in range(steps):
        for phase in composition.scheme.phases(composition.model, Batch(clean), streams):
            adam.zero_grad()
            phase.loss.backward()
            adam.step()


@pytest.fixture(scope="session", name="make")
def _make():
    return make


@pytest.fixture(scope="session", name="blobs")
def _blobs():
    return blobs


@pytest.fixture(scope="session", name="splits")
def _splits():
    return splits
