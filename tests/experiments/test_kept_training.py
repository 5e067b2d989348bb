"""A training within an experiment goes on from its file, which is written where that is worth it."""

import pytest
import torch

from aecore.errors import RunError
from aecore.experiments.kept_training import KeptTraining
from aecore.training import loop
from aecore.training.recipe import DataChoice, make_recipe
from tests.made_up import made_up_splits

SMALL = {"network.hidden": (8,), "bottleneck.code_size": 2, "training.epochs": 3, "training.batch_size": 16}


@pytest.fixture
def begin(tmp_path):
    """Begin the training, or go on with it, as often as it is called."""

    def begun(file="kept.safetensors", **changes):
        recipe = make_recipe("variational", DataChoice("made_up"), {**SMALL, **changes})
        return KeptTraining(recipe, made_up_splits(), "cpu", tmp_path / file)

    return begun


def weights(kept):
    return list(kept.fitted().composition.model.state_dict().values())


def test_it_goes_on_from_the_last_checkpoint_and_ends_as_if_it_had_never_stopped(begin, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)
    whole, first = begin("whole.safetensors"), begin()
    shares = list(whole.advances())
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for _ in first.advances():
        if first.training.position.epoch == 1:
            break

    second = begin()

    assert second.training.position.epoch == 1
    list(second.advances())
    torch.testing.assert_close(weights(second), weights(whole), rtol=0, atol=0)
    assert begin().training.position.epoch == 3


def test_checkpoints_of_short_epochs_rest_until_the_end(begin, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 1e9)
    kept = begin()
    for share in kept.advances():
        assert share <= 1.0
        assert not (tmp_path / "kept.safetensors").exists()
    assert begin().training.position.epoch == 3


def test_what_was_fitted_has_the_weights_of_the_end_and_is_no_longer_trained(begin):
    kept = begin()
    list(kept.advances())
    model = kept.fitted().composition.model
    torch.testing.assert_close(list(model.state_dict().values()), list(kept.training.model.state_dict().values()))
    assert not model.training
    assert not any(each.requires_grad for each in model.parameters())


def test_a_checkpoint_of_another_recipe_is_refused(begin):
    list(begin().advances())
    with pytest.raises(RunError):
        begin(**{"bottleneck.code_size": 3})
