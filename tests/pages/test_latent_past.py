"""The recorded epochs of a run as they travel to the browser: once each, and with a sentence for what is missing."""

import shutil

import jaxtyping
import numpy as np
import onnxruntime
import pytest
import torch

from aecore.analysis.history import history
from aecore.browser.blocks import found
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from pages.shared import latent_past
from pages.shared.latent_past import Recorder
from tests.pages.oblong import make_oblong, train
from tests.pages.test_packing import unpack

EPOCHS = 3


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("past") / "runs")
    return runs.export_zip(train(runs, "simple", "Three epochs", epochs=EPOCHS).id)


@pytest.fixture
def run(tmp_path, trained):
    return Runs(tmp_path / "runs", starters=tmp_path / "starters").import_zip(trained)


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """See tests/analysis/test_export.py: decoders are exported."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture
def made(monkeypatch):
    """The epochs that were read and exported, in the order in which it happened."""
    from aecore.analysis.history import moment

    epochs = []

    def counted(run, epoch, with_decoder=True):
        epochs.append(epoch)
        return moment(run, epoch, with_decoder)

    monkeypatch.setattr("aecore.analysis.history.moment", counted)
    return epochs


def opened_block(past):
    """Header and arrays that the browser finds."""
    return unpack(found(past.message["history"]["hash"]).array.tobytes())


def test_what_the_browser_fetches_is_the_history_of_the_run(run):
    past = Recorder().renew(open_run(run))
    header, arrays = opened_block(past)
    expected = history(run)
    assert past.message["missing"] == ""
    assert arrays["epochs"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(arrays["plane"], expected.alignment.plane)
    np.testing.assert_array_equal(arrays["reconstructions"], expected.reconstructions)
    np.testing.assert_array_equal(arrays["labels"], expected.labels)
    np.testing.assert_allclose(arrays["validation"], expected.loss.validation, rtol=1e-6)
    validation = open_run(run).splits.validation.images
    np.testing.assert_array_equal(found(header["pictures"]["hash"]).array, validation[: header["count"]])
    assert header["undecoded"] == ""


def test_the_decoder_of_an_epoch_is_the_one_it_had(run):
    header, _ = opened_block(past := Recorder().renew(open_run(run)))
    codes = history(run).codes[0, :4]
    session = onnxruntime.InferenceSession(found(header["decoders"][0]["hash"]).array.tobytes())
    (images,) = session.run(None, {"codes": codes})
    with torch.no_grad():
        expected = open_run(run, epoch=1).composition.model.decode(torch.from_numpy(codes))
    assert np.abs(images - expected.numpy()).max() < 1e-4
    assert past.blocks  # without them the browser would find nothing


def test_an_epoch_that_is_added_is_the_only_one_to_be_read(run, tmp_path, made):
    opened = open_run(run)
    shutil.move(run.snapshot_path(3), tmp_path / "kept")
    recorder = Recorder()
    first = recorder.renew(opened)
    assert made == [2, 1]
    assert recorder.renew(opened) is first
    shutil.move(tmp_path / "kept", run.snapshot_path(3))
    second = recorder.renew(opened)
    assert made == [2, 1, 3]
    assert opened_block(second)[1]["epochs"].tolist() == [1, 2, 3]


def test_an_epoch_that_was_written_anew_is_read_anew(run, made):
    recorder = Recorder()
    recorder.renew(open_run(run))
    shutil.copy(run.snapshot_path(1), run.snapshot_path(2))
    _, arrays = opened_block(recorder.renew(open_run(run)))
    np.testing.assert_array_equal(arrays["reconstructions"][0], arrays["reconstructions"][1])
    assert made.count(2) == 2


def test_decoders_beyond_the_limit_are_not_held_and_it_is_said(run, monkeypatch):
    size = len(history(run).decoders[-1])
    monkeypatch.setattr(latent_past, "MOST_BYTES", 2 * size)
    header, _ = opened_block(Recorder().renew(open_run(run)))
    assert [each is not None for each in header["decoders"]] == [True, False, True]
    assert "Only 2 of 3 recorded epochs can be decoded: of more, the decoders take" in header["undecoded"]


def test_one_recorded_epoch_is_no_history(run):
    for epoch in (1, 2):
        run.snapshot_path(epoch).unlink()
    past = Recorder().renew(open_run(run))
    assert past.message["history"] is None
    assert "Epoch 3 alone was recorded, so that nothing moves." in past.message["missing"]


def test_a_run_without_recorded_epochs_says_so(run):
    shutil.rmtree(run.path / "snapshots")
    assert "has recorded no epoch yet" in Recorder().renew(open_run(run)).message["missing"]


def test_where_the_data_have_changed_points_have_no_pictures(run):
    opened = open_run(run)
    validation = opened.splits.validation.images
    object.__setattr__(opened.splits.validation, "images", 255 - validation)
    header, _ = opened_block(Recorder().renew(opened))
    assert header["pictures"] is None
    assert "points have no pictures" in header["note"]
