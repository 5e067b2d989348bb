"""Look at a recipe before anything is trained: are its data there, and does the model fit their shape?"""

import torch

from aecore.data.catalog import load
from aecore.data.image_set import Splits
from aecore.training.recipe import Recipe
from aecore.variants.compose import compose


def prepare(recipe: Recipe) -> tuple[Recipe, Splits]:
    """The recipe bound to its data as they are now, and those data.

    DataError or SettingError for data that are not there or too few, and for parts that do not fit their shape; the
    model is put together without memory for its weights, so that this is quick for any size.
    """
    splits = load(recipe.data.name, recipe.data.classes, recipe.data.limit)
    with torch.device("meta"):
        compose(recipe.parts, splits.shape, recipe.seed, splits.classes)
    return recipe.with_fingerprint(splits.fingerprint), splits
