"""The pictures of tied, greedy, memorising and overcomplete autoencoders hold what was recorded and measured."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from aecore.analysis.demonstrations.alike import apart_from
from aecore.analysis.demonstrations.greedy_stages import GREEDY, TUNED, WHOLE, error_of, greedy_stages, way_of
from aecore.analysis.demonstrations.memorised import memorised, nearest
from aecore.analysis.demonstrations.overcomplete_filters import constraint_of, probed, shown_filters
from aecore.analysis.demonstrations.tied_pairs import mean_test_error, tied_pair
from aecore.analysis.reconstruct import image_errors
from aecore.analysis.trained import as_floats, encode
from aecore.data.image_set import ImageSet
from aecore.errors import DataError
from aecore.training.recipe import DataChoice, make_recipe

SHAPES = [(1, 28, 28), (3, 20, 24)]


def recipe(variant="tied", seed=0, limit=0, **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(variant, DataChoice("blobs", limit=limit), flat, seed).to_dict()


def rows(errors, chapters=(), name="squared_error"):
    return [
        {
            "epoch": n + 1,
            "seconds": 2.0 * (n + 1),
            "chapter": chapters[n] if chapters else "",
            "train": {name: error / 2},
            "validation": {name: error},
        }
        for n, error in enumerate(errors)
    ]


def test_recipes_are_alike_where_they_differ_in_what_was_named_only():
    tied, untied = recipe(), recipe("deep", network__kind="dense", network__hidden=(192, 64), training__epochs=24)
    assert apart_from(tied, "network.kind") == apart_from(untied, "network.kind")
    assert apart_from(tied) != apart_from(untied)
    for other in (
        recipe(seed=1),
        recipe(limit=5),
        recipe(training__epochs=3),
        recipe(bottleneck__code_size=3),
        recipe(scheme__kind="greedy"),
    ):
        assert apart_from(tied, "network.kind") != apart_from(other, "network.kind")
    assert apart_from(tied, "training.epochs") == apart_from(recipe(training__epochs=3), "training.epochs")
    assert apart_from(tied, "scheme") == apart_from(recipe(scheme__kind="greedy"), "scheme")


def test_naming_what_differs_leaves_the_recipe_as_it_was():
    values = recipe()
    apart_from(values, "scheme", "network.kind", "training.epochs")
    assert values == recipe()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pair_holds_what_the_models_have_and_what_the_runs_recorded(shape, make):
    tied, untied = (make("tied", shape, network__kind=kind, network__hidden=(12,)) for kind in ("tied", "dense"))
    pair = tied_pair([("tied", tied, rows([9, 8])), ("untied", untied, rows([7, 5, 4]))])
    one, other = pair.sides
    assert (one.title, one.seconds_per_epoch, one.train_error, other.train_error) == ("tied", 2.0, 4.0, 2.0)
    shared = int(np.prod(shape)) * 12 + 12 * 32
    assert other.parameters - one.parameters == shared
    assert one.test_error == pytest.approx(float(image_errors(tied).mean()), rel=1e-4)
    assert one.gap == pytest.approx(one.test_error - 4.0)
    assert (pair.code_size, pair.epochs, pair.train_images, pair.test_images) == (32, 2, 400, 100)


def test_the_error_of_a_pair_is_that_of_the_objective_on_images_corrupted_as_in_training(make):
    blind = make("tied", corruption__kind="masking", corruption__share=1.0, objective__kind="bce")
    clean = as_floats(blind.splits.test.images)
    answer = blind.composition.model(torch.zeros_like(clean)).logits
    expected = F.binary_cross_entropy_with_logits(answer, clean, reduction="sum") / len(clean)
    assert mean_test_error(blind) == pytest.approx(float(expected), rel=1e-5)


def test_ways_of_training_are_told_apart_by_the_scheme():
    assert way_of(recipe("greedy")) == TUNED
    assert way_of(recipe("greedy", scheme__fine_tuning=0.0)) == GREEDY
    assert way_of(recipe("deep")) == WHOLE
    assert error_of(recipe("greedy", objective__kind="bce")) == "cross_entropy"


def test_stages_stand_where_their_first_epoch_ended():
    chapters = ["Layer 1", "Layer 1", "Layer 2", "All layers"]
    found = greedy_stages(
        [("a", recipe("greedy"), rows([9, 7, 6, 5], chapters)), ("b", recipe("deep"), rows([8, 4]))], 50
    )
    staged, whole = found.runs
    assert staged.begins == ((2.0, 9, "Layer 1"), (6.0, 6, "Layer 2"), (8.0, 5, "All layers"))
    assert (staged.seconds, staged.errors) == ((2.0, 4.0, 6.0, 8.0), (9.0, 7.0, 6.0, 5.0))
    assert whole.begins == ()
    assert (found.error, found.images) == ("squared_error", 50)


def test_the_nearest_training_image_is_the_one_with_the_least_squared_error():
    pixels = np.array([[0, 0], [255, 255], [255, 0]], np.uint8).reshape(3, 1, 1, 2)
    asked = np.array([[0.9, 0.2], [0.0, 0.1]], np.float32).reshape(2, 1, 1, 2)
    found = nearest(asked, ImageSet(pixels))
    assert found.indices.tolist() == [2, 0]
    assert found.errors == pytest.approx([0.05, 0.01], abs=1e-6)
    assert np.array_equal(found.nearest, pixels[[2, 0]])


def test_of_more_images_than_fit_into_one_pass_the_nearest_is_still_found(blobs):
    train = blobs(1203, (1, 28, 28))
    found = nearest(train.images[[3, 700, 1202]] / np.float32(255), train)
    assert found.indices.tolist() == [3, 700, 1202]
    assert found.errors == pytest.approx([0, 0, 0], abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("latent", [1, 3])
def test_the_walk_goes_from_one_end_of_the_codes_to_the_other(shape, latent, make):
    trained = make("memorising", shape, bottleneck__code_size=latent, network__hidden=(8,))
    found = memorised(trained, images=4, steps=6)
    assert found.walk.images.shape == (6, *shape)
    assert found.outputs.images.shape == found.test.shape == (4, *shape)
    assert np.allclose(np.diff(found.codes), np.diff(found.codes).mean(), rtol=1e-3)
    codes = encode(trained, trained.splits.train.images)
    if latent == 1:
        assert [found.codes[0], found.codes[-1]] == pytest.approx([codes.min(), codes.max()], rel=1e-4)
    assert found.between > 0
    assert found.train_images == len(trained.splits.train)


def test_one_training_image_has_no_nearest_other(make, splits):
    data = splits((1, 28, 28))
    trained = make("memorising", data=type(data)(data.train.take([0]), data.validation, data.test, "blobs", ""))
    with pytest.raises(DataError, match="at least 2"):
        memorised(trained)


def test_a_constraint_is_noise_a_penalty_or_few_units():
    free = {"corruption__kind": "none"}
    assert constraint_of(recipe("overcomplete", **free)) == "no constraint"
    assert constraint_of(recipe("overcomplete")) == "masking noise"
    assert constraint_of(recipe("overcomplete", **free, penalty__kind="l1")) == "l1 penalty"
    assert constraint_of(recipe("overcomplete", **free, bottleneck__kind="top_k")) == "top-k"


@pytest.mark.parametrize("shape", SHAPES)
def test_filters_and_probes_of_a_run(shape, make):
    trained = make("overcomplete", shape, bottleneck__code_size=20, fit=30)
    shown = shown_filters("noise", trained, count=6)
    assert shown.pictures.shape == (6, *shape)
    assert (shown.units, shown.latent, shown.pixels) == (20, 20, int(np.prod(shape)))
    found = probed([("noise", trained)], trained.splits)
    assert [each.title for each in found] == ["codes, noise", "pixels", "64 principal components"]
    assert [each.probe.size for each in found] == [20, shown.pixels, 64]
