"""Train: what is chosen, what it will cost, what is started, and what is shown of it."""

import json
import os

import pytest
import streamlit as st

from aecore import places
from aecore.runs.processes import started_at
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice
from aecore.variants.catalog import VARIANTS
from tests.pages.oblong import (
    NAME,
    checked,
    errors,
    lines_of,
    make_oblong,
    matrices,
    open_page,
    sentences,
    train,
    unmarked,
)

NO_PROCESS = 2**22 + 1  # larger than any process id


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("train") / "runs")
    return {
        "variational": runs.export_zip(train(runs, "variational", "Clouds", **{"bottleneck.code_size": 2}).id),
        "denoising": runs.export_zip(train(runs, "denoising", "Out of *noise*").id),
    }


@pytest.fixture
def runs(tmp_path, monkeypatch):
    make_oblong()
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: True)
    st.cache_data.clear()  # what other tests made while a processor was short
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def finished(runs, trained):
    return runs.import_zip(trained["variational"])


def open_train(**query):
    return open_page("train", **{"data": NAME, **query})


def button(app, label):
    """The one button of this name."""
    (found,) = (each for each in app.button if each.label == label)
    return found


def labels(app):
    return [each.label for each in app.button]


def press(app, label):
    return checked(button(app, label).click().run())


def set_state(run, **values):
    """What the worker of a run would have written."""
    stored = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps(stored | values))


def under_way(run, **values):
    """As if a worker trained it: this process holds its name."""
    launched = {"pid": os.getpid(), "started": started_at(os.getpid())}
    set_state(run, launched=launched, **values)


def progress_texts(app):
    return "\n".join(unmarked(each.proto.text).replace("**", "") for each in app.get("progress"))


# --- the choices


def test_the_address_names_variant_and_data(runs):
    app = open_train(variant="deep")
    assert app.selectbox(key="train.variant").value == "deep"
    assert app.selectbox(key="train.data").value == NAME
    assert "240 training images, 20×24 pixels, colour" in sentences(app)


def test_an_address_that_names_nothing_there_is_begins_as_usual(runs):
    app = open_train(variant="alchemy", data="gone")
    assert app.selectbox(key="train.variant").value == "variational"
    assert app.selectbox(key="train.data").value == "mnist"


def test_the_address_follows_the_choice(runs):
    app = open_train(variant="deep")
    checked(app.selectbox(key="train.variant").set_value("simple").run())
    assert app.query_params["variant"] == "simple"
    assert "One hidden layer between image and reconstruction" in sentences(app)


def test_the_data_stay_when_the_variant_changes(runs):
    app = open_train(variant="simple")
    checked(app.selectbox(key="train.variant").set_value("denoising").run())
    assert app.selectbox(key="train.data").value == NAME


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_says_what_it_is_what_it_costs_and_how_it_is_built(runs, variant):
    app = open_train(variant=variant)
    said = sentences(app)
    assert VARIANTS[variant].idea in said
    assert VARIANTS[variant].source in said
    assert "parameters · about" in said
    assert "of memory" in said
    assert "computing in" in said
    charts = [each.proto.alt for each in app.get("plotly_chart")]
    ways = ("from the image to the code and back", "in the order in which they are passed")
    assert any(way in each for each in charts for way in ways)
    assert not button(app, "Train").disabled
    assert errors(app) == []


def test_the_cost_counts_the_images_that_are_chosen(runs):
    app = open_train(variant="simple")
    checked(app.multiselect(key=f"train.classes.{NAME}").set_value([0, 1]).run())
    chosen = next(each.value for each in app.caption if "training images" in each.value)
    assert " of 240 training images" in chosen
    checked(app.number_input(key=f"train.limit.{NAME}").set_value(30).run())
    assert "30 of 240 training images" in sentences(app)


def test_another_seed_or_name_is_not_estimated_anew(runs, monkeypatch):
    app = open_train(variant="simple")
    monkeypatch.setattr("aecore.analysis.estimate.estimate", lambda *_: pytest.fail("estimated anew"))
    checked(app.number_input(key="train.seed").set_value(5).run())
    checked(app.text_input(key="train.name").set_value("Another name").run())
    assert "parameters · about" in sentences(app)


def test_an_estimate_that_other_work_disturbed_is_an_upper_bound_until_one_was_made_in_peace(runs, monkeypatch):
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: False)
    app = open_train(variant="simple")
    checked(app.number_input(key="train.simple.bottleneck.plain.code_size").set_value(7).run())
    assert "parameters · up to" in sentences(app)
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: True)
    checked(app.number_input(key="train.simple.bottleneck.plain.code_size").set_value(9).run())
    assert "parameters · about" in sentences(app)


def test_parts_that_do_not_fit_the_images_are_named_and_cannot_be_started(runs):
    app = open_train(variant="convolutional")
    checked(app.text_input(key="train.convolutional.network.conv.channels").set_value("8, 8, 8, 8, 8, 8, 8, 8").run())
    assert "levels" in errors(app)[0]
    assert button(app, "Train").disabled
    assert VARIANTS["convolutional"].idea in sentences(app)


def test_a_field_that_does_not_hold_what_it_should_keeps_the_page_and_stops_the_start(runs):
    app = open_train(variant="deep")
    checked(app.text_input(key="train.deep.network.dense.hidden").set_value("many").run())
    assert errors(app) == ["Hidden layers is 'many': give a number."]
    assert button(app, "Train").disabled


def test_parts_that_contradict_each_other_get_a_sentence(runs):
    app = open_train(variant="variational")
    checked(app.selectbox(key="train.variational.bottleneck.kind").set_value("plain").run())
    assert "penalty.kind=none" in errors(app)[0]
    assert button(app, "Train").disabled


def test_the_lines_of_code_say_what_was_chosen(runs):
    app = open_train(variant="simple")
    checked(app.number_input(key="train.simple.bottleneck.plain.code_size").set_value(5).run())
    checked(app.text_input(key="train.name").set_value("Five").run())
    lines = lines_of(app)
    for python, shell in (lines[:2], lines[2:]):  # of the race, then of the run
        assert "'bottleneck.code_size': 5" in python
        assert "--set bottleneck.code_size=5" in shell
        assert "--name Five" in shell


# --- the start


def test_the_button_starts_a_run_with_the_recipe_as_it_is_on_screen(runs, launched):
    app = open_train(variant="simple")
    checked(app.number_input(key="train.simple.training.epochs").set_value(3).run())
    checked(app.number_input(key=f"train.limit.{NAME}").set_value(60).run())
    checked(app.number_input(key="train.seed").set_value(4).run())
    checked(app.text_input(key="train.name").set_value("My run").run())
    press(app, "Train")
    (made,) = runs.list()
    assert launched == [made.id]
    assert (made.name, made.variant, made.dataset, made.epochs_total, made.seed) == ("My run", "simple", NAME, 3, 4)
    recipe = runs.get(made.id).recipe()
    assert recipe.data == DataChoice(NAME, (), 60, recipe.data.fingerprint)
    assert recipe.data.fingerprint
    assert app.query_params["run"] == made.id
    assert "My run: waits for the device" in progress_texts(app)


def test_a_further_run_is_said_to_wait_in_line(runs, launched):
    app = open_train(variant="simple")
    press(app, "Train")
    assert "One run is under way" in sentences(app)
    press(app, "Train")
    assert "2 runs are under way" in sentences(app)
    assert len(launched) == 2
    (switch,) = (each for each in app.get("button_group") if each.key == "train.watch")
    assert len(switch.options) == 2


def test_a_run_that_cannot_be_made_says_why(runs, launched, monkeypatch):
    app = open_train(variant="simple")
    runs.root.write_text("a file lies where the runs should be")
    press(app, "Train")
    assert errors(app)
    assert launched == []


# --- what is shown of a run


def test_a_run_in_line_says_its_place(runs, finished):
    under_way(finished, state="queued", place=2)
    app = open_train(run=finished.id)
    assert "Clouds: waits for the device, place 2 in the line" in progress_texts(app)


def test_a_run_under_way_says_how_far_how_fast_and_how_long(runs, finished):
    done = {
        "epoch": 1,
        "step": 9,
        "done": 0.5,
        "losses": {"loss": 1.0},
        "images_per_second": 1234.0,
        "seconds_left": 200,
    }
    under_way(finished, state="running", epochs_done=1, progress=done)
    app = open_train()  # no address: what is under way shows itself
    assert "Clouds: epoch 2 of 2, 1,234 images/s, about 3 min left" in progress_texts(app)
    assert app.query_params["run"] == finished.id
    assert {"Stop", "Rename", "Latent space", "Reconstruct"} <= set(labels(app))
    assert "Delete" not in labels(app)


def test_the_address_says_which_of_several_runs_is_watched(runs, finished, trained):
    other = runs.import_zip(trained["denoising"])
    for each in (finished, other):
        under_way(each, state="queued")
    app = open_train(run=finished.id)
    assert "Clouds: waits" in progress_texts(app)
    app.query_params["run"] = other.id
    assert "Out of *noise*: waits" in progress_texts(checked(app.run()))


def test_a_run_that_was_deleted_elsewhere_leaves_the_page(runs, finished):
    app = open_train(run=finished.id)
    runs.delete(finished.id)
    checked(button(app, "Delete").click().run())
    assert "Clouds: finished" not in sentences(app).replace("**", "")


def test_a_finished_run_shows_curves_pictures_and_map(runs, finished):
    app = open_train(run=finished.id)
    assert "Clouds: finished after 2 epochs." in sentences(app).replace("**", "")
    charts = [each.proto.alt for each in app.get("plotly_chart")]
    curves = [each.split(",")[0] for each in charts if each.endswith("for training and validation images")]
    assert curves == ["Loss", "Cross-entropy", "KL divergence"]
    assert "Map of the codes of validation images, coloured by class" in charts
    assert list(matrices(app)[0]) == ["Original", "Reconstruction"]
    assert "40 validation images after epoch 2, the two numbers of the code" in sentences(app)


def test_a_denoising_run_shows_what_it_was_given_between_the_two(runs, trained):
    run = runs.import_zip(trained["denoising"])
    app = open_train(run=run.id)
    assert list(matrices(app)[0]) == ["Original", "Corrupted", "Reconstruction"]
    assert "Out of *noise*" in sentences(app)
    assert "the two most active of 4 numbers" in sentences(app)


def test_a_code_of_one_number_gets_a_map_too(runs):
    run = train(runs, "simple", "One number", epochs=1, **{"bottleneck.code_size": 1})
    said = sentences(open_train(run=run.id))
    assert "the one number of the code; heights only keep points apart" in said


def test_a_crashed_run_shows_its_log_and_can_be_resumed(runs, finished, launched):
    set_state(finished, state="running", epochs_done=1, launched=None)
    finished.write_log("the last words")
    app = open_train(run=finished.id)
    assert "Clouds: crashed after 1 of 2 epochs." in sentences(app).replace("**", "")
    assert any("the last words" in each.value for each in app.code)
    press(app, "Resume")
    assert launched == [finished.id]
    assert "Clouds: waits for the device" in progress_texts(app)


def test_a_run_that_met_an_error_shows_the_sentence(runs, finished):
    set_state(finished, state="failed", message="The disk is full: make room.")
    app = open_train(run=finished.id)
    assert "failed after 2 of 2 epochs. The disk is full: make room." in errors(app)[0]
    assert "Resume" in labels(app)


def test_a_finished_run_istrained_on_for_more_epochs(runs, finished, launched):
    app = open_train(run=finished.id)
    checked(app.number_input(key="train.further").set_value(3).run())
    press(app, "Train on")
    assert launched == [finished.id]
    assert runs.get(finished.id).summary().epochs_total == 5


def test_a_run_gets_another_name(runs, finished):
    app = open_train(run=finished.id)
    app.text_input(key=f"train.new_name.{finished.id}").set_value("Fog")
    press(app, "Rename")
    assert "Fog: finished" in sentences(app).replace("**", "")
    assert runs.list()[0].name == "Fog"


def test_a_name_that_cannot_be_used_gets_a_sentence(runs, finished):
    app = open_train(run=finished.id)
    app.text_input(key=f"train.new_name.{finished.id}").set_value("   ")
    press(app, "Rename")
    assert errors(app)
    assert runs.list()[0].name == "Clouds"


def test_a_deleted_run_can_be_brought_back(runs, finished):
    app = open_train(run=finished.id)
    press(app, "Delete")
    assert runs.list() == []
    assert "Deleted: Clouds." in sentences(app)
    assert "Latent space" not in labels(app)
    press(app, "Undo")
    assert [each.id for each in runs.list()] == [finished.id]
    assert "Clouds: finished" in sentences(app).replace("**", "")


def test_closing_leaves_the_run_alone(runs, finished):
    app = open_train(run=finished.id)
    press(app, "Close")
    assert "Clouds: finished" not in sentences(app).replace("**", "")
    assert len(runs.list()) == 1
    assert "run" not in app.query_params


def test_a_starter_run_can_be_seen_but_not_changed(runs, finished):
    runs.starters.mkdir()
    finished.path.rename(runs.starters / "shipped")
    app = open_train(run="shipped")
    assert "Clouds: finished" in sentences(app).replace("**", "")
    assert not {"Rename", "Delete", "Train on", "Resume"} & set(labels(app))


def test_an_address_of_a_run_that_is_gone_shows_the_form(runs):
    app = open_train(run="20200101-000000-simple-dead")
    assert not button(app, "Train").disabled
    assert errors(app) == []


def test_a_damaged_run_says_what_is_wrong_and_the_form_stays(runs, finished):
    (finished.path / "recipe.json").write_text("{")
    app = open_train(run=finished.id)
    assert any("recipe.json" in each for each in errors(app))
    assert not button(app, "Train").disabled


def test_stopping_asks_the_run_to_stop(runs, finished):
    under_way(finished, state="running", epochs_done=1)
    app = open_train(run=finished.id)
    press(app, "Stop")
    assert (finished.path / "stop").exists()
    assert "Stopping." in sentences(app)
