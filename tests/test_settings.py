"""Settings that describe themselves: what fits, what does not, and what is said of it."""

import json
from dataclasses import dataclass, fields

import pytest

from aecore.errors import SettingError
from aecore.settings import Settings, describe, setting


@dataclass(frozen=True)
class Oven(Settings):
    degrees: float = setting(180.0, 50.0, 250.0, "°C", "how hot it is")
    minutes: int = setting(30, 1, 600, "minutes", "how long it bakes", label="Time", advanced=True)
    fan: bool = setting(False, reason="whether the air moves")
    heat: str = setting("both", choices=("top", "bottom", "both"), reason="where the heat comes from")
    trays: tuple[int, ...] = setting((1, 3), 1, 5, "from below", "which trays are used")


@dataclass(frozen=True)
class OneSided(Settings):
    least: float = setting(1.0, low=0.5, unit="m", reason="only a lower limit")
    most: float = setting(1.0, high=2.0, unit="m", reason="only an upper limit")
    free: float = setting(1.0, reason="no limit")


KNOWN = {each.name: each for each in describe(Oven)}


@pytest.mark.parametrize("degrees", [50.0, 250.0])
def test_limits_are_inclusive(degrees):
    assert Oven(degrees=degrees).degrees == degrees


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"degrees": 251}, "degrees is 251 °C: choose a value from 50 to 250 °C."),
        ({"degrees": 250.00001}, "degrees is 250.00001 °C: choose a value from 50 to 250 °C."),
        ({"degrees": "hot"}, "degrees is 'hot': give a number from 50 to 250 °C."),
        ({"minutes": 0}, "minutes is 0 minutes: choose a value from 1 to 600 minutes."),
        ({"minutes": 1.5}, "minutes is 1.5: give a whole number from 1 to 600 minutes."),
        ({"fan": 1}, "fan is 1: choose true or false."),
        ({"heat": "side"}, "heat is 'side': choose one of top, bottom, both."),
        ({"heat": ["top"]}, "heat is ['top']: choose one of top, bottom, both."),
        ({"trays": 3}, "trays is 3: give whole numbers separated by commas."),
        ({"trays": "1, 3"}, "trays is '1, 3': give whole numbers separated by commas."),
        ({"trays": [1, 6]}, "trays is 6 from below: choose a value from 1 to 5 from below."),
        ({"colour": "red"}, "There is no setting 'colour': the settings here are degrees, minutes, fan, heat, trays."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_limit_unit_and_way_out(values, sentence):
    with pytest.raises(SettingError) as refusal:
        Oven.from_dict(values)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), -float("inf"), 10**400, None, [180.0]])
def test_only_a_finite_number_is_a_number(value):
    for name in ("degrees", "minutes"):
        with pytest.raises(SettingError, match=f"{name} is .*give a (whole )?number from"):
            Oven.from_dict({name: value})


@pytest.mark.parametrize("values", [None, 3, "minutes=3", [["minutes", 3]]])
def test_settings_that_are_no_object_are_refused(values):
    with pytest.raises(SettingError, match=r"training is .*: give an object of settings and values"):
        Oven.from_dict(values, "training")


def test_a_message_says_where_the_setting_belongs():
    with pytest.raises(SettingError, match=r"oven\.minutes is 700 minutes"):
        Oven.from_dict({"minutes": 700}, "oven")
    with pytest.raises(SettingError, match=r"oven\.colour"):
        Oven.from_dict({"colour": "red"}, "oven")
    with pytest.raises(SettingError, match=r"oven\.fan is 'maybe'"):
        KNOWN["fan"].parse("maybe", "oven")


@pytest.mark.parametrize(
    ("values", "limit"),
    [({"least": 0.1}, "of at least 0.5 m"), ({"most": 3}, "of at most 2 m"), ({"free": "x"}, "give a number.")],
)
def test_a_limit_on_one_side_is_said_as_such(values, limit):
    with pytest.raises(SettingError, match=limit):
        OneSided.from_dict(values)


def test_large_limits_are_written_out():
    @dataclass(frozen=True)
    class Large(Settings):
        pixels: int = setting(1, 0, 1234567, "pixels", "a number that six digits do not hold")

    with pytest.raises(SettingError, match="is 1234568 pixels: choose a value from 0 to 1234567 pixels"):
        Large(pixels=1234568)


def test_settings_made_directly_are_checked_too():
    with pytest.raises(SettingError, match="minutes is 601 minutes"):
        Oven(minutes=601)
    assert type(Oven(minutes=45.0).minutes) is int


def test_numbers_take_the_type_of_their_setting():
    oven = Oven.from_dict({"degrees": 200, "minutes": 45.0, "trays": [1.0, 2]})
    assert oven == Oven(200.0, 45, trays=(1, 2))
    assert [type(value) for value in (oven.degrees, oven.minutes, *oven.trays)] == [float, int, int, int]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("degrees", " 1.5e2 ", 150.0),
        ("minutes", "45", 45),
        ("minutes", "1e2", 100),
        ("fan", "Yes", True),
        ("fan", "true", True),
        ("fan", "0", False),
        ("fan", "no", False),
        ("heat", " top", "top"),
        ("trays", "1, 2 3", (1, 2, 3)),
        ("trays", "4", (4,)),
        ("trays", "", ()),
    ],
)
def test_text_is_read_for_every_kind_of_setting(name, text, value):
    read = KNOWN[name].parse(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("degrees", "warm"),
        ("degrees", ""),
        ("degrees", "nan"),
        ("degrees", "inf"),
        ("degrees", "10"),
        ("minutes", "1.5"),
        ("fan", "maybe"),
        ("heat", "Top"),
        ("trays", "1;2"),
        ("trays", "1.5"),
        ("trays", "9"),
    ],
)
def test_text_that_does_not_fit_is_refused_by_name(name, text):
    with pytest.raises(SettingError, match=f"^{name} is "):
        KNOWN[name].parse(text)


def test_settings_survive_the_way_through_json():
    oven = Oven(200.0, 10, True, "top", (2, 4))
    assert Oven.from_dict(json.loads(json.dumps(oven.to_dict()))) == oven


def test_what_is_absent_takes_its_default():
    assert Oven.from_dict({"minutes": 5}) == Oven(minutes=5)


def test_the_description_holds_what_was_declared():
    minutes, fan = KNOWN["minutes"], KNOWN["fan"]
    assert (minutes.label, minutes.kind, minutes.default, minutes.low, minutes.high) == ("Time", "int", 30, 1, 600)
    assert (minutes.unit, minutes.reason, minutes.advanced) == ("minutes", "how long it bakes", True)
    assert (fan.label, fan.kind, fan.advanced) == ("Fan", "bool", False)
    assert [each.kind for each in describe(Oven)] == ["float", "int", "bool", "choice", "ints"]
    assert list(KNOWN) == [each.name for each in fields(Oven)]


def test_a_field_without_a_description_is_a_mistake_in_the_code():
    @dataclass(frozen=True)
    class Undescribed(Settings):
        count: int = 3

    with pytest.raises(TypeError, match="count must be declared with setting"):
        Undescribed()


def test_a_field_of_an_unknown_kind_is_a_mistake_in_the_code():
    @dataclass(frozen=True)
    class OfWords(Settings):
        words: tuple[str, ...] = setting((), reason="a kind that no form knows")

    with pytest.raises(TypeError, match="words must be declared"):
        OfWords()
