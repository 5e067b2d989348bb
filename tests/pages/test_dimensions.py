"""The page "Dimensions": empty, with results, with a part of them, and what it says of them in their own numbers."""

import json

import pytest

from aecore.experiments.store import make_task, ship_experiment
from tests.pages.oblong import NAME, checked, errors, open_page, sentences, tables

SEEN = "It places the measured images themselves and has no way to place others."
NOT_OFFERED = "Not offered: its fast algorithm goes up to 3 numbers."


def row(method, size, accuracy, trustworthiness, fitted_on=200, seconds=1.5, note="", run=""):
    return {
        **{"method": method, "size": size, "accuracy": accuracy, "trustworthiness": trustworthiness},
        **{"fitted_on": fitted_on, "seconds": seconds, "note": note, "run": run},
    }


RESULTS = [
    row("Pixels", 1440, 0.9, 1.0, 0, None),
    row("PCA", 2, 0.4, 0.7, seconds=0.021),
    row("PCA", 8, 0.89, 0.95),
    row("UMAP", 2, 0.75, 0.9, seconds=56.7),
    row("UMAP", 8, 0.8, 0.91),
    row("t-SNE", 2, 0.85, 0.96, 60, 7.64, SEEN),
    row("t-SNE", 8, None, None, 0, None, NOT_OFFERED),
    row("Simple", 2, 0.3, 0.6, note="train simple --epochs 20"),
    row("Simple", 8, 0.91, 0.97, note="train simple --epochs 20"),
    row("Deep", 2, 0.45, 0.8),
    row("Deep", 8, 0.7, 0.85),
    row("my [run](http://a.b)", 3, 0.55, 0.81, 240, 12.0, run="20261125-1"),
]


def made(store, results=RESULTS, state="finished"):
    """An experiment with results, as it would lie there."""
    experiment = store.create(make_task("dimensions", NAME, {"sizes": (2, 8), "fitted": 200}))
    (experiment.path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in results))
    (experiment.path / "status.json").write_text(json.dumps({"state": state}))
    return experiment


def chart(app):
    (found,) = app.get("plotly_chart")
    drawn = json.loads(found.proto.spec)["data"]
    return {each["name"]: each for each in drawn[: len(drawn) // 2]}


def test_a_newcomer_without_anything_is_told_what_to_do(store):
    app = open_page("dimensions")
    assert errors(app) == []
    assert "choose the settings and start one" in sentences(app)
    assert "About " in sentences(app)
    assert "Start" in {each.label for each in app.button}


def test_chart_and_table_have_every_method_at_every_size(store):
    made(store)
    app = open_page("dimensions")
    assert errors(app) == []
    drawn = chart(app)
    assert list(drawn) == ["PCA", "UMAP", "t-SNE", "Simple", "Deep", "Finished runs"]
    assert (drawn["UMAP"]["x"], drawn["UMAP"]["y"]) == ([2, 8], [75.0, 80.0])
    table, runs = tables(app)
    assert list(table) == [
        *(("PCA", "200\xa0images"), ("UMAP", "200\xa0images"), ("t-SNE", "60\xa0images")),
        *(("Simple", "200\xa0images"), ("Deep", "200\xa0images")),
    ]
    assert table["PCA", "200\xa0images"] == ["40.0", "89.0", "0.700", "0.950", "0.021", "1.5"]
    assert table["t-SNE", "60\xa0images"] == ["85.0", "–", "0.960", "–", "7.6", "–"]
    assert runs == {("my [run](http://a.b)", "240\xa0images"): ["3", "55.0", "0.810", "12"]}


def test_what_to_read_from_it_is_said_in_its_own_numbers(store):
    made(store)
    said = sentences(open_page("dimensions")).replace("\xa0", " ")
    assert "PCA reaches an accuracy of 40.0 %, UMAP 75.0 % (+35.0 points) and t-SNE 85.0 % (+45.0 points)" in said
    assert (
        "An autoencoder passes PCA at every size. The best one against PCA: Deep with 2 (+5.0 points), "
        "Simple with 8 (+2.0 points)."
    ) in said
    assert (
        "With 8 numbers 2 of 4 methods come within 2 percentage points of the 1,440 pixels themselves (90.0 %)" in said
    )
    assert "the best is Simple with 91.0 %" in said
    assert "share of 60 test images" in said  # all there are, for 5,000 were asked for
    assert "60 images tell an accuracy to within 12.8 percentage points" in said
    assert f"t-SNE: {SEEN} {NOT_OFFERED}" in said


def test_an_autoencoder_that_stays_behind_is_not_praised(store):
    worse = [each | {"accuracy": 0.1} if each["method"] in ("Simple", "Deep") else each for each in RESULTS]
    made(store, worse)
    said = sentences(open_page("dimensions"))
    assert "No autoencoder passes PCA. The best one against PCA: Simple with 2 (−30.0 points)" in said


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_part_of_the_results_is_shown_as_far_as_it_goes(store, count):
    made(store, RESULTS[:count], "stopped")
    app = open_page("dimensions")
    assert errors(app) == []
    assert bool(app.get("plotly_chart")) == (count > 1)
    assert ("The first points appear in a moment." in sentences(app)) == (count == 1)


def test_images_without_classes_are_judged_by_trustworthiness(store):
    made(store, [each | {"accuracy": None} for each in RESULTS])
    app = open_page("dimensions")
    assert errors(app) == []
    assert tables(app)[0]["UMAP", "200\xa0images"] == ["0.900", "0.910", "57", "1.5"]
    said = sentences(app)
    assert "PCA reaches a trustworthiness of 0.700, UMAP 0.900 (+0.200) and t-SNE 0.960 (+0.260)" in said
    assert "accuracy" not in said.lower()


def test_what_ships_is_there_for_a_newcomer(store, tmp_path):
    experiment = made(store)
    ship_experiment(experiment, tmp_path / "shipped" / "dimensions-oblong.json")
    whole = tables(open_page("dimensions"))
    store.delete(experiment.id)
    app = open_page("dimensions")
    assert tables(app) == whole
    assert next(iter(chart(app))) == "PCA"


def test_starting_makes_the_experiment_that_was_chosen(store, monkeypatch):
    started = []
    monkeypatch.setattr("pages.shared.experiments.start", lambda experiment: started.append(experiment.id))
    app = open_page("dimensions")
    next(each for each in app.selectbox if each.label == "Data set").set_value(NAME)
    next(each for each in app.text_input if each.label.startswith("Code sizes")).set_value("3, 5")
    checked(app.run())
    checked(next(each for each in app.button if each.label == "Start").click().run())
    (experiment,) = store.list()
    assert experiment.task() == make_task("dimensions", NAME, {"sizes": (3, 5)})
    assert started == [experiment.id]
    assert app.query_params["experiment"] == experiment.id
