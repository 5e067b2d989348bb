"""Settings that describe themselves.

A part of the laboratory (a network, a corruption, the training loop ...) declares its settings as a frozen
dataclass of described fields. The form on a page, the flag of the command line, the check of a recipe and the
documentation all come from that one description:

    @dataclass(frozen=True)
    class GaussianSettings(Settings):
        noise_std: float = setting(0.3, 0.0, 2.0, "of the pixel range", "standard deviation of the noise")

Six kinds of value exist: int, float, bool, str (one of `choices`, or any text where there are none) and
tuple[int, ...] ("512, 256").
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

from aecore.errors import SettingError

Value = int | float | bool | str | tuple[int, ...]

KINDS: dict[Any, str] = {int: "int", float: "float", bool: "bool", str: "choice", tuple[int, ...]: "ints"}


@dataclass(frozen=True)
class Description:
    """What is known of one setting: everything a form, a flag or a check needs."""

    name: str
    label: str
    kind: str  # "int", "float", "bool", "choice", "text" or "ints"
    default: Value
    low: float | None
    high: float | None
    unit: str
    reason: str
    choices: tuple[str, ...]
    advanced: bool  # shown only when a person asks for more
    logarithmic: bool  # a slider over it is logarithmic

    def check(self, value: object, where: str = "") -> Value:
        """Return `value` as the type of this setting; SettingError when it does not fit."""
        name = f"{where}.{self.name}" if where else self.name
        match self.kind:
            case "bool":
                if not isinstance(value, bool):
                    raise SettingError(f"{name} is {value!r}: choose true or false.")
                return value
            case "choice":
                if value not in self.choices:
                    raise SettingError(f"{name} is {value!r}: choose one of {', '.join(self.choices)}.")
                return str(value)
            case "text":
                if not isinstance(value, str):
                    raise SettingError(f"{name} is {value!r}: give a text.")
                return value
            case "ints":
                if isinstance(value, str) or not isinstance(value, (list, tuple)):
                    raise SettingError(f"{name} is {value!r}: give whole numbers separated by commas.")
                return tuple(int(self._number(each, name, whole=True)) for each in value)
            case "int":
                return int(self._number(value, name, whole=True))
            case _:
                return float(self._number(value, name, whole=False))

    def parse(self, text: str, where: str = "") -> Value:
        """Read the value from what a person typed; SettingError when it does not fit."""
        name = f"{where}.{self.name}" if where else self.name
        words = text.strip()
        match self.kind:
            case "bool":
                known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
                if words.lower() not in known:
                    raise SettingError(f"{name} is {text!r}: choose true or false.")
                return known[words.lower()]
            case "choice" | "text":
                return self.check(words, where)
            case "ints":
                pieces = [piece for piece in words.replace(",", " ").split() if piece]
                return self.check([_as_number(piece, name) for piece in pieces], where)
            case _:
                return self.check(_as_number(words, name), where)

    def _number(self, value: object, name: str, whole: bool) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise SettingError(f"{name} is {value!r}: give a {'whole ' if whole else ''}number{self._range()}.")
        if whole and value != int(value):
            raise SettingError(f"{name} is {value!r}: give a whole number{self._range()}.")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise SettingError(f"{name} is {_digits(value)}{self._unit()}: choose a value{self._range()}.")
        return value

    def _range(self) -> str:
        low, high = self.low, self.high
        if low is not None and high is not None:
            return f" from {_digits(low)} to {_digits(high)}{self._unit()}"
        if low is not None:
            return f" of at least {_digits(low)}{self._unit()}"
        if high is not None:
            return f" of at most {_digits(high)}{self._unit()}"
        return ""

    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number with more digits than a float can hold
        return False


def _digits(value: float) -> str:
    return f"{value:.12g}"  # enough digits that a value just beyond its limit does not read like the limit


def _as_number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}: give a number.") from None
    return value


def setting(
    default: Value,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    reason: str = "",
    *,
    label: str = "",
    choices: tuple[str, ...] = (),
    advanced: bool = False,
    logarithmic: bool = False,
) -> Any:
    """Declare one described setting of a `Settings` dataclass. `low` and `high` are inclusive."""
    described = {
        "low": low,
        "high": high,
        "unit": unit,
        "reason": reason,
        "label": label,
        "choices": choices,
        "advanced": advanced,
        "logarithmic": logarithmic,
    }
    return field(default=default, metadata=described)


# Not typing.Self, which the shape checks of the tests cannot follow into a single method.
Checked = TypeVar("Checked", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """Base of all settings: checks every value when it is made. SettingError when one does not fit."""

    def __post_init__(self) -> None:
        for described in describe(type(self)):
            object.__setattr__(self, described.name, described.check(getattr(self, described.name)))

    @classmethod
    def from_dict(cls: type[Checked], values: object, where: str = "") -> Checked:
        """Settings from plain JSON values; what is absent takes its default. SettingError for an unknown name."""
        if not isinstance(values, Mapping):
            raise SettingError(f"{where or 'The settings'} is {values!r}: give an object of settings and values.")
        known = {described.name: described for described in describe(cls)}
        checked = {}
        for name, value in values.items():
            if name not in known:
                raise SettingError(unknown_setting(f"{where}.{name}" if where else name, known))
            checked[name] = known[name].check(value, where)
        return cls(**checked)

    def to_dict(self) -> dict[str, object]:
        """The values as JSON knows them (a tuple becomes a list)."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def unknown_setting(name: str, known: Mapping[str, object]) -> str:
    """The sentence for a setting nobody knows."""
    choices = ", ".join(known) if known else "none, it has no settings"
    return f"There is no setting {name!r}: the settings here are {choices}."


def describe(cls: type[Settings]) -> tuple[Description, ...]:
    """The descriptions of all settings of a class, in the order of their declaration."""
    hints = get_type_hints(cls)
    return tuple(_describe_field(each, hints[each.name]) for each in fields(cls))


def _describe_field(each: Any, hint: Any) -> Description:
    if hint not in KINDS or each.default is MISSING or "reason" not in each.metadata:
        raise TypeError(f"{each.name} must be declared with setting(...) and be one of int, float, bool, str, ints")
    known = dict(each.metadata)
    label = known.pop("label") or each.name.replace("_", " ").capitalize()
    kind = "text" if hint is str and not known["choices"] else KINDS[hint]
    return Description(name=each.name, label=label, kind=kind, default=each.default, **known)
