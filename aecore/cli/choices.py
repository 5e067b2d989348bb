"""Commands about what can be chosen: variants with their settings, devices."""

import argparse
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, table
from aecore.cli.commands import WIDTH, Commands, Keys

if TYPE_CHECKING:
    from aecore.settings import Description, Settings
    from aecore.variants.variant import Variant

VARIANT: Keys = {
    "key": "the name by which commands know it",
    "title": "the name for people",
    "summary": "one line",
    "idea": "a paragraph",
    "source": "where it was published",
    "dataset": "the data set it is explained with",
    "settings": "an object: part.setting as --set takes it, with its default, kind of value, choices, low, high, "
    "unit and reason",
}
DEVICE: Keys = {
    "key": "what --device takes",
    "title": "what it is",
    "bfloat16": "whether it is fast in this number format",
    "tf32": "whether it has this one",
    "auto": "the number format that training.precision=auto takes there",
    "memory_bytes": "of the card; null where the memory is that of the machine",
}


def add_commands(commands: Commands) -> None:
    """variants, devices."""
    variants = commands.add("variants", "list the variants and their settings", _variants, VARIANT, many=True)
    variants.add_argument("variant", nargs="?", metavar="VARIANT", help="only this one, in full")
    commands.add("devices", "list the devices on which training can run, the best first", _devices, DEVICE, many=True)


def _variants(options: argparse.Namespace) -> Answer:
    from aecore.variants.catalog import VARIANTS, variant

    chosen = [variant(options.variant)] if options.variant else list(VARIANTS.values())
    document = [{**_description(each), "settings": _settings(each)} for each in chosen]
    if not options.variant:
        return Answer(document, table(document, {"key": "variant", "summary": "what it is"}))
    return Answer(document, _in_full(chosen[0]))


def _in_full(variant: "Variant") -> str:
    rows = [_row(name, setting) for name, setting in _settings(variant).items()]
    columns = {"name": "setting", "default": "default", "values": "values", "reason": "what it does"}
    paragraphs = (variant.summary, variant.idea, f"Source: {variant.source}", f"Explained with {variant.data}.")
    return "\n\n".join([variant.title, *(textwrap.fill(each, WIDTH) for each in paragraphs), table(rows, columns)])


def _description(variant: "Variant") -> dict[str, object]:
    known = {name: getattr(variant, name) for name in VARIANT if name not in ("dataset", "settings")}
    return {**known, "dataset": variant.data}


def _settings(variant: "Variant") -> dict[str, dict[str, object]]:
    """Every setting of the variant's parts and of training, with the value that it has there."""
    from aecore.training.recipe import DataChoice, make_recipe
    from aecore.variants.compose import CATALOGS

    recipe = make_recipe(variant.key, DataChoice(variant.data))
    found: dict[str, dict[str, object]] = {}
    for axis, catalog in CATALOGS.items():
        choice = getattr(recipe.parts, axis)
        found[f"{axis}.kind"] = {"default": choice.kind, "kind": "choice", "choices": list(catalog), **_ANY_PART}
        found |= _of_part(axis, choice.settings)
    return found | _of_part("training", recipe.stages[0])


_ANY_PART = {"low": None, "high": None, "unit": "", "reason": "which part; each has settings of its own"}


def _of_part(axis: str, settings: "Settings") -> dict[str, dict[str, object]]:
    from aecore.settings import describe

    values = settings.to_dict()
    return {f"{axis}.{each.name}": _setting(each, values[each.name]) for each in describe(type(settings))}


def _setting(described: "Description", value: object) -> dict[str, object]:
    known = {name: getattr(described, name) for name in ("kind", "choices", "low", "high", "unit", "reason")}
    return {"default": value, **known}


def _row(name: str, setting: dict[str, object]) -> dict[str, object]:
    low, high, choices = setting["low"], setting["high"], setting["choices"]
    limits = f"{low:g} to {high:g} {setting['unit']}" if isinstance(low, float | int) else setting["unit"]
    values = choices or ("true, false" if setting["kind"] == "bool" else limits)
    return {"name": name, "default": _typed(setting["default"]), "values": values, "reason": setting["reason"]}


def _typed(value: object) -> str:
    """As --set takes it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def _devices(options: argparse.Namespace) -> Answer:
    from aecore.training.precision import devices, resolve_precision

    rows = [asdict(device) | {"auto": resolve_precision("auto", device)} for device in devices()]
    return Answer(rows, table(rows, {"key": "device", "title": "what it is", "auto": "trains in"}))
