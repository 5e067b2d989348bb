"""Several trainings that go step by step together: one batch moves all models.

On a GPU one step moves all of them at once (`aecore.training.stack`); a processor takes less time for one after the
other (docs/performance.md).

Every member is a `Training` like any other. It gives the same events in the same order, measures and previews by the
same code; only when it takes its steps, and when a checkpoint is pressing, is not its own to say:

    members of one race, asked for their next event in turn:
        the first to need more steps lets the race take them, for all
        the others find them taken, and say how far they are

So a member can fall out, and the others go on. Between two events of one member all others must be asked for theirs.

What is fit for that: recipes that differ in seed, corruption, size of the code, the numbers in their penalty or
bottleneck, and how large steps are. All see the same images in the same order (`training.order`).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from aecore.data.image_set import Splits
from aecore.errors import SettingError
from aecore.schemes.scheme import Batch
from aecore.settings import Settings, describe
from aecore.training import loop
from aecore.training.capture import Moment, Number, Numbers
from aecore.training.checkpoints import Checkpoint
from aecore.training.events import Progress
from aecore.training.loop import Sides, Stage, Training, Watch, wait_for
from aecore.training.precision import Device, autocast, products
from aecore.training.recipe import Recipe
from aecore.training.stack import Layer, Pull, Stack

SCHEME = "end_to_end"
FREE = ("learning_rate", "schedule", "weight_decay", "clip_norm")  # settings of training in which members may differ


class Apart(SettingError):  # noqa: N818
    """Recipes that cannot be trained together; `reason` is the end of a sentence."""

    def __init__(self, reason: str):
        super().__init__(f"These recipes cannot be trained together: {reason}.")
        self.reason = reason


def why_apart(recipes: Sequence[Recipe]) -> str:
    """Why recipes cannot be trained together, as the end of a sentence; "" when they can."""
    first, parts = recipes[0], [each.parts for each in recipes]
    if any(each.scheme.kind != SCHEME for each in parts):
        return "only what is trained end to end can take its steps together"
    if _differ(each.data for each in recipes):
        return "the images differ"
    if _differ(each.network for each in parts):
        return "the networks differ"
    if _differ(each.objective for each in parts):
        return "the reconstruction errors differ"
    if _differ(each.bottleneck.kind for each in parts) or _differ(each.penalty.kind for each in parts):
        return "the bottlenecks or penalties are of different kinds"
    if _differ(_fixed(each.bottleneck.settings, ("code_size",)) for each in parts):
        return "the bottlenecks differ in more than numbers"
    if _differ(_fixed(each.penalty.settings) for each in parts):
        return "the penalties differ in more than numbers"
    if _differ(each.order_seed for each in recipes):
        return "they meet the images in different orders"
    if any(_training(each) != _training(first) for each in recipes):
        return "epochs, batch size or other settings of training differ"
    return ""


def together(
    recipes: Sequence[Recipe],
    splits: Splits,
    device: Device,
    checkpoints: Sequence[Checkpoint | None],
    stacked: bool | None = None,
) -> "list[Member]":
    """The members of a race, each from its own checkpoint. Apart when they cannot go together.

    Whoever asks one of them for its next event asks all of them, in turn. `stacked`: whether one step moves all at
    once; None for what takes less time on the device.
    """
    reason = why_apart(recipes) or _why_not_now(checkpoints)
    if reason:
        raise Apart(reason)
    pairs, images = zip(recipes, checkpoints, strict=True), Sides.on(device, splits)
    members = [Member(recipe, splits, device, checkpoint, images=images) for recipe, checkpoint in pairs]
    try:
        race = Race(members, device.key != "cpu" if stacked is None else stacked)
    except ValueError as error:
        raise Apart(str(error)) from None
    for each in members:
        each.join(race)
    return members


class Member(Training):
    """One training of a race."""

    _race: "Race"
    _spent = 0.0  # seconds of the race's steps that stand in its position

    @property
    def how(self) -> str:
        """How all are moved, as a clause."""
        return self._race.how

    @property
    def whole(self) -> bool:
        """Not after the race broke off: the weights of all are then ahead of where the others say they are."""
        return not self._race.broken

    def checkpoint(self) -> Checkpoint:
        """Everything needed to go on from here, in the race or alone."""
        self._race.settle()
        self._race.settle_state()
        return super().checkpoint()

    # --- what the race asks of it

    def layer(self) -> Layer:
        """What the stack takes of it."""
        (optimiser,) = self._optimisers.values()
        return Layer(self.model, self.scheme, self._streams, optimiser, self.recipe.code_size)

    def totals(self) -> Mapping[str, Tensor]:
        """Sums over the part of the epoch that is done."""
        return self._taken.totals

    def join(self, race: "Race") -> None:
        """Leave the steps to a race. What is done to images before they are shown is done once, for all."""
        self._race = race
        self._pictures = race.first._pictures

    def batch(self, moment: Moment, stage: Stage) -> Batch:
        """The images of a step, as all see them."""
        clean, labels = self._shown(moment.images, stage)
        return Batch(clean, labels, moment.chapter, moment.done)

    def moved(self, batch: Batch, learning_rate: float, stage: int) -> dict[str, Tensor]:
        """Take a step; the loss and its parts."""
        with self.company.share(len(batch.clean)) as part:
            (means,) = self.moves(batch, learning_rate, self._stages[stage], part)
        return means

    def pull(self, stage: int) -> Pull:
        """How it is to be moved in a stage, but for the rate of a step."""
        own = self._stages[stage].settings
        return Pull(own.weight_decay, own.clip_norm)

    def rates(self, stage: int, steps: range, epoch: int) -> list[float]:
        """Its own learning rates at steps of an epoch."""
        return self.learning_rates(self._stages[stage], steps, epoch)

    def pace(self, stage: int) -> tuple[float, str, float]:
        """What decides how far its weights go in a stage; who has the same can share their learning rates."""
        own = self._stages[stage].settings
        return own.learning_rate, own.schedule, own.weight_decay

    def arrive(self, steps: int, spent: float, totals: Mapping[str, Tensor]) -> None:
        """So many more steps are done, `spent` seconds since the race began, with these sums over the epoch."""
        self._taken.totals = dict(totals)
        self._advance(
            step=self._position.step + steps,
            step_in_epoch=self._position.step_in_epoch + steps,
            seconds=self._position.seconds + spent - self._spent,
        )
        self._spent = spent

    # --- what is not its own

    def _steps(self, stage: Stage) -> Iterator[Progress]:
        """The rest of the current epoch, as the race takes it."""
        feed = stage.feed(self._position.epoch)
        watch = Watch(self._taken.totals)
        while self._position.step_in_epoch < feed.steps:
            before = self._position.step
            self._race.bring(self, stage)
            watch.add((self._position.step - before) * feed.batch_size)
            yield self._progress(watch, stage)
        self._race.settle()

    def _decided(self, due: bool) -> bool:
        """They can only be resumed together from checkpoints of the same step."""
        return self._race.decided(self._position.step, due)


class Race:
    """The steps of all members. Weights are theirs again after `settle`."""

    def __init__(self, members: Sequence[Member], stacked: bool):
        """ValueError for models that cannot be stacked."""
        self._members = list(members)
        self._stack = _stack(members) if stacked else None
        self._step = self._settled = self._state_settled = self.first.position.step
        self._spent = 0.0
        self.broken = False  # whether steps were begun that did not end
        self._taken = self.first.steps_of(lambda: [each for member in members for each in member.generators()])
        self._decision = (-1, False)  # the step, and whether checkpoints of it are kept
        begun = [each.totals() for each in members]
        self._taken.totals = {name: torch.stack([each[name] for each in begun]) for name in begun[0]}

    @property
    def how(self) -> str:
        """How all are moved, as a clause."""
        count = len(self._members)
        return f"one step moves all {count}" if self._stack else f"each batch moves all {count} in turn"

    @property
    def first(self) -> Member:
        """The one whose chance decides what is done to images."""
        return self._members[0]

    def bring(self, member: Member, stage: Stage) -> None:
        """Bring a member to where the race is, taking more steps if it is there already."""
        if member.position.step == self._step:
            self._advance(member, stage)
        index = self._members.index(member)
        totals = {name: each[index] for name, each in self._taken.totals.items()}
        member.arrive(self._step - member.position.step, self._spent, totals)

    def settle(self) -> None:
        """Give every member its weights, to be looked at."""
        if self._stack and self._settled != self._step:
            self._stack.give_weights()
            self._settled = self._step

    def settle_state(self) -> None:
        """Give every member the state of its optimiser, to be kept."""
        if self._stack and self._state_settled != self._step:
            self._stack.give_state()
            self._state_settled = self._step

    def decided(self, step: int, due: bool) -> bool:
        """What the first member that asks at this step says; the others follow."""
        if self._decision[0] != step:
            self._decision = (step, due)
        return self._decision[1]

    def _advance(self, member: Member, stage: Stage) -> None:
        """Take steps until there is something to say, or the epoch is over."""
        begun = time.perf_counter()
        if member.position.step_in_epoch == 0:
            self._taken.begin_epoch()
        for each in self._members:
            each.model.train()  # whoever was given the last event may have looked at it
        self.broken = True
        for key, span in member.spans(stage, self._taken, partial(self._rates, stage.index)):
            self._taken.take(span, key, partial(self._move, stage=stage))
            self._step += len(span)
            if time.perf_counter() - begun >= loop.PROGRESS_S:
                break
        wait_for(member.device)
        self.broken = False
        self._spent += time.perf_counter() - begun

    def _rates(self, stage: int, steps: range, epoch: int) -> Numbers:
        """The learning rates of steps: one for all members, or [steps, members]."""
        alike = not _differ(each.pace(stage) for each in self._members)
        rates = [each.rates(stage, steps, epoch) for each in (self._members[:1] if alike else self._members)]
        return rates[0] if alike else torch.tensor(rates, dtype=torch.float32 if self._stack else torch.float64).T

    def _move(self, moment: Moment, stage: Stage) -> None:
        """One step of all."""
        batch = self.first.batch(moment, stage)
        with products(self.first.device, self.first.precision):
            move = self._at_once if self._stack else self._in_turn
            self._taken.add(move(batch, moment.learning_rate, stage), len(batch.clean))

    def _at_once(self, batch: Batch, rate: Number, stage: Stage) -> Mapping[str, Tensor]:
        assert self._stack is not None
        context = autocast(self.first.device, self.first.precision)
        losses = self._stack.step(batch, rate, [each.pull(stage.index) for each in self._members], context)
        return self.first.named(losses, stage)

    def _in_turn(self, batch: Batch, rate: Number, stage: Stage) -> Mapping[str, Tensor]:
        rates = rate.tolist() if isinstance(rate, Tensor) else rate
        each = [rates] * len(self._members) if isinstance(rates, float) else rates
        losses = [member.moved(batch, own, stage.index) for member, own in zip(self._members, each, strict=True)]
        return {name: torch.stack([one[name].detach() for one in losses]) for name in losses[0]}


def _stack(members: Sequence[Member]) -> Stack:
    """ValueError for models that cannot be stacked."""
    parts = [each.recipe.parts for each in members]
    return Stack(
        [each.layer() for each in members],
        penalty=_values([each.penalty.settings for each in parts]),
        bottleneck=_values([each.bottleneck.settings for each in parts]),
    )


def _why_not_now(checkpoints: Sequence[Checkpoint | None]) -> str:
    """Why trainings cannot go on together from where they are; "" when they can."""
    steps = {0 if each is None else each.position.step for each in checkpoints}
    return "they do not stand at the same step" if len(steps) > 1 else ""


def _differ(values: Iterable[object]) -> bool:
    """Whether some are not like the others."""
    known = list(values)
    return any(each != known[0] for each in known)


def _fixed(settings: Settings, free: Sequence[str] = ()) -> dict[str, object]:
    """Settings that decide which numbers are computed: all but the fractions, which are only computed with."""
    kinds = {each.name: each.kind for each in describe(type(settings))}
    values = settings.to_dict()
    return {name: value for name, value in values.items() if kinds[name] != "float" and name not in free}


def _values(settings: Sequence[Settings]) -> dict[str, Tensor]:
    """The fractions in which settings differ: a number for each member."""
    numbers = {
        each.name: [getattr(one, each.name) for one in settings]
        for each in describe(type(settings[0]))
        if each.kind == "float"
    }
    return {name: torch.tensor(each) for name, each in numbers.items() if _differ(each)}


def _training(recipe: Recipe) -> list[dict[str, object]]:
    """Settings of training that must be the same: neither how large steps are nor the seed of the order."""
    loose = (*FREE, "order")
    return [{name: value for name, value in each.to_dict().items() if name not in loose} for each in recipe.stages]
