"""From described settings to widgets, and back to the flat changes that make a recipe.

Nothing is known here of any part: label, range, unit and reason come from the description of the setting. What a
form returns are changes against the variant ("network.hidden": (512, 256)), ready for `make_recipe`.

A person's choices outlive a change of preset, variant or page. Every widget keeps its value in the session under a
key that says what the value belongs to:

    page.variant.axis.kind             which part
    page.variant.axis.part.setting     a setting of that part
    page.variant.training.setting      what a person changes here holds for the next variant too

Behind it stands "@preset" where the preset decides the value, or "@value" where it came from another variant: such a
widget begins anew, and the one that it replaces keeps what it had.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore.errors import SettingError
from aecore.settings import Description, Value, describe
from aecore.variants.variant import NEUTRAL, PART_KINDS, Preset, Variant
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.catalog import Catalog

TRAINING = "training"
AXIS_TITLES = {
    "corruption": "Corruption",
    "network": "Networks",
    "bottleneck": "Bottleneck",
    "objective": "Objective",
    "penalty": "Penalty",
    "scheme": "Scheme",
    TRAINING: "Training",
}


@dataclass(frozen=True)
class _Start:
    """What the form of a variant begins with under a preset, and where its widgets keep their values."""

    page: str
    variant: Variant
    preset: Preset | None
    carried: Mapping[str, Value]  # of the training, from another variant

    @property
    def changes(self) -> Mapping[str, object]:
        return {**self.variant.changes, **(self.preset.changes if self.preset else {})}

    def kind(self, axis: str) -> str:
        return str(self.changes.get(f"{axis}.kind", NEUTRAL[axis]))

    def kind_key(self, axis: str) -> str:
        return f"{self.page}.{self.variant.key}.{axis}.kind{self._decided(f'{axis}.kind')}"

    def value(self, axis: str, kind: str, described: Description) -> Value:
        """The value of a setting: the variant's or preset's where it speaks of this part, otherwise the part's own."""
        name = f"{axis}.{described.name}"
        if name in self.carried:
            return self.carried[name]
        told = self.changes.get(name) if axis == TRAINING or kind == self.kind(axis) else None
        if told is None:
            return described.default
        return described.parse(told) if isinstance(told, str) else described.check(told)

    def key(self, axis: str, kind: str, name: str) -> str:
        place = axis if axis == TRAINING else f"{axis}.{kind}"
        return f"{self.page}.{self.variant.key}.{place}.{name}{self._decided(f'{axis}.{name}')}"

    def _decided(self, name: str) -> str:
        if name in self.carried:
            return f"@{self.carried[name]}"
        return f"@{self.preset.title}" if self.preset is not None and name in self.preset.changes else ""


def recipe_form(page: str, variant: Variant, rest: DeltaGenerator) -> dict[str, Value] | None:
    """Everything that can be set of a variant: presets and what matters most here, the other axes in `rest`.

    Returns the choices; None while a field does not hold what it should, which is then said below it.
    """
    start = _Start(page, variant, _preset(page, variant), _carried(page))
    kinds = {axis: str(st.session_state.get(start.kind_key(axis), start.kind(axis))) for axis in PART_KINDS}
    chosen = _first(start, kinds)
    with rest.expander("All settings"):
        chosen |= _everything_else(start, kinds, skip=set(chosen))
    complete = {name: value for name, value in chosen.items() if value is not None}
    return complete if len(complete) == len(chosen) else None


def carry_training_over(page: str, before: Variant) -> None:
    """What a person has changed of the training (epochs, learning rate ...) holds for the next variant too."""
    carried = _carried(page)
    shown = _Start(page, before, _picked_preset(page, before), carried)
    own = replace(shown, carried={})
    changed: dict[str, Value] = {}
    for described in _settings_of(TRAINING, {}).values():
        value = st.session_state.get(shown.key(TRAINING, "", described.name))
        if value is not None and value != own.value(TRAINING, "", described):
            changed[f"{TRAINING}.{described.name}"] = value
    st.session_state[f"{page}.carried"] = changed


def _carried(page: str) -> dict[str, Value]:
    return dict(st.session_state.get(f"{page}.carried", {}))


def setting_widget(described: Description, key: str, value: Value, label: str = "") -> Value | None:
    """The widget that fits one setting, beginning with `value`; None after saying what is wrong with its content."""
    name = label or described.label
    if described.unit and described.unit.lower() not in name.lower():
        name += f" ({described.unit})"
    text = _sentence(described)
    match described.kind:
        case "bool":
            return st.toggle(name, bool(value), key=key, help=text, persist_state="session")
        case "choice":
            options = list(described.choices)
            index = options.index(str(value))
            chosen = st.selectbox(name, options, index, _readable, key=key, help=text, persist_state="session")
            return str(chosen)
        case "ints":
            return _ints(described, name, key, value, text)
        case "int":
            low, high = _limits(described)
            whole = st.number_input(
                name, round(low), round(high), round(_number(value)), 1, key=key, help=text, persist_state="session"
            )
            return int(whole)
        case _:
            low, high = _limits(described)
            number = _number(value)
            step = _step(number, high)
            return st.number_input(
                name, low, high, number, step, format="%g", key=key, help=text, persist_state="session"
            )


def _ints(described: Description, name: str, key: str, value: Value, text: str) -> Value | None:
    numbers = value if isinstance(value, tuple) else ()
    help_text = f"{text} Separate with commas; empty for none."
    typed = st.text_input(name, ", ".join(map(str, numbers)), 200, key=key, help=help_text, persist_state="session")
    try:
        return described.parse(typed or "")
    except SettingError as error:  # it begins with the name that the shell knows
        st.error(plain(described.label + str(error).removeprefix(described.name)))
        return None


def _preset(page: str, variant: Variant) -> Preset | None:
    if not variant.presets:
        return None
    notes = "  \n".join(f"{preset.title}: {preset.note}" for preset in variant.presets)
    titles = [preset.title for preset in variant.presets]
    st.pills("Presets", titles, key=_preset_key(page, variant), help=notes, persist_state="session")
    return _picked_preset(page, variant)


def _picked_preset(page: str, variant: Variant) -> Preset | None:
    picked = st.session_state.get(_preset_key(page, variant))
    return next((preset for preset in variant.presets if preset.title == picked), None)


def _preset_key(page: str, variant: Variant) -> str:
    return f"{page}.{variant.key}.preset"


def _first(start: _Start, kinds: dict[str, str]) -> dict[str, Value | None]:
    """What the variant calls important, as far as the chosen parts have it."""
    important = [name.split(".") for name in start.variant.important]
    shown = [(axis, name) for axis, name in important if name == "kind" or name in _settings_of(axis, kinds)]
    return _in_rows(start, kinds, shown)


def _everything_else(start: _Start, kinds: dict[str, str], skip: set[str]) -> dict[str, Value | None]:
    """Axis by axis: which part, then its settings."""
    chosen: dict[str, Value | None] = {}
    for axis in (*_axes_in_use(kinds), TRAINING):
        names = [(axis, name) for name in _settings_of(axis, kinds) if f"{axis}.{name}" not in skip]
        if axis in PART_KINDS and len(_catalog(axis)) > 1 and f"{axis}.kind" not in skip:
            chosen[f"{axis}.kind"] = _widget(start, kinds, axis, "kind")
        elif names:
            st.markdown(f"**{AXIS_TITLES[axis]}**")
        chosen |= _in_rows(start, kinds, names)
    return chosen


def _axes_in_use(kinds: Mapping[str, str]) -> list[str]:
    """All axes but those that the chosen scheme has no use for."""
    ignored = _catalog("scheme")[kinds["scheme"]].build.ignores  # type: ignore[attr-defined]
    return [axis for axis in PART_KINDS if axis not in ignored]


def _in_rows(start: _Start, kinds: dict[str, str], names: list[tuple[str, str]]) -> dict[str, Value | None]:
    """Two widgets to a row."""
    chosen: dict[str, Value | None] = {}
    for first in range(0, len(names), 2):
        for column, (axis, name) in zip(st.columns(2), names[first : first + 2], strict=False):
            with column:
                chosen[f"{axis}.{name}"] = _widget(start, kinds, axis, name)
    return chosen


def _widget(start: _Start, kinds: dict[str, str], axis: str, name: str) -> Value | None:
    if name == "kind":
        return _kind(axis, start.kind_key(axis), kinds[axis])
    kind = kinds.get(axis, "")
    described = _settings_of(axis, kinds)[name]
    return setting_widget(described, start.key(axis, kind, name), start.value(axis, kind, described))


def _kind(axis: str, key: str, kind: str) -> str:
    catalog = _catalog(axis)
    options = list(catalog)
    notes = "  \n".join(f"{part.title}: {part.summary}" for part in catalog.values())
    return str(
        st.selectbox(
            AXIS_TITLES[axis],
            options,
            options.index(kind),
            format_func=lambda each: catalog[each].title,
            key=key,
            help=notes,
            persist_state="session",
        )
    )


def _catalog(axis: str) -> "Catalog[Any]":
    from aecore.variants.compose import CATALOGS

    return CATALOGS[axis]


def _settings_of(axis: str, kinds: Mapping[str, str]) -> dict[str, Description]:
    if axis == TRAINING:
        from aecore.training.recipe import TrainingSettings

        return {each.name: each for each in describe(TrainingSettings)}
    return {each.name: each for each in describe(_catalog(axis)[kinds[axis]].settings)}


def _limits(described: Description) -> tuple[float, float]:
    """The range of a numeric setting; TypeError for one without, which no form could bound."""
    if described.low is None or described.high is None:
        raise TypeError(f"the setting {described.name} has no range")
    return float(described.low), float(described.high)


def _number(value: Value) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError(f"{value!r} is no number")


def _step(value: float, high: float) -> float:
    """A step that suits the size of the value: a tenth of its power of ten, or of the range's where it is 0."""
    return 10.0 ** (math.floor(math.log10(abs(value) or min(high, 1.0))) - 1)


def _sentence(described: Description) -> str:
    reason = described.reason[:1].upper() + described.reason[1:] if described.reason else described.label
    if described.low is None or described.high is None:
        return f"{reason}."
    return f"{reason}. From {described.low:g} to {described.high:g}."


def _readable(choice: str) -> str:
    return choice.replace("_", " ")
