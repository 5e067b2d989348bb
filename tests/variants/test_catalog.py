"""The variants: each explains itself, and everything it speaks of exists."""

import pytest

from aecore.errors import SettingError
from aecore.settings import describe
from aecore.training.recipe import DataChoice, TrainingSettings, make_recipe
from aecore.variants.catalog import VARIANTS, variant
from aecore.variants.compose import CATALOGS, compose
from aecore.variants.variant import Variant

EACH = pytest.mark.parametrize("each", VARIANTS.values(), ids=VARIANTS)


def known_settings() -> set[str]:
    parts = {
        f"{axis}.{described.name}"
        for axis, catalog in CATALOGS.items()
        for part in catalog.values()
        for described in describe(part.settings)
    }
    return (
        parts | {f"{axis}.kind" for axis in CATALOGS} | {f"training.{each.name}" for each in describe(TrainingSettings)}
    )


def test_the_variants_come_in_the_order_of_the_lecture():
    lecture = ["simple", "deep", "convolutional", "denoising", "variational"]
    assert [key for key in VARIANTS if key in lecture] == lecture
    assert all(each.key == key for key, each in VARIANTS.items())


@pytest.mark.parametrize("key", ["varational", "", None, ["simple"]])
def test_an_unknown_variant_is_refused_naming_those_that_exist(key):
    with pytest.raises(SettingError, match=r"There is no variant .*: choose one of simple, deep"):
        variant(key)


@EACH
def test_a_variant_explains_itself(each):
    assert 50 <= len(each.idea.split()) <= 130
    assert "\n" not in each.idea
    assert "!" not in each.idea
    assert each.title[0].isupper()
    assert each.summary.endswith(".")
    assert len(each.summary) < 100
    assert each.picture.isidentifier()


@EACH
def test_a_variant_gives_its_mathematics_as_latex_that_is_balanced(each):
    assert "=" in each.mathematics
    for left, right in (("{", "}"), (r"\left", r"\right"), (r"\begin", r"\end")):
        assert each.mathematics.count(left) == each.mathematics.count(right)


@EACH
def test_a_variant_names_its_source_with_a_year(each):
    assert any(word.strip(".,;").isdigit() and len(word.strip(".,;")) == 4 for word in each.source.split())


@EACH
def test_what_a_person_sees_first_are_settings_of_some_part_without_repetition(each):
    assert each.important
    assert len(set(each.important)) == len(each.important)
    assert set(each.important) <= known_settings()


@EACH
def test_a_variant_shows_the_size_of_its_code_and_the_length_of_training_first(each):
    sized = bool(make_recipe(each.key, DataChoice(each.data)).code_size)
    assert ({"bottleneck.code_size"} if sized else set()) | {"training.epochs"} <= set(each.important)


@EACH
def test_the_changes_of_a_variant_and_of_its_presets_make_recipes_that_build(each):
    own = make_recipe(each.key, DataChoice(each.data))
    for preset in each.presets:
        assert preset.title
        assert preset.note
        changed = make_recipe(each.key, DataChoice(each.data), preset.changes)
        assert changed != own
        compose(changed.parts, (1, 28, 28), 0, classes=10)


@EACH
def test_each_variant_is_a_composition_of_its_own(each):
    own = make_recipe(each.key, DataChoice("made_up"))
    assert each.key == "simple" or own.parts != make_recipe("simple", DataChoice("made_up")).parts


def test_a_variant_that_speaks_of_no_part_is_a_mistake_that_names_itself():
    with pytest.raises(SettingError, match="variant 'odd' speaks of colour, which is no part"):
        Variant("odd", 1, "Odd", "", "", "", "", "", {"colour.kind": "red"}, ())
