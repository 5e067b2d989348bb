"""Recipes: everything needed to train again, and nothing that nobody knows."""

import json
from dataclasses import replace

import pytest

from aecore import __version__
from aecore.errors import SettingError
from aecore.settings import describe
from aecore.training.recipe import DataChoice, Recipe, TrainingSettings, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import CATALOGS
from aecore.variants.variant import NEUTRAL

DATA = DataChoice("made_up", (0, 2), 100, "fingerprint")
RECIPE = make_recipe("denoising", DATA, {"training.epochs": 3}, seed=7)


def recipe(variant="simple", changes=None, seed=0):
    return make_recipe(variant, DATA, changes, seed)


# --- from changes


@pytest.mark.parametrize("key", VARIANTS)
def test_a_recipe_holds_the_variant_s_own_choices_and_the_defaults_of_the_rest(key):
    values = recipe(key).to_dict()
    held = {**values["parts"], "training": values["stages"][0]}
    changes = VARIANTS[key].changes
    for axis, chosen in held.items():
        settings = TrainingSettings if axis == "training" else CATALOGS[axis][chosen["kind"]].settings
        for name, value in chosen.items():
            expected = changes.get(
                f"{axis}.{name}", NEUTRAL[axis] if name == "kind" else settings().to_dict().get(name)
            )
            assert value == (list(expected) if isinstance(expected, tuple) else expected), f"{axis}.{name}"


def test_a_recipe_knows_the_size_of_its_code_its_epochs_and_the_version_that_made_it():
    made = recipe("simple", {"bottleneck.code_size": 7, "training.epochs": 3}, seed=5)
    assert (made.code_size, made.epochs, made.seed, made.code_version) == (7, 3, 5, __version__)


def test_changes_are_read_as_text_or_taken_as_values():
    as_text = recipe(changes={"network.hidden": "64, 32", "bottleneck.code_size": "5", "training.flip": "yes"})
    as_values = recipe(changes={"network.hidden": (64, 32), "bottleneck.code_size": 5, "training.flip": True})
    assert as_text == as_values
    assert as_values.parts.network.settings.hidden == (64, 32)


def test_changes_win_over_the_variant_and_do_not_touch_what_they_do_not_name():
    made = recipe("variational", {"penalty.beta": 4})
    assert made.parts.penalty.to_dict() == {"kind": "kl", "beta": 4.0, "warm_up": 0.0}
    assert made.parts.bottleneck == recipe("variational").parts.bottleneck


def test_a_part_that_is_swapped_takes_its_own_settings_and_drops_those_of_the_other():
    made = recipe("denoising", {"corruption.kind": "masking", "network.kind": "dense"})
    assert made.parts.corruption.to_dict() == {"kind": "masking", "share": 0.5, "varying": False}
    assert "channels" not in made.parts.network.to_dict()
    assert made.parts.network.to_dict()["hidden"] == [512, 256]


def test_a_setting_that_both_parts_have_stays_when_one_is_swapped_for_the_other():
    made = recipe("deep", {"bottleneck.kind": "gaussian"})
    assert made.parts.bottleneck.to_dict() == {"kind": "gaussian", "code_size": 32}


def test_a_setting_of_the_part_that_was_swapped_away_is_refused_when_a_person_gives_it():
    with pytest.raises(SettingError, match=r"no setting 'corruption\.noise_std': the settings here are share"):
        recipe("denoising", {"corruption.kind": "masking", "corruption.noise_std": 0.1})


def test_the_order_of_changes_does_not_matter():
    changes = {"corruption.share": "0.2", "network.hidden": "8", "corruption.kind": "masking"}
    assert recipe(changes=changes) == recipe(changes=dict(reversed(changes.items())))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 3}, r"no setting 'epochs': write part\.setting, where part is one of corruption, .*, training"),
        ({"network": 3}, r"no setting 'network': write part\.setting"),
        ({"colour.kind": "red"}, r"no setting 'colour\.kind'"),
        ({"training.kind": "fast"}, r"no setting 'training\.kind': the settings here are epochs"),
        ({"training.speed": 3}, r"no setting 'training\.speed'"),
        ({"network.depth": 3}, r"no setting 'network\.depth': the settings here are hidden"),
        ({"network.kind": "cnv"}, "no network 'cnv': choose one of dense, conv"),
        ({"network.kind": None}, "no network 'None': choose one of dense, conv"),
        ({"training.epochs": "many"}, r"training\.epochs is 'many': give a number"),
        ({"training.epochs": 0}, r"training\.epochs is 0 passes: choose a value from 1 to 10000 passes"),
        ({"bottleneck.code_size": "0"}, r"bottleneck\.code_size is 0 numbers"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_by_its_full_name(changes, sentence):
    with pytest.raises(SettingError, match=sentence):
        recipe(changes=changes)


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, True, "1"])
def test_a_seed_that_is_no_whole_number_in_range_is_refused(seed):
    with pytest.raises(SettingError, match=r"The seed is .*: give a whole number from 0 to 2147483647"):
        Recipe.from_dict(RECIPE.to_dict() | {"seed": seed})


def test_an_unknown_variant_is_refused():
    with pytest.raises(SettingError, match="no variant 'smple'"):
        recipe("smple")
    with pytest.raises(SettingError, match="no variant 'smple'"):
        replace(RECIPE, variant="smple")


# --- JSON


def test_a_recipe_survives_the_way_through_json():
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert Recipe.from_json(RECIPE.with_stage(5).to_json()) == RECIPE.with_stage(5)


def test_every_value_is_written_out_so_that_a_later_default_changes_no_old_recipe():
    values = json.loads(RECIPE.to_json())
    for axis, catalog in CATALOGS.items():
        kind = values["parts"][axis]["kind"]
        assert set(values["parts"][axis]) == {"kind", *(each.name for each in describe(catalog[kind].settings))}
    assert set(values["stages"][0]) == {each.name for each in describe(TrainingSettings)}


def with_value(path: str, value: object) -> dict:
    values = json.loads(RECIPE.to_json())
    *folders, name = path.split(".")
    place = values
    for folder in folders:
        place = place[int(folder) if isinstance(place, list) else folder]
    place[name] = value
    return values


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("colour", "red", "The recipe has the unknown key 'colour': known are format, variant"),
        ("format", 2, "has the format 2, this version of the lab reads format 1"),
        ("format", None, "has the format None"),
        ("variant", ["simple"], "There is no variant"),
        ("data", None, "The data must be a JSON object"),
        ("data.colour", 1, "The data has the unknown key 'colour'"),
        ("data.name", "", r"data\.name is '': give the name of a data set"),
        ("data.name", 3, r"data\.name is 3"),
        ("data.classes", "0,1", r"data\.classes is '0,1'"),
        ("data.classes", [0, -1], r"data\.classes is \[0, -1\]: give the numbers of classes, or none for all"),
        ("data.limit", -5, r"data\.limit is -5: give a whole number of images, or 0 for all"),
        ("data.limit", True, r"data\.limit is True"),
        ("data.fingerprint", None, r"data\.fingerprint is None"),
        ("parts", None, "The parts are None"),
        ("parts.colour", {"kind": "red"}, "There is no part 'colour'"),
        ("parts.network.hidden", [64], r"no setting 'network\.hidden'"),
        ("parts.network.channels", 64, r"network\.channels is 64"),
        ("stages", {}, "stages of a recipe must be a list"),
        ("stages", [], "The recipe has no stages"),
        ("stages", ["fast"], "training is 'fast': give an object"),
        ("stages", [None], "training is None: give an object"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_refused_with_what_is_wrong(path, value, sentence):
    with pytest.raises(SettingError, match=sentence):
        Recipe.from_dict(with_value(path, value))


@pytest.mark.parametrize("key", json.loads(RECIPE.to_json()))
def test_a_recipe_that_lacks_a_key_is_refused_naming_it(key):
    values = json.loads(RECIPE.to_json())
    del values[key]
    with pytest.raises(SettingError, match=f"lacks {key}" if key != "format" else "has the format None"):
        Recipe.from_dict(values)


@pytest.mark.parametrize("epochs", [float("nan"), float("inf"), 10**400, 0, 1.5])
def test_a_number_that_cannot_be_is_refused_in_a_file_too(epochs):
    with pytest.raises(SettingError, match=r"training\.epochs is "):
        Recipe.from_json(json.dumps(with_value("stages.0.epochs", epochs)))


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "3", "null"])
def test_text_that_is_no_recipe_is_refused(text):
    with pytest.raises(SettingError, match=r"not readable as JSON|must be a JSON object"):
        Recipe.from_json(text)


# --- changes to a whole recipe


def test_a_further_stage_is_like_the_last_one_but_for_its_length():
    longer = RECIPE.with_stage(5)
    assert longer.stages[0] == RECIPE.stages[0]
    assert longer.stages[1].to_dict() == RECIPE.stages[0].to_dict() | {"epochs": 5}
    assert longer.epochs == 8
    assert (longer.parts, longer.data, longer.seed) == (RECIPE.parts, RECIPE.data, RECIPE.seed)


@pytest.mark.parametrize("epochs", [0, -1])
def test_a_further_stage_without_epochs_is_refused(epochs):
    with pytest.raises(SettingError, match=r"training\.epochs is "):
        RECIPE.with_stage(epochs)


def test_a_fingerprint_binds_a_recipe_to_its_data_and_changes_nothing_else():
    bound = RECIPE.with_fingerprint("other")
    assert bound.data == DataChoice("made_up", (0, 2), 100, "other")
    assert bound.to_dict() | {"data": None} == RECIPE.to_dict() | {"data": None}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, r"data\.name is ''"),
        ({"name": "mnist", "classes": (-1,)}, r"data\.classes is \(-1,\)"),
        ({"name": "mnist", "limit": -1}, r"data\.limit is -1"),
    ],
)
def test_a_choice_of_data_is_checked_where_it_is_made(values, sentence):
    with pytest.raises(SettingError, match=sentence):
        DataChoice(**values)
