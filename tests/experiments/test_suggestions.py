"""What a recipe could be varied by: everything offered makes a race."""

import pytest

from aecore.experiments.entrants import read_values, vary
from aecore.experiments.suggestions import suggestions
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS


def recipe_of(variant):
    return make_recipe(variant, DataChoice("mnist"), {}, seed=5)


@pytest.mark.parametrize(
    ("variant", "first"),
    [
        ("variational", ("penalty.beta", "0.5, 1, 2, 4")),
        ("denoising", ("corruption.noise_std", "0.1, 0.3, 0.5, 0.8")),
        ("simple", ("seed", "5, 6, 7, 8")),
    ],
)
def test_the_setting_that_matters_most_is_offered_first(variant, first):
    found = suggestions(recipe_of(variant))[0]
    assert (found.name, found.values) == first


@pytest.mark.parametrize("variant", VARIANTS)
def test_seed_and_rate_are_offered_for_every_variant_and_make_a_race(variant):
    offered = {each.name: each for each in suggestions(recipe_of(variant))}
    for name in ("seed", "training.learning_rate"):
        made = vary([recipe_of(variant)], {name: read_values(name, offered[name].values)})
        assert len(made) == 4


def test_numbers_are_tried_around_the_one_that_is_set_and_words_all():
    offered = {each.name: each.values for each in suggestions(recipe_of("variational"))}
    assert offered["training.learning_rate"] == "0.0005, 0.001, 0.002, 0.004"
    assert offered["network.activation"] == "silu, relu, gelu, tanh, sigmoid"
    assert offered["network.normalisation"] == "false, true"
    assert offered["network.hidden"] == "192,192,128; 384,384,256"
