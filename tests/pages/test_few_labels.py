"""The page "Few labels": empty, with what ships, with an experiment under way, and with one that ended."""

import json

import pytest

from aecore.experiments.folder import Experiment
from aecore.experiments.store import Experiments, make_task, ship_experiment
from aecore.runs.store import Runs
from tests.pages.oblong import NAME, checked, errors, open_page, sentences, tables

RESULTS = [
    {"method": "pretraining", "labels": 0, "seed": 0, "parameters": 1234, "epochs": 1, "seconds": 3.0},
    *(
        {"method": method, "labels": labels, "seed": seed, "error_percent": error + seed, "seconds": 0.1}
        for method, few, many in (("logistic", 50.0, 12.0), ("scratch", 40.0, 4.0), ("tuned", 10.0, 3.0))
        for labels, error in ((10, few), (100, many))
        for seed in (0, 1)
    ),
]


def made(store: Experiments, state: str = "finished", **status: object) -> Experiment:
    """An experiment with results, as it would lie there."""
    experiment = store.create(make_task("few_labels", NAME, {"labels": (10, 100), "draws": 2}))
    (experiment.path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in RESULTS))
    (experiment.path / "status.json").write_text(json.dumps({"state": state, **status}))
    return experiment


def chart(app):
    (found,) = app.get("plotly_chart")
    return {each["name"]: each for each in json.loads(found.proto.spec)["data"]}


def button(app, label):
    return next((each for each in app.button if each.label == label), None)


def test_a_newcomer_without_anything_is_told_what_to_do(store):
    app = open_page("few_labels")
    assert errors(app) == []
    assert "choose the settings and start one" in sentences(app)
    assert button(app, "Start") is not None
    assert "About " in sentences(app)


def test_the_curve_has_mean_and_spread_of_every_method(store):
    made(store)
    app = open_page("few_labels")
    assert errors(app) == []
    drawn = chart(app)
    assert list(drawn) == ["Logistic regression on pixels", "From scratch", "Fine-tuned"]
    assert drawn["Fine-tuned"]["x"] == [10, 100]
    assert drawn["Fine-tuned"]["y"] == [10.5, 3.5]
    assert drawn["Fine-tuned"]["error_y"]["array"] == pytest.approx([0.5**0.5] * 2)
    (table,) = tables(app)
    assert table["Fine-tuned", ""] == ["10.5\xa0±\xa00.7", "3.50\xa0±\xa00.71"]


def test_what_to_read_from_it_is_said_in_its_own_numbers(store):
    made(store)
    said = sentences(open_page("few_labels"))
    assert "With 10 labels fine-tuned is best: 10.5\xa0% wrong." in said
    assert "Pretraining takes 30.0 percentage points off the error of the same network with 10 labels and 1.0" in said
    assert "in percent of 60" in said  # the test images of the data set
    assert "1 epoch" in said or "20 epochs" in said


def test_what_ships_is_there_for_a_newcomer_and_one_of_ones_own_comes_before_it(store, tmp_path):
    experiment = made(store)
    ship_experiment(experiment, tmp_path / "shipped" / "oblong.json")
    app = open_page("few_labels")
    (which,) = (each for each in app.selectbox if each.label == "Experiment")
    assert which.value == experiment.id
    checked(which.set_value("shipped").run())
    assert list(chart(app)) == ["Logistic regression on pixels", "From scratch", "Fine-tuned"]
    assert button(app, "Resume") is None


def test_a_stopped_experiment_keeps_its_results_and_offers_to_go_on(store):
    made(store, "stopped")
    app = open_page("few_labels")
    assert f"Stopped with {len(RESULTS)} results. They are kept." in sentences(app)
    assert button(app, "Resume") is not None
    assert chart(app)


def test_a_failed_one_says_why_and_shows_its_log(store):
    experiment = made(store, "failed", message="The disk is full.")
    experiment.write_log("Traceback ...")
    app = open_page("few_labels")
    assert any("The disk is full." in each for each in errors(app))
    assert any("Traceback" in each.value for each in app.code)


def test_starting_makes_the_experiment_that_was_chosen_and_a_second_click_goes_on_with_it(store, monkeypatch):
    started = []
    monkeypatch.setattr("pages.shared.experiments.start", lambda experiment: started.append(experiment.id))
    app = open_page("few_labels")
    next(each for each in app.selectbox if each.label == "Data set").set_value(NAME)
    next(each for each in app.number_input if each.label.startswith("Draws")).set_value(2)
    checked(app.run())
    checked(button(app, "Start").click().run())
    (experiment,) = store.list()
    assert experiment.task() == make_task("few_labels", NAME, {"draws": 2})
    assert app.query_params["experiment"] == experiment.id
    assert "starting goes on with it" in sentences(app)
    checked(button(app, "Start").click().run())
    assert started == [experiment.id] * 2


def test_a_number_that_is_none_is_said_at_its_field_and_nothing_can_be_started(store):
    app = open_page("few_labels")
    field = next(each for each in app.text_input if each.label.startswith("Numbers of labels"))
    checked(field.set_value("ten").run())
    assert any("give a number" in each for each in errors(app))
    assert button(app, "Start") is None


def test_experiments_are_no_runs(store):
    made(store)
    assert [each for each in Runs().list() if not each.starter] == []


def test_the_picture_of_the_variant_shows_the_newest_finished_experiment(store):
    made(store)
    app = open_page("train", variant="pretraining", data=NAME)
    assert errors(app) == []
    alts = [each.proto.alt for each in app.get("plotly_chart")]
    assert any(each.startswith("Error on test images against the number of labelled") for each in alts)
    assert "Measured here" in sentences(app)
