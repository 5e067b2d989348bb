"""Latent space: what travels to the canvas, what is said about it, and what happens without a run or its data."""

import json
import os

import numpy as np
import pytest

from aecore import places
from aecore.analysis.latent import latent_map
from aecore.analysis.trained import encode
from aecore.runs.folder import CHECKPOINT, PREVIOUS, Run
from aecore.runs.opened import open_run
from aecore.runs.processes import started_at
from aecore.runs.store import Runs
from tests.pages.oblong import NAME, PARTS, SHAPE, checked, errors, make_oblong, open_page, sentences, train
from tests.pages.test_packing import unpack

SQUARE = "square"


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    make_oblong()
    make_oblong(SQUARE, (1, 8, 8))
    runs = Runs(tmp_path_factory.mktemp("latent") / "runs")
    made: dict[object, Run] = {}
    for latent in (1, 2, 40):
        made[latent] = train(runs, "simple", f"Code of {latent}", epochs=1, **{"bottleneck.code_size": latent})
    made["grey"] = train(runs, "variational", "Grey", data=SQUARE, epochs=1)
    return {key: runs.export_zip(run.id) for key, run in made.items()}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def run(runs, trained):
    return runs.import_zip(trained[2])


def scene(app):
    """Header and arrays of what the canvas was given."""
    (canvas,) = app.get("bidi_component")
    return unpack(canvas.proto.bytes)


def under_way(run, state="running"):
    """As if a worker trained it: this process holds its name."""
    launched = {"pid": os.getpid(), "started": started_at(os.getpid())}
    stored = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps(stored | {"state": state, "launched": launched}))


def test_without_a_run_the_page_leads_to_one(runs):
    app = open_page("latent_space")
    assert "No run has finished an epoch yet." in sentences(app)
    assert [each.proto.page for each in app.get("page_link")] == ["train"]
    assert not app.get("bidi_component")


@pytest.mark.parametrize("latent", [1, 2, 40])
def test_the_canvas_gets_codes_pictures_and_classes_of_the_test_images(runs, trained, latent):
    run = runs.import_zip(trained[latent])
    app = open_page("latent_space", run=run.id)
    header, arrays = scene(app)
    assert (header["latent"], header["count"], header["shape"]) == (latent, PARTS["test"], list(SHAPE))
    assert [each["name"] for each in header["classes"]] == [f"class {n}" for n in range(4)]
    opened = open_run(run)
    test = opened.splits.test
    np.testing.assert_array_equal(arrays["pictures"], test.images)
    np.testing.assert_allclose(arrays["codes"], encode(opened, np.asarray(test.images)), atol=1e-5)
    assert ("sliders" in header["parts"]) == (latent > 2)
    said = sentences(app)
    assert f"{PARTS['test']} test images as the encoder places them after epoch 1" in said
    assert f"a code of {latent} number" in said
    assert latent_map(opened).note in said


def test_the_address_follows_the_picker(runs, trained, run):
    other = runs.import_zip(trained["grey"])
    app = open_page("latent_space", run=run.id)
    assert scene(app)[0]["shape"] == list(SHAPE)
    checked(app.selectbox(key="latent_space.run").set_value(other.id).run())
    assert app.query_params["run"] == other.id
    assert scene(app)[0]["shape"] == [1, 8, 8]


def test_two_runs_have_two_canvases(runs, trained, run):
    other = runs.import_zip(trained[40])
    first, second = (scene(open_page("latent_space", run=each.id))[0]["key"] for each in (run, other))
    assert first != second


def test_a_run_under_way_shows_its_newest_checkpoint_and_says_so(run):
    under_way(run)
    app = open_page("latent_space", run=run.id)
    assert "Still training, 1 of 1 epochs done." in sentences(app)
    assert scene(app)[0]["count"] == PARTS["test"]


def test_a_run_that_waits_to_be_trained_further_says_so(run):
    under_way(run, "queued")
    assert "Waits to be trained further, 1 of 1 epochs done." in sentences(open_page("latent_space", run=run.id))


def test_newer_weights_make_a_new_scene_in_the_same_canvas(runs, run):
    under_way(run)
    before, codes = scene(open_page("latent_space", run=run.id))
    further = train(runs, "simple", "Further", epochs=2, **{"bottleneck.code_size": 2})
    (further.path / CHECKPOINT).replace(run.path / CHECKPOINT)
    app = open_page("latent_space", run=run.id)
    after, moved = scene(app)
    assert after["key"] == before["key"]
    assert after["fingerprint"] != before["fingerprint"]
    assert np.abs(moved["codes"] - codes["codes"]).max() > 0.01
    assert "after epoch 2" in sentences(app)


def test_a_run_on_some_classes_maps_only_these(runs):
    from aecore.jobs import run_here
    from aecore.training.recipe import DataChoice, make_recipe

    make_oblong()
    small = {"network.hidden": (8,), "training.epochs": 1}
    run = runs.create(make_recipe("variational", DataChoice(NAME, (1, 3)), small), "Two classes", "cpu")
    for _ in run_here(run):
        pass
    header, arrays = scene(open_page("latent_space", run=run.id))
    assert set(arrays["labels"].tolist()) == {1, 3}
    assert header["count"] < PARTS["test"]


def test_a_run_whose_data_are_gone_gets_a_sentence(run, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "elsewhere"))
    app = open_page("latent_space", run=run.id)
    assert f"There is no data set '{NAME}'" in errors(app)[0]
    assert app.selectbox(key="latent_space.run").value == run.id


def test_a_run_whose_data_have_changed_says_so_and_is_shown(run):
    recipe = json.loads((run.path / "recipe.json").read_text())
    recipe["data"]["fingerprint"] = "other"
    (run.path / "recipe.json").write_text(json.dumps(recipe))
    app = open_page("latent_space", run=run.id)
    assert "have changed since this run was trained" in sentences(app)
    assert scene(app)[0]["count"] == PARTS["test"]


def test_a_damaged_checkpoint_gets_a_sentence(run):
    for name in (CHECKPOINT, PREVIOUS):
        (run.path / name).write_bytes(b"no weights")
    app = open_page("latent_space", run=run.id)
    assert "no checkpoint that can be read" in errors(app)[0]


def test_the_lines_of_code_make_the_same_map(run):
    python, shell = (each.value for each in open_page("latent_space", run=run.id).code)
    assert f"latent_map(opened, split='test', limit={PARTS['test']})" in python
    assert run.id in shell


def test_a_code_with_more_numbers_is_explained_with_its_sliders(runs, trained):
    said = sentences(open_page("latent_space", run=runs.import_zip(trained[40]).id))
    assert "one for each of the 40 numbers of the code" in said
    assert "Sliders" not in sentences(open_page("latent_space", run=runs.import_zip(trained[2]).id))
