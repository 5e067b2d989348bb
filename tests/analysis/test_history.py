"""Recorded epochs side by side: of runs that have all of it, of such that have not, and of one under way."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from aecore.analysis.history import changes, history, moment
from aecore.errors import RunError
from aecore.jobs import run_here
from aecore.runs.arrays import read_arrays, to_bytes
from aecore.runs.folder import Run
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.runs.tiny import tiny_recipe, tiny_splits

SHAPES = [(1, 8, 8), (3, 6, 10)]


@pytest.fixture(scope="module")
def _trained(tmp_path_factory):
    tiny_splits(tmp_path_factory.mktemp("pictures"))
    made = Runs(tmp_path_factory.mktemp("made"))
    run = made.create(tiny_recipe(epochs=3), "trained")
    for _ in run_here(run):
        pass
    return made.export_zip(run.id)


@pytest.fixture
def trained(tmp_path, _trained):
    """A finished run of three epochs that a test may break."""
    return Runs(tmp_path / "runs", starters=tmp_path / "starters").import_zip(_trained)


@pytest.fixture
def folder(tmp_path):
    """A run folder in which nothing but its id is written yet."""
    (tmp_path / "made" / "snapshots").mkdir(parents=True)
    return Run(tmp_path / "made", starter=False)


def record(run, epoch, codes, shape=(1, 8, 8), samples=0):
    """A snapshot as a run writes it, of images that are all of the epoch's brightness."""
    images = np.full((4, *shape), epoch, np.uint8)
    kept = images if len(codes) else images[:0]
    inputs = {"clean": images, "corrupted": kept, "labels": np.arange(30, dtype=np.int64) % 3}
    (run.path / "snapshots" / "inputs.safetensors").write_bytes(to_bytes(inputs))
    arrays = {"codes": codes.astype(np.float16), "reconstructions": kept}
    arrays["samples"] = np.full((samples, *shape), epoch, np.uint8)
    run.snapshot_path(epoch).write_bytes(to_bytes(arrays))


def measured(run, *losses):
    """Metrics of as many epochs."""
    rows = [
        {"epoch": epoch, "chapter": "", "train": {"loss": 2 * loss}, "validation": {"loss": loss, "kl": 1.0}}
        for epoch, loss in enumerate(losses, 1)
    ]
    (run.path / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def some(latent, seed=0):
    return np.random.default_rng(seed).normal(size=(30, latent))


def test_every_epoch_has_the_decoder_that_it_had(trained):
    found = history(trained)

    assert found.epochs.tolist() == [1, 2, 3]
    for epoch, onnx, codes in zip(found.epochs, found.decoders, found.codes, strict=True):
        (images,) = onnxruntime.InferenceSession(onnx).run(None, {"codes": codes[:4]})
        with torch.no_grad():
            expected = open_run(trained, epoch=int(epoch)).composition.model.decode(torch.from_numpy(codes[:4]))
        assert np.abs(images - expected.numpy()).max() < 1e-4
    assert found.decoders[0] != found.decoders[2]
    assert "without decoder" not in found.note


def test_an_opened_run_will_do_as_well(trained):
    assert np.array_equal(history(open_run(trained)).alignment.plane, history(trained).alignment.plane)


def test_where_the_last_epoch_was_recorded_without_weights_its_checkpoint_decodes(trained):
    for epoch in (1, 3):
        kept = read_arrays(trained.snapshot_path(epoch))
        bare = {name: each for name, each in kept.items() if not name.startswith("decoder.")}
        trained.snapshot_path(epoch).write_bytes(to_bytes(bare))

    found = history(trained)

    assert [each is None for each in found.decoders] == [True, False, False]
    assert "Epoch 1 was recorded without decoder" in found.note


def test_without_its_data_set_a_run_keeps_its_map(trained):
    text = (trained.path / "recipe.json").read_text()
    (trained.path / "recipe.json").write_text(text.replace('"tiny"', '"gone"'))

    found = history(trained)

    assert found.decoders == (None, None, None)
    assert found.alignment.plane.shape[:2] == found.codes.shape[:2]
    assert "3 epochs from 1 to 3 were recorded without decoder" in found.note


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("latent", [1, 2, 3, 256])
def test_codes_pictures_and_loss_stand_side_by_side(folder, latent, shape):
    measured(folder, 9.0, 5.0, 4.0)
    for epoch in (1, 3):
        record(folder, epoch, some(latent, epoch), shape)

    found = history(folder)

    assert found.epochs.tolist() == [1, 3]
    assert found.codes.shape == (2, 30, latent)
    assert found.alignment.plane.shape == (2, 30, 2)
    assert found.reconstructions.shape == (2, 4, *shape)
    assert found.reconstructions[:, 0, 0, 0, 0].tolist() == [1, 3]
    assert found.labels.tolist() == [0, 1, 2] * 10
    assert (found.loss.name, found.loss.training.tolist()) == ("loss", [18, 10, 8])
    assert [row["loss"] for row in changes(found)] == [9, 4]
    assert [row["movement"] is None for row in changes(found)] == [True, False]


def test_a_loss_of_one_part_has_the_name_of_that_part(folder):
    measured(folder, 3.0, 1.0)
    record(folder, 1, some(2))
    assert history(folder).loss.name == "kl"


def test_a_run_under_way_computes_new_epochs_only(folder):
    record(folder, 1, some(3))
    known, made = {}, []

    def recall(run, epoch):
        if epoch not in known:
            made.append(epoch)
            known[epoch] = moment(run, epoch)
        return known[epoch]

    history(folder, recall)
    record(folder, 2, some(3, seed=2))
    grown = history(folder, recall)

    assert made == [1, 2]
    assert np.array_equal(grown.alignment.plane, history(folder).alignment.plane)


def test_a_model_without_encoder_has_pictures_and_a_loss_but_no_map(folder):
    measured(folder, 2.0, 3.0)
    for epoch in (1, 2):
        record(folder, epoch, np.empty((0, 32)), samples=5)

    found = history(folder)

    assert found.codes.shape == (2, 0, 32)
    assert found.samples[:, 0, 0, 0, 0].tolist() == [1, 2]
    assert found.decoders == (None, None)
    assert found.labels is None
    assert found.note == "There is no map: the model has no encoder. Only pictures and the loss were recorded."
    assert changes(found)[1]["neighbours_kept"] is None


def test_one_epoch_alone_does_not_move(folder):
    record(folder, 7, some(4))
    found = history(folder)
    assert "Epoch 7 alone was recorded, so that nothing moves." in found.note
    assert np.isnan(found.loss.at(7))


def test_an_epoch_that_cannot_be_shown_is_named_and_the_others_are(folder):
    for epoch in (1, 2, 4):
        record(folder, epoch, some(3, epoch))
    record(folder, 3, np.full((30, 3), np.nan))
    folder.snapshot_path(2).write_bytes(b"cut short")

    found = history(folder)

    assert found.epochs.tolist() == [1, 4]
    assert "Epoch 2 is left out. snapshots/00002.safetensors cannot be read" in found.note
    assert "Epoch 3 was left out: codes that are not finite" in found.note


def test_a_run_without_any_epoch_says_when_to_come_back(folder):
    with pytest.raises(RunError, match="made has recorded no epoch yet"):
        history(folder)
    folder.snapshot_path(1).write_bytes(b"")
    with pytest.raises(RunError, match="No recorded epoch of the run made can be shown"):
        history(folder)
