"""Opening a run: the model as it was trained, or its decoder as it was recorded."""

import numpy as np
import pytest
import torch

from aecore.errors import RunError
from aecore.runs.arrays import read_arrays, to_bytes
from aecore.runs.opened import open_run


def images_of(codes, model):
    with torch.no_grad():
        return model.decode(torch.from_numpy(codes)).mul(255).round().byte().numpy()


def test_an_opened_run_evaluates_as_it_did_in_training(trained):
    opened = open_run(trained)

    assert opened.epoch == 3
    assert opened.fallback_note == ""
    assert not opened.composition.model.training
    assert not any(each.requires_grad for each in opened.composition.model.parameters())
    clean = torch.from_numpy(np.array(opened.splits.validation.images[:100])).float() / 255
    codes = opened.composition.model.encode(clean).numpy()
    assert np.allclose(codes, trained.preview().codes, rtol=2e-3, atol=2e-3)


def test_a_recorded_epoch_brings_its_own_decoder(trained):
    first, last = open_run(trained, epoch=1), open_run(trained)
    codes = trained.snapshot(1).codes[:4]

    assert first.epoch == 1
    assert not np.array_equal(images_of(codes, first.composition.model), images_of(codes, last.composition.model))


def test_weights_that_do_not_fit_the_recipe_are_an_error(trained):
    text = (trained.path / "recipe.json").read_text()
    (trained.path / "recipe.json").write_text(text.replace('"code_size": 3', '"code_size": 4'))

    with pytest.raises(RunError, match="do not fit its recipe"):
        open_run(trained)


def test_pictures_that_changed_since_are_named(trained):
    recipe = trained.recipe()
    (trained.path / "recipe.json").write_text(recipe.with_fingerprint("0" * 64).to_json())

    assert "'tiny' have changed" in open_run(trained).fallback_note


def test_a_run_that_ended_before_it_kept_its_last_weights_says_so(trained):
    with trained.hold() as status:
        status.update(state="running", epochs_done=7)
        assert open_run(trained).fallback_note == ""

    opened = open_run(trained)

    assert opened.epoch == 3
    assert "ended after epoch 7, before the weights of its last epochs were kept" in opened.fallback_note
    assert "the weights after epoch 3. Resume it" in opened.fallback_note
    assert open_run(trained, epoch=2).fallback_note == ""


def test_an_epoch_recorded_without_weights_says_so(trained):
    kept = read_arrays(trained.snapshot_path(2))
    codes = {name: each for name, each in kept.items() if not name.startswith("decoder.")}
    trained.snapshot_path(2).write_bytes(to_bytes(codes))

    with pytest.raises(RunError, match="but no weights"):
        open_run(trained, epoch=2)
