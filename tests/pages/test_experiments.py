"""What both pages of experiments share, on each of them: which is shown, how it is, what can be done with it."""

import json

import pytest

from aecore.experiments.folder import Experiment
from aecore.experiments.store import Experiments, make_task, ship_experiment
from tests.pages.oblong import NAME, checked, errors, lines_of, open_page, sentences

RESULTS = {
    "few_labels": [
        {"method": "pretraining", "labels": 0, "seed": 0, "parameters": 1234, "epochs": 1, "seconds": 3.0},
        {"method": "logistic", "labels": 10, "seed": 0, "error_percent": 50.0, "seconds": 0.1},
    ],
    "dimensions": [{"method": "PCA", "size": 2, "accuracy": 0.5, "trustworthiness": 0.7}],
}
CHANGES = {"few_labels": {"draws": 1}, "dimensions": {"fitted": 100}}


@pytest.fixture(params=list(RESULTS))
def kind(request):
    return request.param


def made(store: Experiments, kind: str, state: str = "finished", **status: object) -> Experiment:
    """An experiment with results, as it would lie there."""
    experiment = store.create(make_task(kind, NAME, CHANGES[kind]))
    (experiment.path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in RESULTS[kind]))
    (experiment.path / "status.json").write_text(json.dumps({"state": state, **status}))
    return experiment


def labels(app) -> set[str]:
    return {each.label for each in app.button}


def press(app, label: str):
    (found,) = (each for each in app.button if each.label == label)
    return checked(found.click().run())


def test_an_experiment_is_deleted_and_the_next_one_is_shown(store, kind):
    kept, gone = made(store, kind), made(store, kind, "stopped")
    app = open_page(kind, experiment=gone.id)
    assert f"has {len(RESULTS[kind])} result" in sentences(app) or "has one result" in sentences(app)

    press(app, "Delete the experiment")

    assert [each.id for each in store.list()] == [kept.id]
    assert errors(app) == []
    (which,) = (each for each in app.selectbox if each.label == "Experiment")
    assert which.value == kept.id
    assert "experiment" not in app.query_params


def test_the_last_one_leaves_an_empty_page(store, kind):
    made(store, kind)
    app = press(open_page(kind), "Delete the experiment")
    assert "No experiment has been made yet" in sentences(app)
    assert "Delete the experiment" not in labels(app)


def test_one_that_is_under_way_can_be_stopped_and_is_not_deleted(store, kind):
    experiment = made(store, kind, "running", progress={"done": 0.5, "message": "this and that", "seconds_left": 600})
    with experiment.hold():
        app = open_page(kind)
        assert {"Stop", "Delete the experiment"} <= labels(app)
        assert "Resume" not in labels(app)
        assert app.get("plotly_chart")
        press(app, "Delete the experiment")
        (said,) = errors(app)
    assert said == f"{experiment.id} is under way: stop it before you delete it."
    assert [each.id for each in store.list()] == [experiment.id]


def test_all_that_ship_can_be_chosen_and_none_can_be_deleted(store, kind, tmp_path):
    experiment = made(store, kind)
    for name in ("one", "two"):
        ship_experiment(experiment, tmp_path / "shipped" / f"{name}.json")
    store.delete(experiment.id)
    app = open_page(kind)
    (which,) = (each for each in app.selectbox if each.label == "Experiment")
    first, second = which.options
    assert first != second
    checked(which.select(second).run())
    (which,) = (each for each in app.selectbox if each.label == "Experiment")
    assert which.index == 1
    assert app.get("plotly_chart")
    assert not {"Delete the experiment", "Resume", "Stop"} & labels(app)


def test_the_form_gives_the_lines_that_do_the_same(store, kind):
    app = open_page(kind)
    next(each for each in app.selectbox if each.label == "Data set").set_value(NAME)
    checked(app.run())
    python, shell = (each for each in lines_of(app) if "experiment" in each)
    assert shell == f"python -m aecore experiment {kind} --dataset {NAME}"
    assert f"make_task({kind!r}, {NAME!r}, {{}})" in python
