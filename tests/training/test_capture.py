"""Steps as a graph: on a GPU itself, and with a stand-in for it on the CPU."""

import contextlib

import pytest
import torch

from aecore.training import loop
from aecore.training.capture import SPAN, WARM_UP, Moment, replays, why_not_captured
from aecore.training.events import Epoch, Progress
from aecore.training.loop import Training
from aecore.training.precision import Device, find_device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_splits
from tests.training.rewinding import NothingIsWaitedFor, Rewinding

CARD = Device("cuda:0", "A card", bfloat16=True)
DENSE, CONV = {"network.hidden": (16,)}, {"network.channels": (4, 8)}
CHANGES = {"bottleneck.code_size": 2, "training.epochs": 3, "training.batch_size": 8}
CASES = {
    "noise and a rising weight": ("variational", DENSE | {"penalty.warm_up": 0.7, "training.schedule": "one_cycle"}),
    "augmented, binarised, clipped": (
        "variational",
        DENSE | {"training.rotate_degrees": 20, "training.binarise": True, "training.clip_norm": 0.5},
    ),
    "denoising": ("denoising", CONV),
    "chapters": ("greedy", {"network.hidden": (16, 8), "training.epochs": 6}),
    "two phases": ("gan", CONV),
}
UNSTEADY = {"srcnn", "subpixel", "super_resolution"}  # the factor is read: small images are as large as it says


@pytest.mark.parametrize(
    ("device", "steady", "resident", "ranks", "reason"),
    [
        (CARD, True, True, 1, ""),
        (CARD, True, False, 1, "the images do not fit"),
        (CARD, False, True, 1, "depends on what was computed"),
        (CARD, True, True, 2, "wait for each other"),
        (Device("cpu", "A processor", bfloat16=True), True, True, 1, "NVIDIA"),
        (Device("mps", "Apple GPU", bfloat16=False), True, True, 1, "NVIDIA"),
    ],
)
def test_steps_are_captured_where_that_is_possible(device, steady, resident, ranks, reason):
    said = why_not_captured(device, steady, resident, ranks)
    assert (reason in said) if reason else said == ""


def tensors(training):
    found = dict(training.model.state_dict())
    for group, optimiser in training._optimisers.items():
        found |= {f"{group}.{name}": each for name, each in optimiser.state().items()}
    return found


def trained(case, replayed=False, **how):
    variant, changes = CASES[case]
    recipe = make_recipe(variant, DataChoice("made_up"), {**CHANGES, **changes}, seed=3)
    training = Training(recipe, made_up_splits(), find_device("cpu"))
    if replayed:
        training._taken.recorder = Rewinding(training._taken, lambda: tensors(training), **how)
    return training, [(each.train, each.validation) for each in training.events() if isinstance(each, Epoch)]


def assert_alike(curve, other):
    """The rates of single steps are rounded to float32 on their way to a graph; batch norm makes more of that."""
    for pair, others in zip(curve, other, strict=True):
        for means, expected in zip(pair, others, strict=True):
            assert means == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_replayed_steps_give_the_same_curve(case):
    _, alone = trained(case)
    training, replayed = trained(case, replayed=True)
    taken = training._taken.recorder.replayed
    assert set(taken) == {1, SPAN}
    assert sum(taken) > len(alone) * 30
    assert [set(each) for pair in replayed for each in pair] == [set(each) for pair in alone for each in pair]
    assert_alike(replayed, alone)


def test_what_cannot_be_captured_is_taken_step_by_step():
    _, alone = trained("denoising")
    with pytest.warns(UserWarning, match="one by one"):
        training, taken = trained("denoising", replayed=True, fails=True)
    assert not training._taken.recorder.replayed
    assert_alike(taken, alone)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_scheme_that_says_so_has_steps_that_a_graph_can_hold(variant, card):
    changes = {"training.batch_size": 20, "training.epochs": 2, "training.rotate_degrees": 5}
    recipe = make_recipe(variant, DataChoice("made_up"), changes)
    training = Training(recipe, made_up_splits((3, 9, 12), train=100), card)
    if not training.scheme.replayable:
        assert variant in UNSTEADY
        return
    training._train.resident = torch.empty(training._train.pixels.shape, device=card.key)
    numbers = [torch.empty((), device=card.key) for _ in range(2)]
    moment = Moment(torch.arange(20, device=card.key), *numbers, _chapter(training))
    training._step(moment, training._stage())
    with NothingIsWaitedFor():
        training._step(moment, training._stage())


class Listing:
    """In place of torch.cuda: says what is done within it."""

    def __init__(self, said):
        self.said = said

    @contextlib.contextmanager
    def apart(self):
        self.said.append("apart")
        yield

    def graph(self):
        return self

    @contextlib.contextmanager
    def record(self, graph, beside):
        self.said.append("recorded")
        yield

    def replay(self):
        self.said.append("replayed")

    def register_generator_state(self, generator):
        pass

    def pool(self):
        return None


def test_work_becomes_a_graph_after_it_was_done_a_few_times():
    said = []
    again = replays(lambda: said.append("work"), 4, Listing(said))
    again()
    assert said == ["apart", *["work"] * WARM_UP, "recorded", *["work"] * 4, "replayed"]


def _chapter(training):
    return training._stage().timeline.chapter(0.0)[0].key


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("case", CASES)
def test_a_graph_on_a_gpu_gives_the_curve_of_single_steps(case):
    variant, changes = CASES[case]
    recipe = make_recipe(
        variant, DataChoice("made_up"), {**CHANGES, **changes, "training.precision": "float32"}, seed=3
    )
    curves = []
    for captured in (True, False):
        training = Training(recipe, made_up_splits(), find_device("cuda"))
        if not captured:
            training._taken.recorder = None
        curves.append([each for each in training.events() if isinstance(each, Epoch)])
        assert bool(training._taken._chapter.recordings) == captured
    within = 1e-2 if case == "two phases" else 1e-3  # a GAN carries on what rounding begins
    for one, other in zip(*curves, strict=True):
        assert one.train == pytest.approx(other.train, rel=within)
        assert one.validation == pytest.approx(other.validation, rel=within)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_training_on_a_gpu_goes_on_from_a_checkpoint_within_an_epoch(monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_S", 0.0)
    variant, changes = CASES["denoising"]
    recipe = make_recipe(
        variant, DataChoice("made_up"), {**CHANGES, **changes, "training.precision": "float32"}, seed=3
    )
    whole = Training(recipe, made_up_splits(), find_device("cuda"))
    curve = [each for each in whole.events() if isinstance(each, Epoch)]
    first = Training(recipe, made_up_splits(), find_device("cuda"))
    next(each for each in first.events() if isinstance(each, Progress) and each.step >= 20)
    assert first.position.step_in_epoch > 0
    second = Training(recipe, made_up_splits(), find_device("cuda"), first.checkpoint())
    again = [each for each in second.events() if isinstance(each, Epoch)]
    for one, other in zip(curve, again, strict=True):
        assert one.train == pytest.approx(other.train, rel=1e-3)
