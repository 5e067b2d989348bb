"""The classifier of each labelled data set: it ships, was kept, or is trained at its first use.

    assets/classifiers/<data set>.safetensors, .json   of the data sets that ship
    AECORE_DATA/classifiers/<key>.safetensors, .json   of all others; the key follows from their content

The weights are float16; the JSON says what they were made from, how, and how well they do on the test images. A
classifier belongs to the whole data set, so that runs on some of its classes are judged by the same one.
"""

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from aecore import places
from aecore.data.catalog import load as load_data
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import LabError
from aecore.runs.files import read_object, write_file
from aecore.training.classifier import VERSION, Classifier, Progress, accuracy, can_classify, train_classifier

SEED = 0
_log = logging.getLogger(__name__)
_unsaved: dict[Path, Classifier] = {}  # where nothing can be written, each process trains once


@dataclass(frozen=True)
class Made:
    """What is known of a classifier; accuracy is that of the weights as kept, None without test labels."""

    dataset: str
    fingerprint: str  # of the data set
    version: int
    seed: int
    shape: tuple[int, int, int]
    classes: int
    parameters: int
    train_images: int
    test_images: int
    test_accuracy: float | None
    seconds: float
    threads: int
    torch: str


def classifier_for(splits: Splits, progress: Progress | None = None) -> Classifier | None:
    """The classifier of the data set that `splits` are of; None where it has no labels, or all the same one.

    `progress` is told the share done where it has to be trained first, which takes seconds for people's own pictures.
    """
    shipped = _read(shipped_path(splits.name), splits)
    if shipped is not None:
        return shipped
    path = _kept_path(splits)
    kept = _unsaved.get(path) or _read(path, splits)
    if kept is not None:
        return kept
    whole = load_data(splits.name)
    if not can_classify(whole.train):
        return None
    classifier, _ = make_classifier(whole, path, progress)
    return classifier


def has_classifier(splits: Splits) -> bool:
    """Whether there is one already, so that nobody need wait for its training."""
    return any(path.with_suffix(".json").is_file() for path in (shipped_path(splits.name), _kept_path(splits)))


def make_classifier(
    whole: Splits, path: Path, progress: Progress | None = None, seed: int = SEED
) -> tuple[Classifier, Made]:
    """Train one on all training images of a data set and keep it. DataError for images without classes."""
    started = time.perf_counter()
    classifier = train_classifier(whole.train, seed, progress)
    seconds = time.perf_counter() - started
    weights = {name: each.half().contiguous() for name, each in classifier.state_dict().items()}
    classifier.load_state_dict(weights)
    made = Made(
        dataset=whole.name,
        fingerprint=whole.fingerprint,
        version=VERSION,
        seed=seed,
        shape=whole.shape,
        classes=classifier.classes,
        parameters=sum(each.numel() for each in weights.values()),
        train_images=len(whole.train),
        test_images=len(whole.test),
        test_accuracy=_accuracy(classifier, whole.test),
        seconds=round(seconds, 1),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
    )
    _keep(path, save(weights), made, classifier)
    return classifier, made


def shipped_path(dataset: str) -> Path:
    """Where the weights of a data set that ships lie."""
    return places.ASSETS / "classifiers" / f"{dataset}.safetensors"


def _kept_path(splits: Splits) -> Path:
    content = hashlib.sha256(f"{splits.fingerprint}/{VERSION}".encode()).hexdigest()[:32]
    return places.data_folder() / "classifiers" / f"{content}.safetensors"


def _accuracy(classifier: Classifier, images: ImageSet) -> float | None:
    return accuracy(classifier, images) if images.labels is not None and len(images) else None


def _keep(path: Path, weights: bytes, made: Made, classifier: Classifier) -> None:
    """The JSON last: where it is, the weights are whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, weights)
        write_file(path.with_suffix(".json"), json.dumps(vars(made), indent=2).encode() + b"\n")
    except (OSError, LabError) as error:
        _log.warning("the classifier of %s could not be kept (%s): it stays in memory", made.dataset, error)
        _unsaved[path] = classifier


def _read(path: Path, splits: Splits) -> Classifier | None:
    """The classifier in `path` if it is whole and of these data; None otherwise: it is then made anew."""
    try:
        made = read_object(path.with_suffix(".json"))
        if made.get("fingerprint") != splits.fingerprint or made.get("version") != VERSION:
            return None
        classifier = Classifier(splits.shape, int(made["classes"]))
        classifier.load_state_dict(load(path.read_bytes()))
    except (LabError, OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError):
        return None
    classifier.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return classifier.eval().requires_grad_(False)
