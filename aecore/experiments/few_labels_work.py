"""The work of the experiment "few labels": pretraining once, then one piece for each method, number and draw."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, product
from pathlib import Path

import numpy as np

from aecore.analysis.baselines import fit_pca
from aecore.analysis.classification import classify, flat, labels_of
from aecore.analysis.classifiers import (
    LabelPropagation,
    Neighbourhood,
    Predict,
    error_percent,
    logistic_regression,
    support_vectors,
)
from aecore.analysis.estimate import Estimate, estimate
from aecore.analysis.trained import Floats, Indices, as_floats, batch_size, slices
from aecore.data.catalog import datasets, load
from aecore.data.image_set import ImageSet, Splits
from aecore.data.splits import balanced_order
from aecore.errors import SettingError
from aecore.experiments.experiment import Advance, Place, Result, between
from aecore.experiments.few_labels import METHODS, FewLabelsSettings
from aecore.experiments.kept_training import KeptTraining
from aecore.model import Autoencoder
from aecore.schemes.scheme import Chapter
from aecore.shapes import ImageShape
from aecore.training.batches import LARGEST
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.events import Progress
from aecore.training.loop import Training
from aecore.training.precision import Device, find_device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.training.timeline import Feed
from aecore.variants.compose import compose

ENCODER = "encoder.safetensors"
LEAST_COMPONENTS = 32  # of the principal components, so that a small code is not compared with a weak baseline
WATCHED = 500  # validation images that a classifier is watched on; nothing is chosen by them
TUNING_SHARE = 0.8  # of a fine-tuned classifier's steps; before them the head learns alone
SECONDS = {"logistic": 1.0, "pca_svm": 1.0, "frozen_svm": 1.0, "propagation": 0.5}  # and more with more labels


@dataclass(frozen=True)
class Cell:
    """One piece of work: a method on so many labels of one draw."""

    method: str
    labels: int
    seed: int

    @property
    def key(self) -> tuple[str, int, int]:
        return self.method, self.labels, self.seed


def perform(settings: FewLabelsSettings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    """Pretraining, then all cells that are not known. SettingError for images without classes to tell apart."""
    splits = load(dataset)
    sizes = Sizes(dataset, splits.shape, len(splits.train), len(splits.validation), splits.classes)
    plan = Plan(settings, sizes, find_device(place.device))
    work = _Work(plan, splits, place)
    known = {(each.get("method"), each.get("labels"), each.get("seed")) for each in place.known}
    costs = plan.costs()
    seconds_then = list(accumulate([plan.pretraining_seconds(), *costs.values()]))
    ends = [each / seconds_then[-1] for each in seconds_then]
    for event in work.pretrain():
        if isinstance(event, Advance):
            yield Advance(between(0.0, ends[0], event.done), f"pretraining on {sizes.train:,} images without labels")
        elif ("pretraining", 0, settings.seed) not in known:
            yield event
    for cell, begin, end in zip(costs, ends[:-1], ends[1:], strict=True):
        if cell.key not in known:
            what = f"{METHODS[cell.method].lower()}, {cell.labels:,} labels, draw {cell.seed + 1}"
            yield Advance(begin, what)
            started = time.perf_counter()
            error = yield from work.error(cell, begin, end, what)
            spent = round(time.perf_counter() - started, 2)
            yield Result({**vars(cell), "error_percent": round(error, 4), "seconds": spent})
    yield Advance(1.0, "done")


def seconds(settings: FewLabelsSettings, dataset: str) -> float:
    """About how long it takes on this machine's best device: within a factor of two or so."""
    info = next((each for each in datasets() if each.key == dataset), None)
    if info is None:
        raise SettingError(f"There is no data set {dataset!r}: choose one of those that are listed.")
    sizes = Sizes(dataset, info.shape, info.train, info.validation, len(info.class_names))
    plan = Plan(settings, sizes, find_device("auto"))
    return plan.pretraining_seconds() + sum(plan.costs().values())


@dataclass(frozen=True)
class Sizes:
    """What the plan must know of a data set. SettingError for one without classes to tell apart."""

    name: str
    shape: ImageShape
    train: int
    validation: int
    classes: int

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise SettingError(
                f"The data set {self.name!r} has {'one class' if self.classes else 'no labels'}: choose one with two "
                "or more classes, for instance mnist."
            )


@dataclass(frozen=True)
class Plan:
    """Which pieces of work there are, by which recipes, and about how long they take."""

    settings: FewLabelsSettings
    sizes: Sizes
    device: Device

    def cells(self) -> list[Cell]:
        """Draw by draw, so that a first curve is there soon; all images labelled last, once."""
        count = self.sizes.train
        sizes = sorted({min(each or count, count) for each in self.settings.labels})
        few = [each for each in sizes if each < count]
        cells = [Cell(m, n, seed) for seed, n, m in product(range(self.settings.draws), few, METHODS)]
        return cells + [Cell(method, count, 0) for method in METHODS if count in sizes]

    def costs(self) -> dict[Cell, float]:
        """About how many seconds each piece takes."""
        step, images = self._estimate(self.pretraining_recipe()), LARGEST
        costs = {}
        for cell in self.cells():
            if cell.method in ("scratch", "tuned"):
                share = self.feed(cell.labels).batch_size / images
                costs[cell] = 1.0 + self.settings.steps * (0.001 + 0.6 * share * step.seconds_per_step)
            else:
                costs[cell] = SECONDS[cell.method] * (1 + cell.labels / 2000)
        return costs

    def pretraining_seconds(self) -> float:
        """About how long the pretraining takes."""
        return self._estimate(self.pretraining_recipe()).seconds

    def _estimate(self, recipe: Recipe) -> Estimate:
        sizes = self.sizes
        return estimate(recipe, sizes.shape, sizes.train, sizes.validation, self.device, sizes.classes)

    def pretraining_recipe(self) -> Recipe:
        """All epochs without labels."""
        return self._recipe(
            self.settings.seed,
            {"scheme.head_share": 0.0, "scheme.tuning_share": 0.0, "training.epochs": self.settings.epochs},
        )

    def recipe(self, labels: int, seed: int, pretrained: bool) -> Recipe:
        """A classifier of the same network, on so many labels."""
        epochs = max(2, round(self.settings.steps / self.feed(labels).steps))
        tuning = TUNING_SHARE if pretrained else 1.0
        shown = {
            "training.shift_pixels": self.settings.shift_pixels,
            "training.rotate_degrees": self.settings.rotate_degrees,
        }
        chapters = {"scheme.labelled": labels, "scheme.tuning_share": tuning, "scheme.head_share": 1.0 - tuning}
        return self._recipe(seed, {**chapters, **shown, "training.epochs": epochs})

    def feed(self, labels: int) -> Feed:
        """What an epoch of a classifier is made of."""
        return Feed.of(Chapter("", "", 1.0, labels), self.sizes.train, 0)

    def _recipe(self, seed: int, changes: Mapping[str, object]) -> Recipe:
        chosen = self.settings
        network = {"network.kind": chosen.network, "bottleneck.code_size": chosen.code_size}
        noise = {"corruption.kind": "masking", "corruption.share": chosen.noise} if chosen.noise else {}
        return make_recipe("pretraining", DataChoice(self.sizes.name), {**network, **noise, **changes}, seed)


class _Work:
    """Everything that cells share, made when it is first needed."""

    def __init__(self, plan: Plan, splits: Splits, place: Place):
        self.plan = plan
        self.splits = splits
        self.place = place

    # --- pretraining

    def pretrain(self) -> Iterator[Advance | Result]:
        """Train the encoder, or go on with it from its last checkpoint."""
        file = self.place.folder / ENCODER
        kept = KeptTraining(self.plan.pretraining_recipe(), self.splits, self.plan.device.key, file)
        training = kept.training
        if training.position.epoch == training.recipe.epochs:
            return
        for done in kept.advances():
            yield Advance(done, "pretraining")
        yield Result(
            {
                "method": "pretraining",
                "labels": 0,
                "seed": self.plan.settings.seed,
                "parameters": sum(each.numel() for each in training.model.trainable()),
                "epochs": training.recipe.epochs,
                "seconds": round(training.position.seconds, 1),
            }
        )

    @cached_property
    def pretrained(self) -> Checkpoint:
        """What the encoder has learned."""
        return pretrained_in(self.place.folder)

    # --- what the methods see

    @cached_property
    def codes(self) -> tuple[Floats, Floats]:
        """Of training and test images."""
        return codes_of(self.plan, self.pretrained, self.splits)

    @cached_property
    def pixels(self) -> Floats:
        """Of the test images."""
        return flat(self.splits.test.images)

    @cached_property
    def components(self) -> tuple[Floats, Floats]:
        """Training and test images by their principal components."""
        pca = fit_pca(self.splits.train, max(LEAST_COMPONENTS, self.plan.settings.code_size))

        def of(images: ImageSet) -> Floats:
            each = slices(len(images), batch_size(images.shape))
            return np.concatenate([pca.encode(as_floats(images.images[some])).numpy() for some in each])

        return of(self.splits.train), of(self.splits.test)

    @cached_property
    def graph(self) -> tuple[LabelPropagation, Neighbourhood]:
        """The graph over the codes of the training images, and where the test images lie in it."""
        train, test = self.codes
        graph = LabelPropagation(train)
        return graph, graph.near(test)

    @cached_property
    def truth(self) -> tuple[Indices, Indices]:
        """The classes of training and test images."""
        return labels_of(self.splits.train), labels_of(self.splits.test)

    def _chosen(self, cell: Cell) -> Indices:
        """The labelled images of a draw: those that a training of the same seed takes."""
        return np.sort(balanced_order(self.splits.train, cell.seed)[: cell.labels])

    # --- the methods

    def error(self, cell: Cell, begin: float, end: float, what: str) -> Generator[Advance, None, float]:
        """Percent of the test images that a method puts into a wrong class; what it yields is its progress."""
        if cell.method in ("scratch", "tuned"):
            return (yield from self._trained(cell, begin, end, what))
        known, (train, test) = self._chosen(cell), self.truth
        if cell.method == "propagation":
            graph, near = self.graph
            return 100.0 * float(np.mean(graph.spread(known, train[known], near) != test))
        fit, features, others = self._classical(cell.method, known)
        return error_percent(fit(features, train[known]), others, test)

    def _classical(self, method: str, known: Indices) -> tuple[Callable[[Floats, Indices], Predict], Floats, Floats]:
        """How it is fitted, on which features, and the same features of the test images."""
        if method == "logistic":
            return logistic_regression, flat(self.splits.train.images[known]), self.pixels
        train, test = self.components if method == "pca_svm" else self.codes
        return support_vectors, train[known], test

    def _trained(self, cell: Cell, begin: float, end: float, what: str) -> Generator[Advance, None, float]:
        pretrained = cell.method == "tuned"
        watched = replace(self.splits, validation=self.splits.validation.first(WATCHED))
        recipe = self.plan.recipe(cell.labels, cell.seed, pretrained)
        training = Training(recipe, watched, self.plan.device, self.pretrained if pretrained else None)
        for event in training.events():
            if isinstance(event, Progress):
                yield Advance(between(begin, end, event.done), what)
        model = training.model.eval()
        assert isinstance(model, Autoencoder)
        return 100.0 * float(np.mean(classify(model, self.splits.test.images) != self.truth[1]))


def pretrained_in(folder: Path) -> Checkpoint:
    """The weights after pretraining, as the beginning of another training."""
    return Checkpoint(Position(), read_checkpoint(folder / ENCODER, "model.").tensors)


def codes_of(plan: Plan, pretrained: Checkpoint, splits: Splits) -> tuple[Floats, Floats]:
    """The codes of training and test images by the pretrained encoder: [n, code size] each."""
    model = compose(plan.pretraining_recipe().parts, splits.shape, plan.settings.seed, splits.classes).model
    assert isinstance(model, Autoencoder)
    model.load_state_dict(pretrained.part("model"))
    model.to(plan.device.key).eval().requires_grad_(False)
    return _coded(model, splits.train), _coded(model, splits.test)


def _coded(model: Autoencoder, images: ImageSet) -> Floats:
    import torch

    device = next(model.parameters()).device
    with torch.inference_mode():
        return np.concatenate(
            [
                model.encode(as_floats(images.images[each]).to(device)).cpu().numpy()
                for each in slices(len(images), batch_size(images.shape))
            ]
        )
