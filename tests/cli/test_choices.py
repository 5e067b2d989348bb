"""Variants, their settings, and devices from the shell."""

import pytest

from aecore.variants.catalog import VARIANTS


def test_every_variant_is_listed_with_the_settings_that_train_takes(lab):
    listed = {each["key"]: each for each in lab.json("variants")}

    assert list(listed) == list(VARIANTS)
    size = listed["variational"]["settings"]["bottleneck.code_size"]
    assert (size["default"], size["kind"], size["low"]) == (2, "int", 1)
    assert listed["convolutional"]["settings"]["network.kind"]["default"] == "conv"
    assert "training.learning_rate" in listed["simple"]["settings"]


def test_one_variant_is_shown_in_full(lab):
    said = lab("variants", "denoising")

    assert said.out.startswith("Denoising\n\nNoise goes in")
    assert max(map(len, said.out.partition("\nsetting ")[0].splitlines())) <= 92
    rows = {line.split()[0]: line for line in said.out.splitlines() if "." in line.partition(" ")[0]}
    assert "0 to 2 of the pixel range" in rows["corruption.noise_std"]
    assert rows["network.channels"].split()[1] == "32,128"
    assert "true, false" in rows["training.flip"]
    assert lab.json("variants", "denoising")[0]["key"] == "denoising"


def test_an_unknown_variant_is_named_beside_those_there_are(lab):
    assert "'magic': choose one of simple, deep" in lab.refused("variants", "magic")


@pytest.mark.parametrize("key", list(VARIANTS))
def test_every_setting_a_variant_lists_is_taken_by_set(lab, key):
    from aecore.cli.choices import _typed
    from aecore.cli.jobs import read_changes
    from aecore.training.recipe import DataChoice, make_recipe

    (listed,) = lab.json("variants", key)
    words = [f"{name}={_typed(setting['default'])}" for name, setting in listed["settings"].items()]

    plain = make_recipe(key, DataChoice("mnist"))
    assert make_recipe(key, DataChoice("mnist"), read_changes(words)) == plain


def test_the_processor_is_a_device(lab):
    *_, last = lab.json("devices")

    assert last["key"] == "cpu"
    assert last["title"].startswith("CPU")
    assert "CPU" in lab("devices").out
