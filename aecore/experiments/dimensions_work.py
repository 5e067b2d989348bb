"""The work of the experiment "dimensions": autoencoders are trained, then every method is measured at every size."""

from collections.abc import Collection, Generator
from itertools import chain, count
from pathlib import Path

from aecore.analysis.dimensions import CLASSICAL, PIXELS, Bench, Coder, Row, Task
from aecore.analysis.estimate import estimate
from aecore.analysis.trained import Trained, autoencoder_of
from aecore.data.catalog import datasets, load
from aecore.data.image_set import Splits
from aecore.errors import LabError, SettingError
from aecore.experiments.dimensions import AUTOENCODERS, DimensionsSettings
from aecore.experiments.experiment import Advance, Place, Result, between
from aecore.experiments.kept_training import KeptTraining
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.catalog import VARIANTS

SECONDS = 30.0  # of what is no training, for each size: most of it is UMAP
MOST_RUNS = 24  # the newest


def perform(settings: DimensionsSettings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    """Train what is to be trained, then measure what is not known. DataError for too few images."""
    splits = load(dataset, limit=settings.fitted)
    yield Advance(0.0, "neighbours of the images themselves")
    bench = Bench(splits, settings.measured, settings.fitted)
    work = bench.tasks(settings.lengths)
    known = {(each.get("method"), each.get("size")) for each in place.known}
    recipes = recipes_of(settings, dataset)
    total = len(work) + len(recipes) + settings.runs
    for number, task in enumerate(work):
        if _name(task, splits) not in known:
            yield Advance(number / total, task.title)
            yield Result(_values(task.run()))
    for number, recipe in enumerate(recipes, start=len(work)):
        if (VARIANTS[recipe.variant].title, recipe.code_size) not in known:
            coder = yield from _trained(recipe, splits, place, number / total, (number + 1) / total)
            yield Result(_values(bench.coder(coder)))
        _checkpoint(recipe, place).unlink(missing_ok=True)  # the result is there, the way to it takes room
    if settings.runs:
        yield from _runs(bench, place, (total - 1) / total)
    yield Advance(1.0, "done")


def recipes_of(settings: DimensionsSettings, dataset: str) -> list[Recipe]:
    """The autoencoders that are trained here."""
    return [
        make_recipe(
            variant,
            DataChoice(dataset, limit=settings.fitted),
            {**changes, "bottleneck.code_size": size, "training.epochs": settings.epochs},
            settings.seed,
        )
        for variant, changes in AUTOENCODERS.items()
        for size in settings.lengths
    ]


def seconds(settings: DimensionsSettings, dataset: str) -> float:
    """About how long it takes on this machine's best device: within a factor of two or so."""
    info = next((each for each in datasets() if each.key == dataset), None)
    if info is None:
        raise SettingError(f"There is no data set {dataset!r}: choose one of those that are listed.")
    device, train = find_device("auto"), min(settings.fitted or info.train, info.train)
    classes = len(info.class_names)
    trained = sum(
        estimate(recipe, info.shape, train, info.validation, device, classes).seconds
        for recipe in recipes_of(settings, dataset)
    )
    return trained + SECONDS * len(settings.lengths) * max(1.0, train / 10_000)


def _name(task: Task, splits: Splits) -> tuple[str, int]:
    """Method and size of a row to come."""
    method, _, size = task.title.partition(", ")
    return (method, int(size.split()[0])) if size else (PIXELS, splits.train.pixels)


def _values(row: Row) -> dict[str, str | int | float | None]:
    return dict(vars(row))


def _trained(recipe: Recipe, splits: Splits, place: Place, begin: float, end: float) -> Generator[Advance, None, Coder]:
    """Train, or go on from the last checkpoint."""
    what = f"{VARIANTS[recipe.variant].title}, {recipe.code_size} numbers"
    kept = KeptTraining(recipe, splits, place.device, _checkpoint(recipe, place))
    yield Advance(begin, what)
    for done in kept.advances():
        yield Advance(between(begin, end, done), what)
    seconds = round(kept.training.position.seconds, 2)
    return Coder(VARIANTS[recipe.variant].title, kept.fitted(), _in_words(recipe), seconds)


def _checkpoint(recipe: Recipe, place: Place) -> Path:
    """Where a training is kept to go on from."""
    return place.folder / f"{recipe.variant}-{recipe.code_size}.safetensors"


def _in_words(recipe: Recipe) -> str:
    """The recipe as the command that trains it."""
    changes = "".join(
        f" --set {name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in {**AUTOENCODERS[recipe.variant], "bottleneck.code_size": recipe.code_size}.items()
    )
    data = f"--dataset {recipe.data.name} --limit {recipe.data.limit}"
    return f"train {recipe.variant} {data} --epochs {recipe.epochs}{changes}"


def _runs(bench: Bench, place: Place, done: float) -> Generator[Advance | Result, None, None]:
    """Finished runs on these images, at their own size."""
    runs = Runs(_runs_folder(place.folder))
    known = {str(each["run"]) for each in place.known if each.get("run")}
    titles = {PIXELS, *CLASSICAL, *(VARIANTS[each].title for each in AUTOENCODERS)}
    titles |= {str(each.get("method")) for each in place.known}
    found = [each for each in runs.list() if each.state == "finished" and each.encodes and _of(each, bench.splits.name)]
    for summary in found[:MOST_RUNS]:
        if summary.id in known:
            continue
        try:
            opened = open_run(runs.get(summary.id))
        except LabError:
            continue
        if opened.fallback_note or not _comparable(opened):
            continue
        yield Advance(done, summary.name)
        title = _free(summary.name, titles)
        titles.add(title)
        spent = summary.metrics.get("seconds")
        coder = Coder(title, opened, seconds=spent if isinstance(spent, float) else None, run=summary.id)
        yield Result(_values(bench.coder(coder)))


def _of(summary: RunSummary, dataset: str) -> bool:
    return summary.dataset == dataset and not summary.damaged


def _comparable(opened: Trained) -> bool:
    """Whether it was trained on clean images of all classes without their labels, as the others are."""
    model, recipe = autoencoder_of(opened), opened.recipe
    saw_labels = model.conditional or model.head is not None
    return recipe.parts.corruption.kind == "none" and not recipe.data.classes and not saw_labels


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where something else is called so: rows of two things never share a name."""
    numbered = (f"{name} ({number})" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def _runs_folder(folder: Path) -> Path | None:
    """The runs beside which the experiments lie."""
    return folder.parent.parent
