"""The one training loop: a generator of events.

It knows no variant and writes nothing down. A scheme supplies the losses, the caller decides what becomes of the
events: a run records them, a notebook draws them, a test collects them. Everything random comes from named streams
of the recipe's seed and the order of the images from (seed, epoch), so that the state between two steps is complete:
`checkpoint` at any event, and a new `Training` made from it goes on as if nothing had happened, on a CPU with the
same number of threads to the last bit.
"""

import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from aecore.data.image_set import Splits
from aecore.data.splits import balanced_order
from aecore.errors import RunError, SettingError, TrainingError
from aecore.model import Autoencoder, DecodingModel, Model, Sampling
from aecore.randomness import Streams, derive, torch_stream
from aecore.schemes.scheme import Batch, Chapter, Scheme
from aecore.schemes.scheme import Group as Fitted
from aecore.shapes import Images, Labels
from aecore.sharing import Part
from aecore.training.adamw import AdamW, Group
from aecore.training.batches import Augmentation, Batches, Places, binarised, order
from aecore.training.capture import Course, CudaRecorder, Moment, Number, Numbers, Span, Steps, why_not_captured
from aecore.training.checkpoints import Checkpoint, Position
from aecore.training.distributed import Company
from aecore.training.events import CheckpointDue, Epoch, Event, Finished, Preview, Progress, Started
from aecore.training.precision import Device, autocast, products, resolve_precision, widest
from aecore.training.recipe import Recipe, TrainingSettings
from aecore.training.schedule import learning_rate_factor, recorded_epochs
from aecore.training.timeline import Feed, Timeline
from aecore.variants.compose import compose

Rates = Callable[[range, int], Numbers]  # the learning rate, or those of several models, at steps of an epoch
PICTURES = ("augmentation", "binarise")  # the streams of what is done to images before a model is shown them
PROGRESS_S = 0.25  # about four events a second: often enough for a moving bar and a stop within a second
# Images, and input numbers, of a batch that is only measured: a GPU is given more at once, so that it has to do.
MEASURED, MEASURED_ON_GPU = (500, 2**21), (5000, 2**22)
CHECKPOINT_S = 1.0  # of training between two checkpoints, at least: a kill loses no more than that and an epoch
PREVIEW_CODES = 2000
PREVIEW_IMAGES, LEAST_PREVIEW = 16, 4
PREVIEW_NUMBERS = 16 * 3 * 64 * 64  # of all images of a preview together: larger images are fewer


@dataclass(frozen=True)
class Stage:
    """Where an epoch stands in the recipe."""

    index: int
    settings: TrainingSettings
    first: int  # epochs done before the stage
    timeline: Timeline

    def feed(self, epoch: int) -> Feed:
        """What an epoch is made of, counted from the very first."""
        return self.timeline.feed(epoch - self.first)

    def done(self, index: int, epoch: int) -> float:
        """Share of the stage's steps that are over, 0 at the first step and 1 at the last."""
        return self.timeline.done(epoch - self.first, index)


class Training:
    """One model being trained by one recipe on one device, or by each of a company of processes on its own."""

    def __init__(
        self,
        recipe: Recipe,
        splits: Splits,
        device: Device,
        checkpoint: Checkpoint | None = None,
        company: Company | None = None,
        images: "Sides | None" = None,
    ):
        """`images`: those of `splits`, where they are on the device already.

        SettingError when recipe and data do not fit; RunError when the checkpoint is not of this recipe.
        """
        _check_data(recipe, splits)
        self.recipe = recipe
        self.splits = splits
        self.device = device
        self.company = company or Company()
        composition = compose(recipe.parts, splits.shape, recipe.seed, splits.classes)
        self.scheme = composition.scheme
        self.model: Model = _placed(composition.model, device)
        self._error = composition.objective.reconstruction.name
        self._streams = Streams(recipe.seed, device.key)
        # What is done to images before the model sees them may follow another seed, that of a race.
        self._pictures = self._streams if recipe.order_seed == recipe.seed else Streams(recipe.order_seed, device.key)
        self._train, self._validation = images or Sides.on(device, splits)
        self._groups = dict(self.scheme.groups(self.model))
        self.company.train({name: each.parameters for name, each in self._groups.items()})
        self._optimisers = {name: _optimiser(group, device) for name, group in self._groups.items()}
        self._stages = _stages(recipe, self.scheme, self.model, len(splits.train))
        _check_batches(self._stages, self.company.ranks)
        self._balanced: npt.NDArray[np.int64] | None = None
        self._taken = self.steps_of(self.generators)
        self._position = Position()
        self._kept_at = 0.0  # seconds of training at the last checkpoint that was pressing
        self.first_step_at: float | None = None  # seconds since 1970, of the first step of this object
        if checkpoint is not None:
            self._restore(checkpoint)

    @property
    def position(self) -> Position:
        """How far training has come."""
        return self._position

    @property
    def precision(self) -> str:
        """The number format of forward passes in the stage in progress."""
        return resolve_precision(self._stage().settings.precision, self.device)

    @property
    def whole(self) -> bool:
        """Whether weights are where the position says they are, and a checkpoint tells the truth."""
        return True

    def checkpoint(self) -> Checkpoint:
        """Everything needed to go on from here."""
        tensors = {f"model.{name}": each for name, each in self.model.state_dict().items()}
        for group, optimiser in self._optimisers.items():
            tensors |= {f"optimiser.{group}.{name}": each for name, each in optimiser.state().items()}
        pictures = {name: each for name, each in self._pictures.state().items() if name in PICTURES}
        states = self._streams.state() | pictures  # in a race those of images may lie among all streams of another
        tensors |= {f"stream.{name}": each for name, each in states.items()}
        tensors |= {f"total.{name}": each for name, each in self._taken.totals.items()}
        return Checkpoint(self._position, {name: each.detach().cpu().clone() for name, each in tensors.items()})

    def events(self) -> Iterator[Event]:
        """Train to the end of the last stage. TrainingError when the loss is no longer finite."""
        yield from self.company.together(self._events())

    def _events(self) -> Iterator[Event]:
        yield self._started()
        while self._position.epoch < self.recipe.epochs:
            yield from self._epoch(self._stage())
        yield Finished(self._position.epoch, self._position.step, self._position.seconds)

    # --- one epoch

    def _epoch(self, stage: Stage) -> Iterator[Event]:
        """Train on every image of the chapter, then measure, show and offer a checkpoint."""
        epoch, seconds_before = self._position.epoch, self._position.seconds
        already = self._position.step_in_epoch
        yield from self._steps(stage)
        steps, size = stage.feed(epoch).steps, stage.feed(epoch).batch_size
        train = {name: float(total) / (steps * size) for name, total in self.company.total(self._taken.totals).items()}
        self._taken.totals.clear()
        started = time.perf_counter()
        with products(self.device, "float32"):
            validation = self._measure(stage, epoch)
            preview = self._preview(epoch + 1, stage)
        seconds = self._position.seconds - seconds_before
        self._advance(epoch=epoch + 1, step_in_epoch=0, seconds=self._position.seconds + time.perf_counter() - started)
        yield Epoch(
            epoch=epoch + 1,
            stage=stage.index,
            step=self._position.step,
            train=train,
            validation=validation,
            images_per_second=(steps - already) * size / max(seconds, 1e-9),
            seconds=self._position.seconds,
            learning_rate=self._learning_rate(stage, steps - 1, epoch),
            chapter=stage.timeline.chapter(stage.done(steps - 1, epoch))[0].title,
        )
        yield preview
        yield CheckpointDue(self._position.epoch, self._position.step, self._pressing())

    def _pressing(self) -> bool:
        """Whether the checkpoint of this moment should be kept; all that train together say the same."""
        due = self._position.seconds - self._kept_at >= CHECKPOINT_S or self._position.epoch >= self.recipe.epochs
        pressing = self._decided(due)
        if pressing:
            self._kept_at = self._position.seconds
        return pressing

    def _decided(self, due: bool) -> bool:
        """What one decides for all."""
        return self.company.decided(due)

    def _steps(self, stage: Stage) -> Iterator[Progress]:
        """The rest of the current epoch, with a `Progress` now and then."""
        if self._position.step_in_epoch == 0:
            self._taken.begin_epoch()
        feed = stage.feed(self._position.epoch)
        watch = Watch(self._taken.totals)
        self.model.train()
        started = time.perf_counter()
        for key, span in self.spans(stage, self._taken, partial(self.learning_rates, stage)):
            self._taken.take(span, key, partial(self._step, stage=stage))
            if self.first_step_at is None:
                self.first_step_at = self._time_when_done()
            self._advance(step=self._position.step + len(span), step_in_epoch=self._position.step_in_epoch + len(span))
            over = self._position.step_in_epoch == feed.steps
            if self.company.due(watch.due(len(span) * feed.batch_size)) or over:
                if over:
                    self._prepare_next(stage)
                wait_for(self.device)
                self._advance(seconds=self._position.seconds + time.perf_counter() - started)
                yield self._progress(watch, stage)
                self.model.train()  # whoever was given the event may have looked at the model
                started = time.perf_counter()

    def spans(self, stage: Stage, taken: Steps, rates: Rates) -> Iterator[tuple[Hashable, Span]]:
        """The rest of the current epoch in spans as long as can be taken at once, and what those have in common."""
        if taken.course is None or taken.course.epoch != self._position.epoch:
            taken.course = self._course(stage, self._position.epoch, taken, rates)
        steps, chapters = taken.course.steps, taken.course.chapters
        begin = self._position.step_in_epoch
        while begin < len(steps):
            key = (stage.index, chapters[begin], len(steps.images[begin]))
            end = begin + taken.ahead(key)
            if chapters[begin:end].count(chapters[begin]) < end - begin:
                end = begin + 1
            yield key, steps.part(begin, end, chapters[begin])
            begin = end

    def _course(self, stage: Stage, epoch: int, taken: Steps, rates: Rates) -> Course:
        """All steps of an epoch: on the device, where graphs read them."""
        feed = stage.feed(epoch)
        shares = [stage.done(index, epoch) for index in range(feed.steps)]
        chapters = [stage.timeline.chapter(share)[0].key for share in shares]
        images = self._order(feed, epoch)[: feed.steps * feed.batch_size].reshape(feed.steps, feed.batch_size)
        steps = Span(images, rates(range(feed.steps), epoch), shares, "")
        return Course(epoch, steps if taken.recorder is None else steps.on(self.device), chapters)

    def _prepare_next(self, stage: Stage) -> None:
        """Make the course of the next epoch of a stage while a GPU is busy with the last steps of this one."""
        following = self._position.epoch + 1
        if self._taken.recorder is not None and following < stage.first + stage.settings.epochs:
            rates = partial(self.learning_rates, stage)
            self._taken.course = self._course(stage, following, self._taken, rates)

    def steps_of(self, generators: Callable[[], list[torch.Generator]]) -> Steps:
        """Takes steps on these images, replaying them where that is possible. `generators`: all that they draw from."""
        reason = why_not_captured(
            self.device, self.scheme.replayable, self._train.resident is not None, self.company.ranks
        )
        return Steps(None if reason else CudaRecorder(torch.device(self.device.key)), generators, self.device)

    def generators(self) -> list[torch.Generator]:
        """All that steps draw from."""
        return list({id(each): each for each in (*self._streams.used(), *self._pictures.used())}.values())

    def _shown(self, chosen: Places, stage: Stage) -> tuple[Images, Labels | None]:
        """The chosen training images as the scheme is given them, and their classes."""
        clean = self._train.at(chosen)
        augmentation = Augmentation.of(stage.settings)
        if augmentation is not None:
            clean = augmentation(clean, self._pictures["augmentation"])
        if stage.settings.binarise:
            clean = binarised(clean, self._pictures["binarise"])
        return clean.contiguous(memory_format=torch.channels_last), self._train.labels_at(chosen)

    def _order(self, feed: Feed, epoch: int) -> npt.NDArray[np.int64]:
        """The images of an epoch, in the order in which it meets them."""
        if not feed.images:
            return order(len(self._train), self.recipe.order_seed, epoch)
        if self._balanced is None:
            self._balanced = balanced_order(self.splits.train, self.recipe.order_seed)
        places = order(feed.images, self.recipe.order_seed, epoch, feed.passes, feed.batch_size)
        return self._balanced[places]

    def _step(self, moment: Moment, stage: Stage) -> None:
        """All phases of the scheme on one batch."""
        with products(self.device, self.precision), self.company.share(len(moment.images)) as part:
            clean, labels = self._shown(part.of(moment.images), stage)
            batch = Batch(clean, labels, moment.chapter, moment.done)
            for means in self.moves(batch, moment.learning_rate, stage, part):
                self._taken.add(means, len(clean))

    def moves(self, batch: Batch, learning_rate: Number, stage: Stage, part: Part) -> Iterator[dict[str, Tensor]]:
        """Move the model by each phase of the scheme, and give what it measured: means over the batch."""
        phases = self.scheme.phases(self.model, batch, self._streams)
        while True:
            with autocast(self.device, self.precision):
                phase = next(phases, None)
            if phase is None:
                return
            optimiser = self._optimisers[phase.group]
            rate = learning_rate * phase.rate
            for group in optimiser.groups:
                group.learning_rate = rate
                group.weight_decay = stage.settings.weight_decay if group.decays else 0.0
            optimiser.zero_grad()
            torch.autograd.backward(self.company.agreed(phase.group, phase.loss, part))
            if stage.settings.clip_norm > 0:
                nn.utils.clip_grad_norm_(self._groups[phase.group].parameters, stage.settings.clip_norm)
            optimiser.step()
            yield {"loss": phase.loss, **self.named(phase.parts, stage)}

    def named(self, parts: Mapping[str, Tensor], stage: Stage) -> dict[str, Tensor]:
        """The parts of a loss; an error against binarised pixels is another number than one against grey values."""
        ending = "_binarised" if stage.settings.binarise else ""
        return {f"{name}{ending}" if name == self._error else name: each for name, each in parts.items()}

    def _time_when_done(self) -> float:
        """The time, in seconds since 1970, when the device has done what it was asked for."""
        wait_for(self.device)
        return time.time()

    # --- looking at the model

    @torch.no_grad()
    def _measure(self, stage: Stage, epoch: int) -> dict[str, float]:
        """Means over all validation images, in float32, with the same noise at every call."""
        self.model.eval()
        streams = Streams(derive(self.recipe.seed, "validation"), self.device.key)
        totals: dict[str, Tensor] = {}
        size = self._measured_at_once()
        for start in range(0, len(self._validation), size):
            chosen = np.arange(start, min(start + size, len(self._validation)))
            with self.company.share(len(chosen)) as part:
                chosen = part.of(chosen)
                clean, labels = self._validation.at(chosen), self._validation.labels_at(chosen)
                if stage.settings.binarise:
                    clean = binarised(clean, streams["binarise"])
                batch = self._batch(clean, labels, stage, stage.feed(epoch).steps - 1, epoch)
                for name, each in self.named(self.scheme.measure(self.model, batch, streams), stage).items():
                    total = each.to(widest(self.device)).sum() * part.counted
                    totals[name] = totals[name] + total if name in totals else total
        means = {name: float(total) / len(self._validation) for name, total in self.company.total(totals).items()}
        _check_finite(means, self._position, "on the validation images")
        return means

    def _measured_at_once(self) -> int:
        """Images of a batch that is only measured."""
        images, numbers = MEASURED_ON_GPU if self.device.key.startswith("cuda") else MEASURED
        return max(1, min(images, numbers // prod(self.splits.shape)))

    @torch.no_grad()
    def _preview(self, epoch: int, stage: Stage) -> Preview:
        self.model.eval()
        shown = max(LEAST_PREVIEW, min(PREVIEW_IMAGES, PREVIEW_NUMBERS // prod(self.splits.shape)))
        clean = self._validation.at(np.arange(min(shown, len(self._validation))))
        chapter, _ = stage.timeline.chapter(stage.done(stage.feed(epoch - 1).steps - 1, epoch - 1))
        generator = Streams(derive(self.recipe.seed, "preview"), self.device.key)["corruption"]
        corrupted, restored = self.scheme.seen(self.model, clean, generator, chapter.key)
        return Preview(
            epoch=epoch,
            recorded=epoch - stage.first in recorded_epochs(stage.settings.epochs, stage.settings.snapshots),
            codes=self._codes().cpu().numpy(),
            clean=_as_bytes(clean),
            corrupted=_as_bytes(corrupted),
            reconstructions=_as_bytes(restored),
            samples=_as_bytes(self._drawn(chapter)),
        )

    def _codes(self) -> Tensor:
        """Codes of validation images; none without an encoder."""
        model = self.model
        if not isinstance(model, Autoencoder):
            return torch.empty(0, model.latent)
        count, size = min(PREVIEW_CODES, len(self._validation)), self._measured_at_once()
        codes = [
            model.encode(self._validation.at(np.arange(start, min(start + size, count))))
            for start in range(0, count, size)
        ]
        return torch.cat(codes)

    def _drawn(self, chapter: Chapter) -> Images:
        """Images drawn from the same codes at every epoch, of each class in turn where the model can be told."""
        if not (isinstance(self.model, DecodingModel) and self.model.generates and chapter.draws):
            return torch.empty(0, *self.splits.shape)
        generator = torch_stream(self.recipe.seed, "samples")  # of the CPU, so that every device draws the same
        codes = self.model.prior(PREVIEW_IMAGES, generator).to(self.device.key)
        classes = self.splits.classes if "labels" in self.model.controls else 0
        labels = torch.arange(PREVIEW_IMAGES, device=self.device.key) % classes if classes else None
        return self.model.sample(codes, Sampling(labels))

    def _started(self) -> Started:
        return Started(
            device=self.device.title,
            precision=self.precision,
            parameters=sum(each.numel() for each in self.model.trainable()),
            epoch=self._position.epoch,
            epochs=self.recipe.epochs,
            train_images=len(self._train),
            validation_images=len(self._validation),
            processes=self.company.ranks,
        )

    def _progress(self, watch: "Watch", stage: Stage) -> Progress:
        losses, rate = watch.read(self.company.total(self._taken.totals))
        _check_finite(losses, self._position, "in training")
        done = self._done()
        spent = self._position.seconds
        return Progress(
            epoch=self._position.epoch,
            step=self._position.step,
            done=done,
            losses=losses,
            images_per_second=rate,
            seconds_left=spent * (1 - done) / done if done > 0 else 0.0,
        )

    # --- where we are

    def _stage(self) -> Stage:
        """The stage of the epoch in progress; the last one when all are done."""
        for stage in self._stages:
            if self._position.epoch < stage.first + stage.settings.epochs:
                return stage
        return self._stages[-1]

    def learning_rates(self, stage: Stage, steps: range, epoch: int) -> list[float]:
        """The size of these steps of an epoch."""
        return [self._learning_rate(stage, index, epoch) for index in steps]

    def _learning_rate(self, stage: Stage, index: int, epoch: int) -> float:
        _, done = stage.timeline.chapter(stage.done(index, epoch))
        return stage.settings.learning_rate * learning_rate_factor(stage.settings.schedule, done)

    def _batch(self, clean: Images, labels: Labels | None, stage: Stage, index: int, epoch: int) -> Batch:
        done = stage.done(index, epoch)
        return Batch(clean, labels, stage.timeline.chapter(done)[0].key, done)

    def _done(self) -> float:
        """Share of all work, by the images it takes."""
        stage = self._stage()
        earlier = sum(each.timeline.images for each in self._stages[: stage.index])
        seen = earlier + stage.timeline.seen(self._position.epoch - stage.first, self._position.step_in_epoch)
        return seen / sum(each.timeline.images for each in self._stages)

    def _advance(self, **changes: float) -> None:
        self._position = replace(self._position, **changes)  # type: ignore[arg-type]

    # --- going on

    def _restore(self, checkpoint: Checkpoint) -> None:
        if not checkpoint.resumable:
            raise RunError("This run keeps its weights only, not the state of its optimiser: it cannot be resumed.")
        try:
            self.model.load_state_dict(checkpoint.part("model"))
            for group, optimiser in self._optimisers.items():
                optimiser.restore(checkpoint.part(f"optimiser.{group}"))
        except (RuntimeError, ValueError, KeyError) as error:
            raise RunError(f"The checkpoint does not fit the recipe of this run ({error}).") from None
        states = checkpoint.part("stream")
        self._streams.restore(states)
        if self._pictures is not self._streams:
            self._pictures.restore({name: each for name, each in states.items() if name in PICTURES})
        totals = checkpoint.part("total").items()
        exact = {name: each.to(self.device.key, widest(self.device)) for name, each in totals}
        self._taken.totals = self.company.kept(exact)
        self._position = checkpoint.position
        self._kept_at = checkpoint.position.seconds


class Sides(NamedTuple):
    """The images that are trained on, and those that are held out to measure with."""

    train: Batches
    validation: Batches

    @classmethod
    def on(cls, device: Device, splits: Splits) -> "Sides":
        """On a device, or where it takes them from."""
        place = torch.device(device.key)
        return cls(Batches(splits.train, place), Batches(splits.validation, place))


class Watch:
    """Says when a `Progress` is due, and what happened since the last one."""

    def __init__(self, totals: Mapping[str, Tensor]):
        self._before = {name: float(each) for name, each in totals.items()}
        self._images = 0
        self._since = time.perf_counter()

    def add(self, images: int) -> None:
        """So many more were seen."""
        self._images += images

    def due(self, images: int) -> bool:
        """So many more were seen: is it time?"""
        self.add(images)
        return time.perf_counter() - self._since >= PROGRESS_S

    def read(self, totals: Mapping[str, Tensor]) -> tuple[dict[str, float], float]:
        """Means and images per second since the last reading."""
        now = {name: float(each) for name, each in totals.items()}
        means = {name: (each - self._before.get(name, 0.0)) / max(self._images, 1) for name, each in now.items()}
        rate = self._images / max(time.perf_counter() - self._since, 1e-9)
        self._before, self._images, self._since = now, 0, time.perf_counter()
        return means, rate


def _stages(recipe: Recipe, scheme: Scheme, model: Model, images: int) -> list[Stage]:
    stages, first = [], 0
    for index, settings in enumerate(recipe.stages):
        chapters = scheme.chapters(model, further=index > 0)
        stages.append(Stage(index, settings, first, Timeline(chapters, settings.epochs, images, settings.batch_size)))
        first += settings.epochs
    return stages


def _check_batches(stages: Sequence[Stage], ranks: int) -> None:
    """SettingError where there is not an image of every batch for each process."""
    sizes = [stage.feed(stage.first + epoch).batch_size for stage in stages for epoch in range(stage.settings.epochs)]
    if min(sizes) < ranks:
        raise SettingError(
            f"A batch of {min(sizes)} cannot be divided among {ranks} processes: choose a training.batch_size of at "
            f"least {ranks}, or fewer processes."
        )


def _placed(model: Model, device: Device) -> Model:
    """The model on its device; weights of convolutions with channels last, which both CPU and GPU prefer.

    `to` and not `contiguous`: weights for one channel are contiguous in either order, and only what strides say makes
    the first convolution put its result in the order of all others.
    """
    model = model.to(device.key)
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
    return model


def wait_for(device: Device) -> None:
    """Until all that was asked of a GPU is done."""
    if device.key.startswith("cuda"):
        torch.cuda.synchronize(device.key)


def _optimiser(fitted: Fitted, device: Device) -> AdamW:
    """Biases and norms, which have one axis, are never pulled towards 0."""
    groups = [
        Group([each for each in fitted.parameters if each.ndim > 1], decays=True, betas=fitted.betas),
        Group([each for each in fitted.parameters if each.ndim <= 1], decays=False, betas=fitted.betas),
    ]
    return AdamW(groups, fused=device.key != "mps")


def _check_data(recipe: Recipe, splits: Splits) -> None:
    if recipe.data.fingerprint and recipe.data.fingerprint != splits.fingerprint:
        raise SettingError(
            f"The data set {recipe.data.name!r} is not the one this recipe was made with: its pictures have changed. "
            "Bring the old pictures back under this name, or start a new run on the new ones."
        )
    for name, part in (("training", splits.train), ("validation", splits.validation)):
        if len(part) == 0:
            raise SettingError(
                f"There are no {name} images in this choice of {recipe.data.name!r}: choose more images."
            )


def _check_finite(means: Mapping[str, float], position: Position, where: str) -> None:
    broken = [name for name, value in means.items() if not np.isfinite(value)]
    if broken:
        raise TrainingError(
            f"The {broken[0].replace('_', ' ')} {where} is no longer a finite number in epoch {position.epoch + 1} "
            f"(step {position.step}). Resuming from the last checkpoint is of little use: start again with a smaller "
            "learning rate, for instance a tenth, or with clip_norm=1."
        )


def _as_bytes(images: Images) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = images.mul(255.0).round_().to(torch.uint8).cpu().contiguous().numpy()
    return pixels
