"""Where a small model's numbers lie in a larger one."""

import pytest
import torch

from aecore.training.recipe import DataChoice, make_recipe
from aecore.training.slots import Slots
from aecore.variants.compose import compose


def model_of(variant, size):
    recipe = make_recipe(variant, DataChoice("made_up"), {"bottleneck.code_size": size, "network.hidden": (5,)})
    return compose(recipe.parts, (1, 4, 4), 0, classes=3).model


def test_means_and_variances_begin_where_those_of_the_larger_model_begin():
    slots, large = Slots.of(model_of("variational", 2), model_of("variational", 3)), torch.zeros(6)

    slots.put(torch.tensor([1.0, 2.0, 3.0, 4.0]), large)

    assert large.tolist() == [1, 2, 0, 3, 4, 0]
    assert slots.taken((4,), large).tolist() == [1, 2, 3, 4]


def test_the_class_stands_behind_the_style_in_features_and_in_codes():
    slots = Slots.of(model_of("conditional", 1), model_of("conditional", 2))
    features, codes = torch.zeros(7), torch.zeros(2, 5)

    slots.put(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), features)
    slots.put(torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), codes)

    assert features.tolist() == [1, 0, 2, 0, 3, 4, 5]
    assert codes.tolist() == [[1, 0, 2, 3, 4], [5, 0, 6, 7, 8]]
    assert slots.taken((2, 4), codes).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_an_axis_that_is_neither_features_nor_code_does_not_fit():
    slots = Slots.of(model_of("variational", 2), model_of("variational", 3))

    with pytest.raises(ValueError, match="an axis of 5 does not fit into one of 9"):
        slots.put(torch.zeros(5), torch.zeros(9))
