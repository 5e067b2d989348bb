"""The experiment "anomalies" on tiny pictures: every score of every class, stopped and gone on with, and its tables."""

from pathlib import Path

import pytest

from aecore.analysis.anomalies.scores import SCORES
from aecore.errors import SettingError
from aecore.experiments.anomalies import page_table
from aecore.experiments.catalog import find_kind
from aecore.experiments.experiment import Advance, Place, Result
from aecore.experiments.store import Experiments, make_task
from aecore.jobs.foreground import experiment_here
from tests.runs.tiny import NAME

DOCS = Path(__file__).resolve().parents[2] / "docs" / "anomalies.md"
SMALL = {"classes": (0, 2), "epochs": 2, "hidden": (16,), "code_size": 3}
MEASURED = [key for key in SCORES if key != "neg_elbo"]


@pytest.fixture
def store(tmp_path, splits):
    return Experiments(tmp_path / "runs", shipped=tmp_path / "shipped")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, splits):
    store = Experiments(tmp_path_factory.mktemp("experiments"))
    experiment = store.create(make_task("anomalies", NAME, SMALL), device="cpu")
    return experiment, list(experiment_here(experiment))


def without_clock(experiment):
    return [
        {name: value for name, value in each.items() if name != "training_seconds"} for each in experiment.results()
    ]


def test_every_score_is_there_for_every_class_on_held_out_and_on_test_images(finished, splits):
    experiment, events = finished
    names = [splits.train.class_names[each] for each in (0, 2)]
    found = experiment.results()
    assert [(each["normal"], each["score"]) for each in found] == [(name, key) for name in names for key in MEASURED]
    assert {each["test_images"] for each in found} == {len(splits.test)}
    for each in found:
        assert 0 <= each["held_out_auroc"] <= 100
        assert ("training_seconds" in each and each["training_seconds"] is not None) == SCORES[each["score"]].of_model
    best = {each["score"]: each["auroc"] for each in found if each["normal"] == names[0]}
    assert best["pixel_neighbours"] > 95  # classes are bright in different quarters
    done = [each.done for each in events if isinstance(each, Advance)]
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_stopped_within_a_class_it_goes_on_and_gives_the_same(finished, store):
    whole, _ = finished
    experiment = store.create(make_task("anomalies", NAME, SMALL), device="cpu")
    events, results = experiment_here(experiment), 0
    while results < 3:
        results += isinstance(next(events), Result)
    events.close()
    assert len(experiment.results()) == 3
    list(experiment_here(experiment))
    assert without_clock(experiment) == without_clock(whole)


def test_the_tables_have_the_mean_over_the_classes():
    results = [
        {"normal": normal, "score": score, "auroc": auroc, "held_out_auroc": auroc + 1}
        for normal, score, auroc in (("a", "together", 90.0), ("b", "together", 91.0), ("a", "pca_residual", 95.0))
    ]
    rows, columns = find_kind("anomalies").table(results)
    assert list(columns) == ["score", "mean", "held_out", "a", "b"]
    assert rows[0] == {"score": "together", "a": "90.0", "b": "91.0", "mean": "90.50", "held_out": "91.50"}
    assert page_table(results).splitlines()[2:] == [
        "| `pca_residual` | 96.00 | 95.00 |",
        "| `together` | 91.50 | 90.50 |",
    ]


@pytest.mark.parametrize(("classes", "sentence"), [((7,), "There is no class 7"), ((0, 99), "its classes are 0, 1")])
def test_a_class_that_is_not_there_is_refused(splits, tmp_path, classes, sentence):
    task = make_task("anomalies", NAME, {"classes": classes})
    with pytest.raises(SettingError, match=sentence):
        next(task.kind.perform(task.settings, NAME, Place(tmp_path, "cpu")))


def test_the_time_is_estimated_before_it_starts(splits):
    def seconds(**changes):
        task = make_task("anomalies", NAME, SMALL | changes)
        return task.kind.seconds(task.settings, NAME)

    assert 0 < seconds(classes=(0,)) < seconds() < seconds(epochs=500)


@pytest.mark.parametrize("shipped", Experiments().shipped("anomalies"), ids=lambda each: each.task.dataset)
def test_the_page_in_docs_says_what_the_shipped_result_says(shipped):
    assert page_table(shipped.results) in DOCS.read_text()
