"""Trainings that go together: every member is as if it had been alone."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch

from aecore.data.image_set import Splits
from aecore.errors import SettingError, TrainingError
from aecore.training import loop
from aecore.training import together as together_module
from aecore.training.batches import Batches
from aecore.training.capture import SPAN, Moment
from aecore.training.checkpoints import Checkpoint
from aecore.training.events import CheckpointDue, Epoch, Event, Preview, Progress
from aecore.training.loop import Training
from aecore.training.precision import Device, find_device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.training.together import Member, together, why_apart
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_splits
from tests.training.rewinding import NothingIsWaitedFor, Rewinding
from tests.training.test_loop import Clock, pressing

CPU = Device("cpu", "CPU", bfloat16=False)
FAST_IN_BFLOAT16 = Device("cpu", "CPU", bfloat16=True)
GREY, COLOUR = made_up_splits((1, 8, 8)), made_up_splits((3, 9, 12))

SMALL = {"training.epochs": 2, "training.batch_size": 32, "training.learning_rate": 0.01}
DENSE = {"network.kind": "dense", "network.hidden": (24,)}
CONV = {"network.kind": "conv", "network.channels": (6, 8)}
IN_TRAINING = 2e-5  # of a loss: sums are rounded in another order, and steps of 0.01 carry that on
# A bias before batch norm has no gradient but that of rounding, along which Adam walks as far as along any other; the
# running means, with which validation is done, follow it late.
IN_VALIDATION = 5e-3
STRAYS = {"seconds": 0.0, "images_per_second": 0.0, "pressing": True}  # what a clock decides

# variant, what is common, what differs
RACES = {
    "dense, by learning rate, schedule, decay and clipping": (
        "simple",
        DENSE,
        [
            {"training.learning_rate": 0.02},
            {"training.schedule": "constant", "training.weight_decay": 0.1},
            {"training.clip_norm": 0.5},
        ],
    ),
    "variational, by the weight of the KL": (
        "variational",
        DENSE | {"training.weight_decay": 0.05, "training.clip_norm": 3.0},
        [{"penalty.beta": 0.5}, {"penalty.beta": 4.0}, {"penalty.warm_up": 0.5}],
    ),
    "variational and convolutional with batch norm, by the size of the code": (
        "variational",
        CONV | {"network.normalisation": True},
        [{"bottleneck.code_size": 2}, {"bottleneck.code_size": 8}, {"bottleneck.code_size": 16}],
    ),
    "conditional, by the size of the code and how much a class weighs": (
        "conditional",
        DENSE,
        [
            {"bottleneck.code_size": 2},
            {"bottleneck.code_size": 5, "bottleneck.class_weight": 3.0},
        ],
    ),
    "tied, by the size of the code": (
        "tied",
        {"network.hidden": (24,)},
        [{"bottleneck.code_size": 2}, {"bottleneck.code_size": 8}, {"bottleneck.code_size": 16}],
    ),
    "denoising, by how strong which noise is": (
        "denoising",
        CONV | {"training.shift_pixels": 1, "training.binarise": True},
        [
            {"corruption.kind": "gaussian", "corruption.noise_std": 0.1},
            {"corruption.kind": "gaussian", "corruption.noise_std": 0.6},
            {"corruption.kind": "masking", "corruption.share": 0.5},
        ],
    ),
    "sparse, by the target rate and its weight": (
        "sparse",
        DENSE | {"bottleneck.kind": "sigmoid", "penalty.kind": "kl_rate"},
        [{"penalty.rate": 0.05}, {"penalty.rate": 0.2}, {"penalty.weight": 2.0}],
    ),
    "sparse, by the weight of L1": (
        "sparse",
        DENSE | {"bottleneck.kind": "sigmoid", "penalty.kind": "l1"},
        [{"penalty.weight": 0.0}, {"penalty.weight": 0.1}],
    ),
    "top-k, by how much rare units are preferred": (
        "sparse",
        DENSE | {"bottleneck.kind": "top_k", "penalty.kind": "none", "bottleneck.active_units": 4},
        [{"bottleneck.boost": 0.0}, {"bottleneck.boost": 4.0}],
    ),
    "compression, by what a bit costs": (
        "compression",
        CONV,
        [{"bottleneck.rate_weight": 0.001}, {"bottleneck.rate_weight": 0.01}],
    ),
}


def recipe_of(variant: str, changes: Mapping[str, object] | None = None, seed: int = 0) -> Recipe:
    return make_recipe(variant, DataChoice("made_up"), {**SMALL, **(changes or {})}, seed)


def recipes_of(variant: str, common: Mapping[str, object], varied: Sequence[Mapping[str, object]]) -> list[Recipe]:
    return [recipe_of(variant, {**common, **each}) for each in varied]


def raced(
    recipes: Sequence[Recipe], splits: Splits = GREY, stacked: bool = True, device: Device = CPU
) -> tuple[list[Member], list[list[Event]]]:
    """The members at the end, and the events of each."""
    members = together(recipes, splits, device, [None] * len(recipes), stacked)
    return members, finished(members)


def finished(members: Sequence[Member]) -> list[list[Event]]:
    """The events of each to the end."""
    rounds = list(zip(*(each.events() for each in members), strict=True))
    return [list(events) for events in zip(*rounds, strict=True)]


def alone(
    recipe: Recipe, splits: Splits = GREY, checkpoint: Checkpoint | None = None, device: Device = CPU
) -> tuple[Training, list[Event]]:
    training = Training(recipe, splits, device, checkpoint)
    return training, list(training.events())


def of_kind(kind: type, events: Sequence[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def assert_alike(mine: Sequence[Event], theirs: Sequence[Event]) -> None:
    """The same curves and previews, but for rounding."""
    assert_same_curves(mine, theirs)
    for one, other in zip(of_kind(Preview, mine), of_kind(Preview, theirs), strict=True):
        assert one.codes.shape == other.codes.shape
        assert np.allclose(one.codes, other.codes, atol=0.02)
        assert np.abs(one.reconstructions.astype(int) - other.reconstructions).max() <= 3


def assert_same_curves(mine: Sequence[Event], theirs: Sequence[Event]) -> None:
    for one, other in zip(of_kind(Epoch, mine), of_kind(Epoch, theirs), strict=True):
        assert (one.epoch, one.step, one.learning_rate) == (other.epoch, other.step, other.learning_rate)
        assert one.train == pytest.approx(dict(other.train), rel=IN_TRAINING, abs=IN_TRAINING)
        assert one.validation == pytest.approx(dict(other.validation), rel=IN_VALIDATION, abs=IN_VALIDATION)


def test_a_processor_moves_one_after_the_other_and_a_card_all_at_once(card):
    recipes = recipes_of("simple", DENSE, [{}, {"training.learning_rate": 0.02}])
    assert together(recipes, GREY, CPU, [None, None])[0].how == "each batch moves all 2 in turn"
    assert together(recipes, GREY, card, [None, None])[0].how == "one step moves all 2"


@pytest.mark.parametrize("name", RACES)
@pytest.mark.parametrize("device", [CPU, FAST_IN_BFLOAT16], ids=["float32", "bfloat16"])
def test_who_is_moved_in_turn_is_as_alone_to_the_last_bit(name, device):
    recipes = recipes_of(*RACES[name])

    members, events = raced(recipes, stacked=False, device=device)

    for recipe, member, each in zip(recipes, members, events, strict=True):
        training, expected = alone(recipe, device=device)
        assert member.precision == training.precision
        for kind in (Epoch, CheckpointDue):
            ours, theirs = ([vars(one) | STRAYS for one in of_kind(kind, some)] for some in (each, expected))
            assert ours == theirs
        mine, known = member.checkpoint().tensors, training.checkpoint().tensors
        assert mine.keys() == known.keys()
        assert [key for key in known if not torch.equal(mine[key], known[key])] == []


@pytest.mark.parametrize("name", ["variational and convolutional with batch norm, by the size of the code"])
def test_in_bfloat16_every_member_is_as_it_is_alone_but_for_its_rounding(name):
    recipes = recipes_of(*RACES[name])

    _, events = raced(recipes, device=FAST_IN_BFLOAT16)

    for recipe, each in zip(recipes, events, strict=True):
        _, expected = alone(recipe, device=FAST_IN_BFLOAT16)
        for one, other in zip(of_kind(Epoch, each), of_kind(Epoch, expected), strict=True):
            assert one.train == pytest.approx(dict(other.train), rel=0.02, abs=0.02)


@pytest.mark.parametrize("name", RACES)
def test_every_member_is_as_it_is_alone(name):
    variant, common, varied = RACES[name]
    recipes = recipes_of(variant, common, varied)

    members, events = raced(recipes)

    for recipe, member, each in zip(recipes, members, events, strict=True):
        training, expected = alone(recipe)
        assert_alike(each, expected)
        weights = member.model.state_dict()
        for key, known in training.model.state_dict().items():
            assert weights[key].shape == known.shape
    losses = {round(of_kind(Epoch, each)[-1].train["loss"], 6) for each in events}
    assert len(losses) == len(recipes), "what differs has no effect"


@pytest.mark.parametrize("variant", [key for key in VARIANTS if recipe_of(key).parts.scheme.kind == "end_to_end"])
def test_every_variant_that_is_trained_end_to_end_can_race_by_seed(variant):
    recipes = [recipe_of(variant, {"training.epochs": 1, "training.order": 0}, seed) for seed in (0, 1)]

    _, events = raced(recipes, COLOUR)

    for recipe, each in zip(recipes, events, strict=True):
        assert_alike(each, alone(recipe, COLOUR)[1])
    assert of_kind(Epoch, events[0])[0].validation != of_kind(Epoch, events[1])[0].validation


def test_a_number_that_differs_is_a_number_of_each_member():
    """Of every penalty: none of its fractions may be lost where members differ in it."""
    sparse = DENSE | {"bottleneck.kind": "sigmoid", "penalty.kind": "kl_rate", "penalty.rate": 0.1}
    common, rates = recipe_of("sparse", sparse), (0.02, 0.3)
    by_rate = recipes_of("sparse", sparse, [{"penalty.rate": rate} for rate in rates])

    _, events = raced(by_rate)

    known = of_kind(Epoch, alone(common)[1])[0].train["kl_rate"]
    assert all(abs(of_kind(Epoch, each)[0].train["kl_rate"] - known) > 0.1 for each in events)


@pytest.fixture
def _every_step_reports(monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_S", 0.0)


def first_steps(members: Sequence[Member], count: int) -> list[Checkpoint]:
    """The state of each member after so many steps."""
    for events in zip(*(each.events() for each in members), strict=True):
        if isinstance(events[0], Progress) and events[0].step == count:
            return [each.checkpoint() for each in members]
    raise AssertionError("the race was over before")


DEMANDING = DENSE | {"corruption.kind": "masking", "training.shift_pixels": 1, "training.weight_decay": 0.01}
BETAS = [{"penalty.beta": 0.5}, {"penalty.beta": 4.0}]
BY_SEED = [
    recipe_of("variational", DEMANDING | {"training.order": 1, "bottleneck.code_size": size}, seed)
    for seed, size in ((1, 2), (2, 3))
]


@pytest.mark.usefixtures("_every_step_reports")
@pytest.mark.parametrize("step", [3, 13])
@pytest.mark.parametrize("stacked", [True, False], ids=["at once", "in turn"])
@pytest.mark.parametrize(
    "recipes", [recipes_of("variational", DEMANDING, BETAS), BY_SEED], ids=["by weight", "by seed and size of the code"]
)
def test_a_race_goes_on_to_the_last_bit_from_any_step(step, stacked, recipes):
    whole, events = raced(recipes, stacked=stacked)
    kept = first_steps(together(recipes, GREY, CPU, [None, None], stacked), step)

    members = together(recipes, GREY, CPU, kept, stacked)
    rest = list(zip(*(each.events() for each in members), strict=True))

    for index, (one, other) in enumerate(zip(members, whole, strict=True)):
        theirs = other.model.state_dict()
        assert all(torch.equal(each, theirs[name]) for name, each in one.model.state_dict().items())
        last = of_kind(Epoch, [each[index] for each in rest])[-1]
        assert (last.train, last.validation) == (
            of_kind(Epoch, events[index])[-1].train,
            of_kind(Epoch, events[index])[-1].validation,
        )


@pytest.mark.usefixtures("_every_step_reports")
@pytest.mark.parametrize("stacked", [True, False], ids=["at once", "in turn"])
def test_a_member_goes_on_alone_from_the_state_it_has_in_a_race(stacked):
    recipes = [
        recipe_of("variational", DEMANDING | changes | {"training.order": 7}, seed)
        for seed, changes in enumerate(BETAS)
    ]
    _, events = raced(recipes, stacked=stacked)
    kept = first_steps(together(recipes, GREY, CPU, [None, None], stacked), 5)

    for recipe, checkpoint, raced_events in zip(recipes, kept, events, strict=True):
        _, rest = alone(recipe, checkpoint=checkpoint)
        assert_alike(rest, raced_events)


@pytest.mark.usefixtures("_every_step_reports")
def test_members_keep_checkpoints_of_the_same_epochs_whatever_their_clocks_say_and_go_on_from_them(monkeypatch):
    monkeypatch.setattr(loop, "time", Clock(0.1, 0.2, 0.6, 0.1, 0.0))
    monkeypatch.setattr(together_module, "time", Clock(0.001))
    recipes = recipes_of("variational", DEMANDING | {"training.epochs": 8}, BETAS)
    members = together(recipes, GREY, CPU, [None, None])
    rounds, kept = [], []
    for events in zip(*(each.events() for each in members), strict=True):
        rounds.append(events)
        if isinstance(events[0], CheckpointDue) and events[0].pressing:
            kept.append([each.checkpoint() for each in members])

    first, second = (of_kind(CheckpointDue, each) for each in zip(*rounds, strict=True))
    assert first == second
    one, other = (pressing(each) for each in zip(*rounds, strict=True))
    assert one != other, "each by itself would have decided alike"
    assert [each.pressing for each in first] == [*one[:-1], True]
    again = together(recipes, GREY, CPU, kept[0])
    rest = list(zip(*(each.events() for each in again), strict=True))
    for index in range(2):
        ends, known = (of_kind(Epoch, [each[index] for each in events]) for events in (rest, rounds))
        assert [each.validation for each in ends] == [each.validation for each in known][-len(ends) :]


@pytest.mark.parametrize("stacked", [True, False], ids=["at once", "in turn"])
def test_a_member_whose_loss_explodes_falls_out_and_the_others_go_on(stacked):
    recipes = recipes_of("simple", DENSE, [{}, {"training.learning_rate": 0.02}])
    kept = Training(recipes[0], GREY, CPU).checkpoint()
    broken = Checkpoint(kept.position, {name: torch.full_like(each, np.nan) for name, each in kept.tensors.items()})
    first, second = (each.events() for each in together(recipes, GREY, CPU, [broken, None], stacked))

    with pytest.raises(TrainingError, match="no longer a finite number"):
        list(first)

    assert_alike(list(second), alone(recipes[1])[1])


@pytest.mark.parametrize("stacked", [True, False], ids=["at once", "in turn"])
def test_a_batch_is_made_once_for_all(monkeypatch, stacked):
    read: list[int] = []
    at = Batches.at
    monkeypatch.setattr(Batches, "at", lambda self, indices: (read.append(len(indices)), at(self, indices))[1])
    recipes = [recipe_of("simple", DENSE | {"training.order": 3}, seed) for seed in (3, 4, 5)]

    _, events = raced(recipes, stacked=stacked)

    assert read.count(32) == of_kind(Epoch, events[0])[-1].step


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network.hidden": (16,)}, "the networks differ"),
        ({"objective.kind": "mse"}, "the reconstruction errors differ"),
        ({"bottleneck.kind": "sigmoid"}, "the bottlenecks or penalties are of different kinds"),
        ({"training.batch_size": 16}, "epochs, batch size or other settings of training differ"),
        ({"training.order": 5}, "they meet the images in different orders"),
        ({"scheme.kind": "greedy"}, "only what is trained end to end can take its steps together"),
    ],
)
def test_what_cannot_go_together_is_said(changes, reason):
    common = DENSE | {"objective.kind": "bce"}
    recipes = [recipe_of("simple", common), recipe_of("simple", {**common, **changes})]

    assert why_apart(recipes) == reason
    with pytest.raises(SettingError, match=reason):
        together(recipes, GREY, CPU, [None, None])


def test_codes_that_cannot_be_filled_up_are_refused():
    sparse = DENSE | {"bottleneck.kind": "sigmoid", "penalty.kind": "l1"}
    recipes = recipes_of("sparse", sparse, [{"bottleneck.code_size": 8}, {"bottleneck.code_size": 16}])

    with pytest.raises(SettingError, match="codes of this kind cannot be filled up with zeros"):
        together(recipes, GREY, CPU, [None, None], stacked=True)


def test_members_that_stand_at_different_steps_are_refused():
    recipes = recipes_of("simple", DENSE, [{}, {"training.learning_rate": 0.02}])
    training = Training(recipes[0], GREY, CPU)
    ahead = next(training.checkpoint() for event in training.events() if isinstance(event, CheckpointDue))

    with pytest.raises(SettingError, match="do not stand at the same step"):
        together(recipes, GREY, CPU, [ahead, None])


@pytest.mark.parametrize("name", RACES)
def test_replayed_steps_give_the_same_curves(name):
    variant, common, varied = RACES[name]
    recipes = recipes_of(variant, {**common, "training.batch_size": 8}, varied)
    _, expected = raced(recipes)
    members = together(recipes, GREY, CPU, [None] * len(recipes), stacked=True)
    taken = members[0]._race._taken
    taken.recorder = Rewinding(taken, lambda: stacked(members))
    for one, other in zip(finished(members), expected, strict=True):
        assert_same_curves(one, other)
    assert set(taken.recorder.replayed) == {1, SPAN}


@pytest.mark.parametrize("name", RACES)
def test_the_steps_of_a_race_are_such_that_a_graph_can_hold_them(name, card):
    variant, common, varied = RACES[name]
    members = together(recipes_of(variant, common, varied), GREY, card, [None] * len(varied))
    race, stage = members[0]._race, members[0]._stage()
    members[0]._train.resident = torch.empty(members[0]._train.pixels.shape, device=card.key)
    rates = torch.as_tensor(race._rates(0, range(1), 0)[0]).to(card.key)
    moment = Moment(torch.arange(20, device=card.key), rates, torch.empty((), device=card.key), "")
    race._move(moment, stage)
    with NothingIsWaitedFor():
        race._move(moment, stage)
        race._stack.give_weights()
        race._stack.give_state()


def stacked(members: Sequence[Member]) -> dict[str, torch.Tensor]:
    """What the steps of a race change."""
    stack = members[0]._race._stack
    state = {f"optimiser.{name}": each for name, each in stack._optimiser.state().items()}
    return {**{name: each.data for name, each in stack._weights.items()}, **stack._buffers, **state}


@pytest.mark.gpu
@pytest.mark.parametrize("name", RACES)
def test_every_member_is_as_it_is_alone_on_a_gpu(name):
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    device = find_device("cuda")
    variant, common, varied = RACES[name]
    recipes = recipes_of(variant, {**common, "training.precision": "float32"}, varied)

    members = together(recipes, GREY, device, [None] * len(recipes))
    rounds = list(zip(*(each.events() for each in members), strict=True))

    for index, recipe in enumerate(recipes):
        assert_alike([each[index] for each in rounds], list(Training(recipe, GREY, device).events()))
