"""The work of the experiment "anomalies": for each class, train on it, fit every score, and rank all images."""

from collections.abc import Generator
from pathlib import Path

import numpy as np

from aecore.analysis.anomalies.detector import CALIBRATION, Detector, fit_detector
from aecore.analysis.anomalies.ranking import Ranking, rank
from aecore.analysis.anomalies.scores import SCORES
from aecore.analysis.estimate import estimate
from aecore.data.catalog import datasets, load
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import SettingError
from aecore.experiments.anomalies import AnomaliesSettings
from aecore.experiments.experiment import Advance, Place, Result, between
from aecore.experiments.kept_training import Fitted, KeptTraining
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, Recipe, make_recipe

SECONDS_PER_IMAGE = 2.5e-3  # to score one, with all scores
MEASURED = tuple(key for key in SCORES if key != "neg_elbo")  # of autoencoders that are not variational
TRAINING_SHARE = 0.7  # of the progress of a class


def perform(settings: AnomaliesSettings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    """One class after the other. SettingError for images without classes to tell apart."""
    whole = load(dataset)
    classes = classes_of(settings, dataset, whole.train)
    known = {(each.get("normal"), each.get("score")) for each in place.known}
    for number, label in enumerate(classes):
        name = whole.train.class_names[label]
        begin, end = number / len(classes), (number + 1) / len(classes)
        if all((name, key) in known for key in MEASURED):
            continue
        middle = between(begin, end, TRAINING_SHARE)
        recipe = recipe_of(settings, dataset, label)
        trained, spent = yield from _trained(recipe, place, name, begin, middle)
        yield Advance(middle, f"{name} is normal: scores")
        found = _ranked(trained, whole, label)
        yield from (each for each in _lines(found, name, trained, spent) if (name, each.values["score"]) not in known)
        _checkpoint(recipe, place).unlink(missing_ok=True)
    yield Advance(1.0, "done")


def classes_of(settings: AnomaliesSettings, dataset: str, train: ImageSet) -> list[int]:
    """The classes that are normal in turn."""
    present = [] if train.labels is None else np.unique(train.labels).tolist()
    if len(present) < 2:
        raise SettingError(
            f"The data set {dataset!r} has {'one class' if present else 'no labels'}: choose one with two or more "
            "classes, for instance mnist."
        )
    unknown = [each for each in settings.classes if each not in present]
    if unknown:
        raise SettingError(
            f"There is no class {', '.join(map(str, unknown))} in {dataset!r}: its classes are "
            f"{', '.join(map(str, present))}."
        )
    return sorted(set(settings.classes)) or present


def recipe_of(settings: AnomaliesSettings, dataset: str, label: int) -> Recipe:
    """The autoencoder of one class."""
    noise = (
        {"corruption.kind": "gaussian", "corruption.noise_std": settings.noise}
        if settings.noise
        else {"corruption.kind": "none"}
    )
    changes: dict[str, object] = {
        **noise,
        "network.kind": "dense",
        "network.hidden": settings.hidden,
        "network.normalisation": settings.normalisation,
        "bottleneck.code_size": settings.code_size,
        "training.epochs": settings.epochs,
        "training.batch_size": 128,
        "training.snapshots": 1,
    }
    return make_recipe("denoising", DataChoice(dataset, (label,), settings.limit), changes, settings.seed)


def seconds(settings: AnomaliesSettings, dataset: str) -> float:
    """About how long it takes on this machine's best device: within a factor of two or so."""
    info = next((each for each in datasets() if each.key == dataset), None)
    if info is None:
        raise SettingError(f"There is no data set {dataset!r}: choose one of those that are listed.")
    count = max(1, len(info.class_names))
    each = max(1, min(settings.limit or info.train, info.train // count))
    recipe = recipe_of(settings, dataset, 0)
    training = estimate(recipe, info.shape, each, info.validation // count, find_device("auto"), count).seconds
    scored = min(CALIBRATION, info.validation) + info.validation + info.test
    return (len(set(settings.classes)) or count) * (training + SECONDS_PER_IMAGE * scored)


def _trained(
    recipe: Recipe, place: Place, name: str, begin: float, end: float
) -> Generator[Advance, None, tuple[Fitted, float]]:
    """Train on one class, or go on from the last checkpoint; the model and the seconds of its training."""
    splits = load(recipe.data.name, recipe.data.classes, recipe.data.limit)
    what = f"{name} is normal: training"
    kept = KeptTraining(recipe, splits, place.device, _checkpoint(recipe, place))
    yield Advance(begin, what)
    for done in kept.advances():
        yield Advance(between(begin, end, done), what)
    return kept.fitted(), round(kept.training.position.seconds, 1)


def _ranked(trained: Fitted, whole: Splits, label: int) -> dict[str, tuple[Ranking, Ranking]]:
    """By score: on held-out training images, and on test images."""
    detector = fit_detector(trained)
    held_out, test = (_ranking(detector, images, label) for images in (whole.validation, whole.test))
    return {key: (held_out[key], test[key]) for key in detector.keys}


def _ranking(detector: Detector, images: ImageSet, label: int) -> dict[str, Ranking]:
    normal = np.asarray(images.labels) == label
    scores = detector.scores(images.images)
    return {key: rank(values[normal], values[~normal]) for key, values in scores.items()}


def _lines(
    found: dict[str, tuple[Ranking, Ranking]], name: str, trained: Fitted, spent: float
) -> Generator[Result, None, None]:
    for key, (held_out, test) in found.items():
        yield Result(
            {
                "normal": name,
                "score": key,
                "held_out_auroc": round(100 * held_out.auroc, 3),
                "auroc": round(100 * test.auroc, 3),
                "average_precision": round(100 * test.average_precision, 3),
                "test_images": test.normal + test.anomalous,
                "train_images": len(trained.splits.train),
                "training_seconds": spent if SCORES[key].of_model else None,
            }
        )


def _checkpoint(recipe: Recipe, place: Place) -> Path:
    """Where a training is kept to go on from."""
    return place.folder / f"class-{recipe.data.classes[0]}.safetensors"
