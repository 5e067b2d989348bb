"""Latent space: what travels to the canvas, what is said about it, and what happens without a run or its data."""

import json
import os

import jaxtyping
import numpy as np
import pytest

from aecore import places
from aecore.analysis.drawn import drawn_codes, drawn_map
from aecore.analysis.latent import latent_map
from aecore.analysis.trained import encode
from aecore.browser.blocks import found
from aecore.runs.folder import CHECKPOINT, PREVIOUS, Run
from aecore.runs.opened import open_run
from aecore.runs.processes import started_at
from aecore.runs.store import Runs
from pages.shared import latent_scenes
from tests.pages.oblong import (
    NAME,
    PARTS,
    SHAPE,
    checked,
    errors,
    lines_of,
    make_oblong,
    open_page,
    sentences,
    train,
    train_as_it_is,
)
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
    made["gan"] = train(
        runs, "gan", "Only draws", epochs=1, **{"network.kind": "gan_dense", "bottleneck.code_size": 12}
    )
    small = {"network.channels": (8, 12), "network.width": 16}
    made["diffusion"] = train_as_it_is(runs, "diffusion", "In steps", data=SQUARE, **small)
    return {key: runs.export_zip(run.id) for key, run in made.items()}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """See tests/analysis/test_export.py: the page exports encoders."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(autouse=True)
def first_step(monkeypatch):
    """Only what is there before the page is shown: what a thread adds to it would come at any time."""
    monkeypatch.setattr(latent_scenes, "in_background", lambda work: None)


@pytest.fixture
def run(runs, trained):
    return runs.import_zip(trained[2])


def scene(app):
    """Header and arrays of what the canvas was given, fetched ones included."""
    (canvas,) = app.get("bidi_component")
    header, small = unpack(canvas.proto.bytes)
    return header, small | {name: found(place["hash"]).array for name, place in header["blocks"].items()}


def set_status(run, **values):
    stored = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps(stored | values))


def under_way(run, state="running"):
    """As if a worker trained it: this process holds its name."""
    set_status(run, state=state, launched={"pid": os.getpid(), "started": started_at(os.getpid())})


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


def test_a_run_without_an_encoder_shows_what_it_draws(runs, trained, monkeypatch):
    monkeypatch.setattr(latent_scenes, "in_background", lambda work: work())
    run = runs.import_zip(trained["gan"])
    app = open_page("latent_space", run=run.id)
    header, arrays = scene(app)
    opened = open_run(run)
    seen, images = drawn_map(opened)
    assert (header["drawn"], header["count"], header["offers"]) == (True, len(images), ["walk"])
    np.testing.assert_array_equal(arrays["codes"], drawn_codes(opened, len(images)))
    np.testing.assert_array_equal(arrays["pictures"], images)
    np.testing.assert_array_equal(arrays["mean"], seen.projection.mean)  # where the probe begins
    assert (np.abs(arrays["codes"] - arrays["mean"]).max(1) == 0).any()
    assert [each["title"] for each in header["colourings"]] == ["Looks real"]
    assert [each["title"].split(",")[0] for each in header["along"]] == [f"Direction {n}" for n in range(1, 9)]
    assert "encoder" not in arrays
    said = sentences(app)
    assert f"{len(images):,} images that the model draws after epoch 1" in said
    assert "No run can be set beside it: it has no encoder and can only draw images." in said
    assert "the model has no encoder" in header["past"]["missing"]


def test_a_run_whose_images_come_in_many_steps_is_left_out_with_the_reason(runs, trained):
    run = runs.import_zip(trained["diffusion"])
    runs.import_zip(trained["gan"])
    app = open_page("latent_space", run=run.id)
    assert "steps, too many to follow a pointer: see Generate" in sentences(app)
    assert scene(app)[0]["drawn"]


def test_all_images_and_their_numbers_follow_the_test_images(runs, trained, monkeypatch):
    monkeypatch.setattr(latent_scenes, "in_background", lambda work: work())
    run = runs.import_zip(trained["grey"])
    app = open_page("latent_space", run=run.id)
    header, arrays = scene(app)
    splits = open_run(run).splits
    assert header["count"] == splits.count
    first = len(splits.test)
    np.testing.assert_array_equal(arrays["ids"][:first], splits.offset("test") + np.arange(first))
    np.testing.assert_array_equal(arrays["pictures"], splits.take(arrays["ids"]).images)
    assert [each["title"] for each in header["colourings"]] == ["Squared error", "KL divergence", "Unusual code"]
    assert f"{splits.count} images as the encoder places them" in sentences(app)


def test_the_recorded_epochs_come_last(runs, trained, monkeypatch):
    run = train(runs, "simple", "Two epochs", epochs=2)
    assert scene(open_page("latent_space", run=run.id))[0]["past"] is None
    under_way(run)
    monkeypatch.setattr(latent_scenes, "in_background", lambda work: work())
    header, _ = scene(open_page("latent_space", run=run.id))
    _, arrays = unpack(found(header["past"]["history"]["hash"]).array.tobytes())
    assert arrays["epochs"].tolist() == [1, 2]


def test_what_fails_in_the_background_is_said_and_leaves_the_test_images(runs, trained, monkeypatch):
    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(latent_scenes, "in_background", lambda work: work())
    monkeypatch.setattr("aecore.analysis.latent._map_everything", broken)
    app = open_page("latent_space", run=runs.import_zip(trained[2]).id)
    assert "There is not enough memory for all images" in sentences(app)
    assert scene(app)[0]["count"] == PARTS["test"]


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


def test_a_run_that_was_killed_says_that_these_are_not_its_last_weights(run):
    lost = "ended after epoch 4, before the weights of its last epochs were kept: these are the weights after epoch 1."
    under_way(run)
    set_status(run, epochs_done=4)
    assert not open_page("latent_space", run=run.id).warning
    set_status(run, launched=None)
    assert lost in sentences(open_page("latent_space", run=run.id))


def test_a_run_whose_first_epochs_are_not_kept_yet_is_not_offered(runs, trained, run):
    runs.import_zip(trained[40])
    for name in (CHECKPOINT, PREVIOUS):
        (run.path / name).unlink(missing_ok=True)
    under_way(run)
    assert "cannot be shown here: it has kept no weights yet." in sentences(open_page("latent_space", run=run.id))


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
    python, shell = lines_of(open_page("latent_space", run=run.id))
    assert f"latent_map(opened, split='test', limit={PARTS['test']})" in python
    assert run.id in shell


def test_a_code_with_more_numbers_is_explained_with_its_sliders(runs, trained):
    said = sentences(open_page("latent_space", run=runs.import_zip(trained[40]).id))
    assert "one for each of the 40 numbers of the code" in said
    assert "Sliders" not in sentences(open_page("latent_space", run=runs.import_zip(trained[2]).id))


def canvases(app):
    """The header of each canvas."""
    return [unpack(each.proto.bytes)[0] for each in app.get("bidi_component")]


def test_another_run_on_the_same_images_stands_beside_in_a_linked_canvas(runs, trained, run):
    other = runs.import_zip(trained[40])
    app = open_page("latent_space", run=run.id)
    assert "link" not in canvases(app)[0]
    checked(app.selectbox(key="latent_space.beside").set_value(other.id).run())
    first, second = canvases(app)
    assert (first["latent"], second["latent"]) == (2, 40)
    assert first["link"]["name"] == second["link"]["name"]
    assert [each["link"]["panels"] for each in (first, second)] == [True, False]
    assert [each.value for each in app.header] == ["Code of 2", "Code of 40"]
    assert app.query_params["run"] == [run.id, other.id]
    checked(app.selectbox(key="latent_space.beside").set_value(None).run())
    (alone,) = canvases(app)
    assert "link" not in alone
    assert app.query_params["run"] == run.id


def test_an_address_with_two_runs_shows_both(runs, trained, run):
    other = runs.import_zip(trained[1])
    app = open_page("latent_space", run=[other.id, run.id])
    assert [each["latent"] for each in canvases(app)] == [1, 2]
    assert app.selectbox(key="latent_space.run").value == other.id
    assert app.selectbox(key="latent_space.beside").value == run.id


def test_a_run_on_other_images_cannot_stand_beside_and_the_reason_is_said(runs, trained, run):
    other = runs.import_zip(trained["grey"])
    app = open_page("latent_space", run=[run.id, other.id])
    assert len(canvases(app)) == 1
    assert f"Grey cannot be shown here: it was trained on {SQUARE}, not on {NAME}." in sentences(app)
    assert "There is no other run on the same images to compare with." in sentences(app)
    assert [each.key for each in app.selectbox] == ["latent_space.run"]
    assert app.query_params["run"] == run.id


def test_a_run_on_some_of_the_classes_has_other_images(runs, run):
    from aecore.jobs import run_here
    from aecore.training.recipe import DataChoice, make_recipe

    small = {"network.hidden": (8,), "training.epochs": 1}
    some = runs.create(make_recipe("simple", DataChoice(NAME, (1, 3)), small), "Two classes", "cpu")
    for _ in run_here(some):
        pass
    app = open_page("latent_space", run=[run.id, some.id])
    assert f"Two classes cannot be shown here: it was trained on other images of {NAME}." in sentences(app)
    assert len(canvases(app)) == 1


def test_choosing_the_run_that_stands_beside_takes_it_from_there(runs, trained, run):
    other = runs.import_zip(trained[40])
    app = open_page("latent_space", run=[run.id, other.id])
    checked(app.selectbox(key="latent_space.run").set_value(other.id).run())
    assert [each["latent"] for each in canvases(app)] == [40]
    assert app.query_params["run"] == other.id


def test_one_run_that_cannot_be_opened_leaves_the_other(runs, trained, run):
    other = runs.import_zip(trained[40])
    for name in (CHECKPOINT, PREVIOUS):
        (other.path / name).write_bytes(b"no weights")
    app = open_page("latent_space", run=[run.id, other.id])
    assert [each["latent"] for each in canvases(app)] == [2]
    assert "no checkpoint that can be read" in errors(app)[0]


def test_a_page_of_one_run_shows_the_first_that_the_address_names(runs, trained, run):
    other = runs.import_zip(trained[40])
    app = open_page("features", run=[other.id, run.id])
    assert app.selectbox(key="features.run").value == other.id


def test_the_latent_space_is_taken_away_as_one_file(run):
    app = open_page("latent_space", run=run.id)
    assert "One HTML file with the map, the probe and the walk, about " in sentences(app)
    (handed,) = app.get("download_button")
    assert handed.proto.label == "Make and download the file"


def test_of_two_runs_that_are_called_the_same_the_one_that_was_chosen_stays(runs, trained):
    """A browser sends the label of what is chosen, and Streamlit takes the first option with it."""
    first, second = (runs.import_zip(trained[2]) for _ in range(2))
    for run in (first, second):
        app = open_page("latent_space", run=run.id)
        picker = app.selectbox(key="latent_space.run")
        assert len(set(picker.options)) == len(picker.options)
        assert checked(app.run()).query_params["run"] in (run.id, [run.id])
