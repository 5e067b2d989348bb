"""Unsupervised pretraining: what learns when, from which images, and that it goes on to the last bit."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from aecore.data.image_set import Splits
from aecore.errors import SettingError
from aecore.model import Autoencoder
from aecore.schemes.pretraining import HEAD, RECONSTRUCT, TUNE
from aecore.training.checkpoints import Checkpoint
from aecore.training.events import Epoch, Event, Progress
from aecore.training.loop import Training
from aecore.training.precision import Device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.compose import compose
from tests.made_up import CLASSES, made_up_splits

CPU = Device("cpu", "CPU", bfloat16=False)
GREY = made_up_splits((1, 8, 8))
COLOUR = made_up_splits((3, 9, 7), train=120)
DENSE = {"network.hidden": (24,)}
SMALL = {
    "bottleneck.kind": "plain",
    "bottleneck.code_size": 6,
    "penalty.kind": "none",
    "scheme.labelled": 20,
    "training.epochs": 10,
    "training.batch_size": 30,
    "training.learning_rate": 0.01,
}
CONV = {"network.kind": "conv", "network.channels": (6, 8), "network.normalisation": True}
GAUSSIAN = {"bottleneck.kind": "gaussian", "penalty.kind": "kl"}


def small(changes: Mapping[str, object] | None = None, seed: int = 0) -> Recipe:
    network = {} if "network.kind" in (changes or {}) else DENSE
    return make_recipe("pretraining", DataChoice("made_up"), {**SMALL, **network, **(changes or {})}, seed)


class Watched:
    """A training whose every batch is kept with its chapter."""

    def __init__(self, recipe: Recipe, splits: Splits = GREY, checkpoint: Checkpoint | None = None):
        self.training = Training(recipe, splits, CPU, checkpoint)
        self.batches: list = []
        phases = self.training.scheme.phases
        self.training.scheme.phases = lambda model, batch, streams: (
            self.batches.append(batch) or phases(model, batch, streams)
        )
        self.events: list[Event] = []

    def run(self) -> "Watched":
        self.events = list(self.training.events())
        return self

    def epochs(self) -> list[Epoch]:
        return [each for each in self.events if isinstance(each, Epoch)]

    def met(self, chapter: str) -> torch.Tensor:
        """The different images of a chapter."""
        return torch.cat([each.clean for each in self.batches if each.chapter == chapter]).unique(dim=0)


def weights(model: Autoencoder, part: str) -> dict[str, torch.Tensor]:
    return {name: each.clone() for name, each in model.state_dict().items() if name.startswith(part)}


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(each, other[name]) for name, each in one.items())


@pytest.mark.parametrize(
    ("splits", "changes"),
    [(GREY, {}), (COLOUR, CONV), (COLOUR, GAUSSIAN)],
    ids=["dense grey", "convolutional colour", "gaussian colour"],
)
def test_a_few_labels_are_enough_to_tell_made_up_classes_apart(splits, changes):
    epochs = Watched(small(changes), splits).run().epochs()
    assert [each.chapter for each in epochs] == ["Pretraining"] * 5 + ["Frozen"] + ["Fine-tuning"] * 4
    assert "error_percent" not in epochs[4].validation
    assert epochs[-1].validation["error_percent"] < 20  # by chance 75
    assert epochs[-1].validation["loss"] == epochs[-1].validation["class_nats"]


def test_the_classifier_meets_the_labelled_images_only_and_as_many_of_each_class():
    watched = Watched(small()).run()
    assert len(watched.met(RECONSTRUCT)) == len(GREY.train)
    assert len(watched.met(HEAD)) == 20
    assert torch.equal(watched.met(HEAD), watched.met(TUNE))
    labels = torch.cat([each.labels for each in watched.batches if each.chapter == TUNE])
    assert labels.bincount().float().std() < 0.2 * labels.bincount().float().mean()
    assert len(labels.unique()) == CLASSES


def test_the_seed_chooses_the_labelled_images():
    first, again, other = (Watched(small({"training.epochs": 3}, seed)).run().met(TUNE) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_epoch_of_few_labels_does_not_cost_one_of_all_images():
    splits = made_up_splits((1, 8, 8), train=3000)
    watched = Watched(small({"training.epochs": 3, "training.batch_size": 10}), splits).run()
    steps = np.diff([0, *(each.step for each in watched.epochs())])
    assert steps.tolist() == [300, 50, 50]
    done = [each.done for each in watched.events if isinstance(each, Progress)]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("changes", [{}, CONV | GAUSSIAN], ids=["dense", "convolutional gaussian"])
def test_while_the_encoder_is_frozen_only_the_head_learns(changes):
    shares = {"scheme.head_share": 1.0, "scheme.tuning_share": 0.0, "training.epochs": 1}
    training = Training(small(changes | shares), GREY, CPU)
    before = {part: weights(training.model, part) for part in ("encoder", "decoder", "head")}
    list(training.events())
    assert same(before["encoder"], weights(training.model, "encoder"))  # averages of batch normalisation too
    assert same(before["decoder"], weights(training.model, "decoder"))
    assert not same(before["head"], weights(training.model, "head"))


def test_fine_tuning_moves_the_encoder_but_neither_the_decoder_nor_what_normalisation_knows_of_all_images():
    shares = {"scheme.head_share": 0.0, "scheme.tuning_share": 1.0, "training.epochs": 1}
    training = Training(small(CONV | shares), GREY, CPU)
    before = weights(training.model, "")
    list(training.events())
    after = training.model.state_dict()
    moved = {name for name, each in before.items() if not torch.equal(each, after[name])}
    assert {"encoder.0.weight", "head.weight"} <= moved
    assert not [name for name in moved if name.startswith("decoder") or "running" in name]


def test_pretraining_leaves_the_head_alone():
    shares = {"scheme.head_share": 0.0, "scheme.tuning_share": 0.0, "training.epochs": 1}
    training = Training(small(shares), GREY, CPU)
    before = weights(training.model, "head")
    list(training.events())
    assert same(before, weights(training.model, "head"))


@pytest.mark.parametrize("epoch", [0, 1, 2], ids=["pretraining", "frozen", "fine-tuning"])
def test_a_training_stopped_in_any_chapter_goes_on_to_the_last_bit(epoch, monkeypatch):
    monkeypatch.setattr("aecore.training.loop.PROGRESS_S", 0.0)
    recipe = small(CONV | GAUSSIAN | {"training.epochs": 3, "training.rotate_degrees": 10.0})
    whole = Watched(recipe).run()
    halted = Watched(recipe)
    for event in halted.training.events():
        if isinstance(event, Progress) and event.epoch == epoch and halted.training.position.step_in_epoch == 4:
            break
    again = Watched(recipe, checkpoint=halted.training.checkpoint()).run()
    assert len(again.batches) == len(whole.batches) - halted.training.position.step
    assert same(whole.training.model.state_dict(), again.training.model.state_dict())
    assert whole.epochs()[-1].validation == again.epochs()[-1].validation


def test_training_a_finished_model_further_is_fine_tuning():
    watched = Watched(small({"training.epochs": 3}).with_stage(2)).run()
    assert [each.chapter for each in watched.epochs()] == ["Pretraining", "Frozen", "Fine-tuning"] + ["Fine-tuning"] * 2


def test_all_labels_are_all_images():
    watched = Watched(small({"scheme.labelled": 0, "training.epochs": 3})).run()
    assert len(watched.met(TUNE)) == len(GREY.train)


@pytest.mark.parametrize(("classes", "what"), [(0, "have no labels"), (1, "have one class")])
def test_images_without_classes_to_tell_apart_are_refused_with_both_ways_out(classes, what):
    with pytest.raises(SettingError, match=rf"{what}: choose a data set .* or scheme\.kind=end_to_end"):
        compose(small().parts, (1, 8, 8), 0, classes)


def test_chapters_cannot_have_more_than_all_epochs():
    with pytest.raises(SettingError, match=r"are 1\.4 of the epochs together: choose at most 1"):
        small({"scheme.head_share": 0.6, "scheme.tuning_share": 0.8})


def test_a_model_without_a_head_says_which_scheme_trains_one():
    model = compose(make_recipe("simple", DataChoice("x")).parts, (1, 8, 8), 0).model
    with pytest.raises(SettingError, match=r"scheme\.kind=pretraining"):
        model.classify(torch.zeros(1, 1, 8, 8))
