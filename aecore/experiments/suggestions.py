"""What a recipe could be varied by in a race, and values to begin with.

Numbers are tried around the one that is set: a quarter, a half, the double. Words are all tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aecore.experiments.race import MOST
from aecore.settings import Description, Settings, describe
from aecore.training.recipe import Recipe
from aecore.variants.variant import PART_KINDS

SEEDS = 4
FACTORS = (0.25, 0.5, 1.0, 2.0)
USUAL = {
    "penalty.beta": "0.5, 1, 2, 4",
    "corruption.noise_std": "0.1, 0.3, 0.5, 0.8",
    "corruption.share": "0.1, 0.3, 0.5, 0.7",
    "bottleneck.code_size": "2, 8, 16, 32",
    "corruption.factor": "2, 3, 4",
}
FIRST = ("penalty.beta", "corruption.noise_std", "corruption.share", "penalty.weight")  # what to offer, if it is there


@dataclass(frozen=True)
class Suggestion:
    """A setting ("part.setting" or "seed"), its name on screen, and values as `entrants.read_values` reads them."""

    name: str
    label: str
    values: str


def suggestions(recipe: Recipe) -> list[Suggestion]:
    """The best one first; others in the order of the parts."""
    seeds = ", ".join(str(recipe.seed + index) for index in range(SEEDS))
    found = [Suggestion("seed", "Seed", seeds), *_of_parts(recipe)]
    wanted = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda each: wanted.get(each.name, len(FIRST)))


def _of_parts(recipe: Recipe) -> Iterator[Suggestion]:
    for axis in PART_KINDS:
        choice = getattr(recipe.parts, axis)
        yield from _of_settings(axis, choice.settings)
    yield from _of_settings("training", recipe.stages[0])


def _of_settings(axis: str, settings: Settings) -> Iterator[Suggestion]:
    for each in describe(type(settings)):
        name = f"{axis}.{each.name}"
        values = USUAL.get(name) or _around(each, getattr(settings, each.name))
        if values and each.name != "order":
            yield Suggestion(name, each.label, values)


def _around(described: Description, value: object) -> str:
    """Values to begin with; "" where there is nothing to vary."""
    match described.kind:
        case "choice":
            return ", ".join(described.choices[:MOST]) if len(described.choices) > 1 else ""
        case "bool":
            return "false, true"
        case "ints":
            assert isinstance(value, tuple)
            halves = tuple(max(1, each // 2) for each in value)
            return "; ".join(",".join(map(str, each)) for each in dict.fromkeys((halves, value))) if value else ""
        case "int" | "float":
            assert isinstance(value, (int, float))
            return ", ".join(f"{each:g}" for each in _numbers(described, value))
        case _:
            return ""


def _numbers(described: Description, value: float) -> list[float]:
    """Around a number, within its limits; from 0 on where it is 0."""
    low, high = described.low or 0.0, described.high if described.high is not None else float("inf")
    tried = [value * each for each in FACTORS] if value > 0 else [0.0, *_upwards(high)]
    tried = [round(each) if described.kind == "int" else float(f"{each:.3g}") for each in tried]
    return list(dict.fromkeys(min(max(each, low), high) for each in tried))


def _upwards(high: float) -> list[float]:
    return [min(high, each) for each in (0.01, 0.1, 1.0)]
