"""Catalogs, and what must be known of every part that is in one."""

import pytest

from aecore.catalog import Catalog, Part
from aecore.corruption.none import NoneSettings
from aecore.errors import SettingError
from aecore.settings import describe
from aecore.training.recipe import TrainingSettings
from aecore.variants.compose import CATALOGS
from aecore.variants.variant import NEUTRAL, PART_KINDS

PARTS = [(axis, part) for axis, catalog in CATALOGS.items() for part in catalog.values()]
DESCRIBED = [
    pytest.param(described, id=f"{owner}.{described.name}")
    for owner, settings in (
        *((f"{axis}.{part.key}", part.settings) for axis, part in PARTS),
        ("training", TrainingSettings),
    )
    for described in describe(settings)
]


def part(key: str) -> Part[str]:
    return Part(key, key.title(), "A part.", NoneSettings, lambda settings: key)


def test_an_unknown_key_is_refused_naming_those_that_exist():
    catalog = Catalog("network", part("dense"), part("conv"))
    with pytest.raises(SettingError, match="There is no network 'cnv': choose one of dense, conv"):
        catalog["cnv"]


def test_a_catalog_keeps_the_order_in_which_parts_are_met():
    catalog = Catalog("network", part("dense"), part("conv"))
    assert list(catalog) == ["dense", "conv"]
    assert len(catalog) == 2
    assert "dense" in catalog
    assert "cnv" not in catalog
    assert catalog["conv"].build(NoneSettings()) == "conv"


def test_two_parts_with_one_key_are_a_mistake_in_the_code():
    with pytest.raises(ValueError, match="share a key"):
        Catalog("network", part("dense"), part("dense"))


def test_there_is_a_catalog_and_a_neutral_part_for_every_axis():
    assert tuple(CATALOGS) == PART_KINDS
    assert all(NEUTRAL[axis] in catalog for axis, catalog in CATALOGS.items())


@pytest.mark.parametrize(("axis", "part"), PARTS, ids=lambda each: getattr(each, "key", each))
def test_every_part_can_be_shown_to_a_person(axis, part):
    assert part.title[0].isupper()
    assert part.summary[0].isupper()
    assert part.summary.endswith(".")
    assert part.settings() == part.settings.from_dict(part.settings().to_dict())


@pytest.mark.parametrize("described", DESCRIBED)
def test_every_setting_says_what_a_form_needs(described):
    assert described.reason
    assert not described.reason.endswith(".")
    assert described.label[0].isupper() or not described.label[0].isascii()
    assert described.check(described.default) == described.default
    if described.kind == "choice":
        assert described.default in described.choices
    if described.kind in ("int", "float", "ints"):
        assert described.unit
        assert described.low is not None
        assert described.high is not None
        assert described.low < described.high
    if described.logarithmic:
        assert described.low > 0
