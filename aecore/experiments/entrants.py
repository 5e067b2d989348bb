"""Who takes part in a race: given recipes, each varied by every combination of values, and what tells them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from aecore.errors import SettingError
from aecore.experiments.folder import Experiment, Task
from aecore.experiments.race import LEAST, MOST, RACE, RaceSettings
from aecore.experiments.store import Experiments
from aecore.runs.names import MAX_NAME
from aecore.runs.store import Runs
from aecore.settings import describe
from aecore.training.prepare import prepare
from aecore.training.recipe import Recipe, TrainingSettings, changed_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import CATALOGS

FEW = 3  # settings in which recipes differ, up to which these are what tells them apart


@dataclass(frozen=True)
class Candidate:
    """A recipe that takes part, and what it is called."""

    name: str
    recipe: Recipe


def vary(recipes: Sequence[Recipe], values: Mapping[str, Sequence[object]]) -> list[Candidate]:
    """Every recipe with every combination of values ("part.setting" or "seed": values), all meeting the same images.

    SettingError for a setting or a value that does not fit, and for fewer or more than a race has.
    """
    count = len(recipes)
    for each in values.values():
        count *= len(each)
    if not LEAST <= count <= MOST:
        raise SettingError(f"These are {count} recipes: a race has {LEAST} to {MOST} of them.")
    combined = [dict(zip(values, each, strict=True)) for each in product(*values.values())]
    made = [changed_recipe(recipe, changes) for recipe in recipes for changes in combined]
    ordered = [_in_order(each, made[0].order_seed) for each in made]
    if any(each in ordered[:index] for index, each in enumerate(ordered)):
        raise SettingError("Two of these recipes are the same: give each value once.")
    names = _names(ordered)
    return [Candidate(name, recipe) for name, recipe in zip(names, ordered, strict=True)]


def read_values(name: str, text: str) -> list[str]:
    """Values of a setting as a person writes them: 0.5,1,2 or 1..8; of lists of numbers "512,256;64".

    SettingError for a text without a value.
    """
    first, dots, last = (each.strip() for each in text.partition(".."))
    if dots and first.isdecimal() and last.isdecimal():
        return [str(each) for each in range(int(first), int(last) + 1)][: MOST + 1]
    listed = [each.strip() for each in text.split(";" if ";" in text else ",")]
    if not all(listed):
        raise SettingError(f"{name} is to be varied by {text!r}: give values with commas between them, or 1..8.")
    return listed


def create_race(
    candidates: Sequence[Candidate],
    runs: Runs | None = None,
    name: str | None = None,
    device: str = "auto",
    experiments: Experiments | None = None,
) -> Experiment:
    """The runs, and the race that will train them, not started yet.

    DataError or SettingError for data or parts that do not fit, before anything is written.
    """
    runs = runs or Runs()
    ready = [(each.name, prepare(each.recipe)[0]) for each in candidates]
    made = {runs.create(recipe, _run_name(each, recipe), device).id: each for each, recipe in ready}
    task = Task(RACE.key, ready[0][1].data.name, RaceSettings.of(made))
    return (experiments or Experiments(runs.root)).create(task, name, device)


def _run_name(name: str, recipe: Recipe) -> str:
    """The variant and what tells it apart in the race."""
    title = VARIANTS[recipe.variant].title
    return title if name == title else f"{title}, {name}"[:MAX_NAME].rstrip(" ,")


def _in_order(recipe: Recipe, seed: int) -> Recipe:
    """The recipe, meeting the images in the order of that seed."""
    order = -1 if seed == recipe.seed else seed
    return replace(recipe, stages=tuple(replace(each, order=order) for each in recipe.stages))


def _names(recipes: Sequence[Recipe]) -> list[str]:
    """What tells each recipe apart: the settings in which they differ, or where these are many its variant."""
    known = [{"seed": each.seed, **each.flat()} for each in recipes]
    keys = list(dict.fromkeys(key for each in known for key in each if key != "training.order"))
    differing = [key for key in keys if any(each.get(key) != known[0].get(key) for each in known)]
    exchanged = [key.removesuffix("kind") for key in differing if key.endswith(".kind")]
    differing = [key for key in differing if key.endswith(".kind") or not key.startswith(tuple(exchanged))]
    if len(differing) <= FEW:
        return [
            ", ".join(_spoken(key, each[key], recipe) for key in differing if key in each)
            for each, recipe in zip(known, recipes, strict=True)
        ]
    titles = [VARIANTS[each.variant].title for each in recipes]
    return [
        title if titles.count(title) == 1 else f"{title} {titles[: index + 1].count(title)}"
        for index, title in enumerate(titles)
    ]


def _spoken(key: str, value: object, recipe: Recipe) -> str:
    """A setting and its value as a person reads them."""
    axis, _, name = key.partition(".")
    if not name:
        return f"{key.capitalize()} {value}"
    if name == "kind":
        return CATALOGS[axis][str(value)].title
    settings = TrainingSettings if axis == "training" else CATALOGS[axis][getattr(recipe.parts, axis).kind].settings
    label = next(each.label for each in describe(settings) if each.name == name)
    return f"{label} {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
