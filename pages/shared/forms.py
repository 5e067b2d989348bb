"""From described settings to widgets, and back to the flat changes that make a recipe.

Nothing is known here of any part: label, range, unit and reason come from the description of the setting. What a
form returns are changes against the variant ("network.hidden": (512, 256)), ready for `make_recipe` and for the
lines that a person can paste into a shell.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore.settings import Description, Value, describe
from aecore.variants.variant import NEUTRAL, PART_KINDS, Variant

if TYPE_CHECKING:
    from aecore.catalog import Catalog

AXIS_TITLES = {
    "corruption": "Corruption",
    "network": "Networks",
    "bottleneck": "Bottleneck",
    "objective": "Objective",
    "penalty": "Penalty",
    "scheme": "Scheme",
    "training": "Training",
}


def setting_widget(described: Description, key: str, value: Value, label: str = "") -> Value:
    """The widget that fits one setting; returns a value inside its range (or the one given while it is not)."""
    unit = f" ({described.unit})" if described.unit else ""
    name = (label or described.label) + unit
    text = _sentence(described)
    match described.kind:
        case "bool":
            return st.toggle(name, bool(value), key=key, help=text)
        case "choice":
            options = list(described.choices)
            chosen = st.selectbox(name, options, options.index(str(value)), key=key, help=text, format_func=_readable)
            return str(chosen)
        case "ints":
            return _ints(described, name, key, value, text)
        case "int":
            low, high = _limits(described)
            return round(st.number_input(name, round(low), round(high), round(_number(value)), 1, key=key, help=text))
        case _:
            low, high = _limits(described)
            number = _number(value)
            return st.number_input(name, low, high, number, _step(number, high), format="%g", key=key, help=text)


def recipe_form(page: str, variant: Variant, rest: DeltaGenerator) -> dict[str, Value]:
    """Everything that can be set of a variant: presets and what matters most here, the other axes in `rest`.

    Returns the changes against the variant.
    """
    start = {**variant.changes, **_preset(page, variant)}
    scope = f"{page}.{variant.key}.{st.session_state.get(f'{page}.{variant.key}.preset') or ''}"
    kinds = {axis: str(start.get(f"{axis}.kind", NEUTRAL[axis])) for axis in PART_KINDS}
    for axis in PART_KINDS:  # a kind chosen further down decides which settings come first
        kinds[axis] = st.session_state.get(f"{scope}.{axis}.kind", kinds[axis])
    chosen = _first(scope, variant, start, kinds)
    with rest.expander("All settings"):
        chosen |= _everything_else(scope, variant, start, kinds, skip=set(chosen))
    return {name: value for name, value in chosen.items() if not _same(value, variant, name, kinds)}


def _first(scope: str, variant: Variant, start: Mapping[str, object], kinds: dict[str, str]) -> dict[str, Value]:
    """What the variant calls important, as far as the chosen parts have it, two to a row."""
    shown = [name for name in variant.important if name.endswith(".kind") or _described(name, kinds) is not None]
    chosen: dict[str, Value] = {}
    for index, name in enumerate(shown):
        if index % 2 == 0:
            columns = st.columns(2)
        described = _described(name, kinds)
        axis = name.partition(".")[0]
        with columns[index % 2]:
            if described is None:
                chosen[name] = _kind(axis, scope, kinds[axis])
            else:
                chosen[name] = setting_widget(described, f"{scope}.{name}", _start_value(start, name, described))
    return chosen


def _described(name: str, kinds: Mapping[str, str]) -> Description | None:
    axis, _, setting = name.partition(".")
    return _settings_of(axis, kinds).get(setting)


def _preset(page: str, variant: Variant) -> Mapping[str, object]:
    if not variant.presets:
        return {}
    titles = [preset.title for preset in variant.presets]
    notes = "; ".join(f"{preset.title}: {preset.note}" for preset in variant.presets)
    st.pills("Presets", titles, key=f"{page}.{variant.key}.preset", help=notes)
    picked = st.session_state.get(f"{page}.{variant.key}.preset")
    return next((preset.changes for preset in variant.presets if preset.title == picked), {})


def _everything_else(
    scope: str, variant: Variant, start: Mapping[str, object], kinds: dict[str, str], skip: set[str]
) -> dict[str, Value]:
    chosen: dict[str, Value] = {}
    for axis in (*PART_KINDS, "training"):
        rest = [each for name, each in _settings_of(axis, kinds).items() if f"{axis}.{name}" not in skip]
        several = axis in PART_KINDS and len(_catalog(axis)) > 1 and f"{axis}.kind" not in skip
        if not rest and not several:
            continue
        st.markdown(f"**{AXIS_TITLES[axis]}**")
        if several:
            chosen[f"{axis}.kind"] = _kind(axis, scope, kinds[axis])
        columns = st.columns(2)
        for index, each in enumerate(rest):
            name = f"{axis}.{each.name}"
            with columns[index % 2]:
                chosen[name] = setting_widget(each, f"{scope}.{name}", _start_value(start, name, each))
    return chosen


def _kind(axis: str, scope: str, kind: str) -> str:
    catalog = _catalog(axis)
    options = list(catalog)
    notes = "  \n".join(f"{part.title}: {part.summary}" for part in catalog.values())
    title = AXIS_TITLES[axis]
    key = f"{scope}.{axis}.kind"
    index = options.index(kind)
    return str(st.selectbox(title, options, index, lambda each: catalog[each].title, key=key, help=notes))


def _catalog(axis: str) -> "Catalog[Any]":
    from aecore.variants.compose import CATALOGS

    return CATALOGS[axis]


def _settings_of(axis: str, kinds: Mapping[str, str]) -> dict[str, Description]:
    if axis == "training":
        from aecore.training.recipe import TrainingSettings

        return {each.name: each for each in describe(TrainingSettings)}
    return {each.name: each for each in describe(_catalog(axis)[kinds[axis]].settings)}


def _start_value(start: Mapping[str, object], name: str, described: Description) -> Value:
    value = start.get(name, described.default)
    return described.parse(value) if isinstance(value, str) else described.check(value)


def _same(value: Value, variant: Variant, name: str, kinds: Mapping[str, str]) -> bool:
    """Whether a value is what the variant has anyway, so that it need not be said."""
    axis, _, setting = name.partition(".")
    if setting == "kind":
        return value == variant.changes.get(name, NEUTRAL[axis])
    described = _described(name, kinds)
    return described is not None and value == _start_value(variant.changes, name, described)


def _ints(described: Description, label: str, key: str, value: Value, text: str) -> Value:
    from aecore.errors import SettingError

    numbers = value if isinstance(value, tuple) else ()
    typed = st.text_input(label, ", ".join(map(str, numbers)), key=key, help=f"{text} Separate with commas.")
    try:
        return described.parse(typed or "")
    except SettingError as error:
        st.error(str(error))
        return value


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
