"""The experiment "dimensions" on tiny pictures: every method at every size, and that it goes on where it was."""

import sys
from types import ModuleType

import numpy as np
import pytest

from aecore.errors import SettingError
from aecore.experiments.catalog import find_kind
from aecore.experiments.experiment import Advance, Result
from aecore.experiments.store import Experiments, make_task
from aecore.jobs import run_here
from aecore.jobs.foreground import experiment_here
from aecore.runs.store import Runs
from aecore.training import loop
from aecore.training.recipe import DataChoice, make_recipe
from tests.runs.tiny import NAME

SMALL = {"sizes": (2, 5), "fitted": 200, "measured": 60, "epochs": 1, "runs": False}


class Corner:
    """In the place of UMAP, whose compiler takes half a minute: the first pixels."""

    def __init__(self, n_components, **others):
        self.size = n_components

    def fit(self, images):
        assert len(images) == 200

    def transform(self, images):
        return np.ascontiguousarray(images[:, : self.size])


@pytest.fixture(autouse=True, scope="module")
def _without_the_compiler():
    stand_in = ModuleType("umap")
    stand_in.UMAP = Corner
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "umap", stand_in)
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory, splits):
    return Experiments(tmp_path_factory.mktemp("dimensions"))


@pytest.fixture(scope="module")
def finished(store):
    experiment = store.create(make_task("dimensions", NAME, SMALL), device="cpu")
    list(experiment_here(experiment))
    return experiment


def test_every_method_has_a_result_at_every_size(finished):
    rows = finished.results()
    methods = ["PCA", "UMAP", "t-SNE", "Simple", "Deep", "Convolutional", "Variational"]
    assert [(each["method"], each["size"]) for each in rows] == [
        ("Pixels", 784),
        *((method, size) for method in methods for size in (2, 5)),
    ]
    assert all(0 < each["trustworthiness"] <= 1 for each in rows if not each["note"].startswith("Not offered"))
    trained = [each for each in rows if each["method"] in methods[3:]]
    assert {each["fitted_on"] for each in trained} == {200}
    assert trained[4]["note"] == (
        "train convolutional --dataset tiny --limit 200 --epochs 1 --set network.channels=8,16 "
        "--set bottleneck.code_size=2"
    )


def test_the_table_has_a_row_for_each_method_and_columns_for_each_size(finished):
    rows, heads = find_kind("dimensions").table(finished.results())
    assert list(heads)[1:] == ["accuracy 2", "accuracy 5", "trustworthiness 2", "trustworthiness 5"]
    assert [each["method"] for each in rows][:3] == ["Pixels", "PCA", "UMAP"]
    assert "trustworthiness 5" not in next(each for each in rows if each["method"] == "t-SNE")


def test_an_experiment_stopped_in_the_middle_goes_on_and_repeats_nothing(store, finished):
    halted = store.create(make_task("dimensions", NAME, SMALL | {"seed": 0}), device="cpu")
    events = experiment_here(halted)
    while len(halted.results()) < 9:
        next(events)
    events.close()
    before = halted.results()
    assert halted.summary().state == "stopped"

    again = [each for each in experiment_here(halted) if isinstance(each, Result)]

    assert halted.results()[: len(before)] == before
    assert len(before) + len(again) == 15

    def kept(experiment):
        return [(each["method"], each["size"], each["accuracy"], each["trustworthiness"]) for each in
                experiment.results()]  # fmt: skip

    assert kept(halted) == kept(finished)


def test_finished_runs_on_these_images_join_at_their_own_size(store, splits):
    runs = Runs(store.root.parent)
    for name, changes in (("clean", {}), ("noisy", {"corruption.kind": "gaussian"})):
        small = {"network.hidden": (), "bottleneck.code_size": 3, "training.epochs": 1}
        for _ in run_here(runs.create(make_recipe("simple", DataChoice(NAME), small | changes), name, "cpu")):
            pass
    experiment = store.create(make_task("dimensions", NAME, SMALL | {"sizes": (2,), "runs": True}), device="cpu")
    done = [each.done for each in experiment_here(experiment) if isinstance(each, Advance)]
    assert (np.diff(done).min() >= 0, done[0], done[-1]) == (True, 0.0, 1.0)
    *_, row = experiment.results()
    assert (row["method"], row["size"]) == ("clean", 3)
    assert row["fitted_on"] == len(splits.train)
    assert "noisy" not in {each["method"] for each in experiment.results()}


def made_run(runs, name, variant="simple", **changes):
    """A finished run with a code of two numbers."""
    small = {"network.kind": "dense", "network.hidden": (), "bottleneck.code_size": 2, "training.epochs": 1}
    run = runs.create(make_recipe(variant, DataChoice(NAME), small | changes), name, "cpu")
    for _ in run_here(run):
        pass
    return run


def test_a_run_that_is_called_like_a_method_or_another_run_has_rows_of_its_own(tmp_path, splits):
    runs, store = Runs(tmp_path), Experiments(tmp_path)
    called = {made_run(runs, name).id: name for name in ("Simple", "PCA", "Pixels", "twin", "twin")}
    task = make_task("dimensions", NAME, SMALL | {"sizes": (2,), "runs": True})
    experiment = store.create(task, device="cpu")
    events = experiment_here(experiment)
    while not any(each["run"] for each in experiment.results()):
        next(events)
    events.close()

    list(experiment_here(experiment))

    rows = experiment.results()
    assert sorted(each["method"] for each in rows if each["run"]) == [
        "PCA (2)",
        "Pixels (2)",
        "Simple (2)",
        "twin",
        "twin (2)",
    ]
    assert all(each["method"].startswith(called.pop(each["run"])) for each in rows if each["run"])
    assert called == {}
    assert len({(each["method"], each["size"]) for each in rows}) == len(rows) == 8 + 5
    table, _ = find_kind("dimensions").table(rows)
    assert [each["method"] for each in table] == [each["method"] for each in rows]


def test_runs_that_saw_labels_are_not_compared(tmp_path, splits):
    runs, store = Runs(tmp_path), Experiments(tmp_path)
    made_run(runs, "told the class", "conditional")
    made_run(runs, "classifies", "pretraining", **{"scheme.labelled": 20})
    made_run(runs, "clean")
    experiment = store.create(make_task("dimensions", NAME, SMALL | {"sizes": (2,), "runs": True}), device="cpu")
    list(experiment_here(experiment))
    assert [each["method"] for each in experiment.results() if each["run"]] == ["clean"]


def test_a_training_stopped_in_the_middle_goes_on_and_leaves_nothing_behind_its_results(store, splits, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)
    whole, halted = (
        store.create(make_task("dimensions", NAME, SMALL | {"sizes": (2,), "epochs": 4}), device="cpu") for _ in "ab"
    )
    list(experiment_here(whole))
    events = experiment_here(halted)
    while not list(halted.path.glob("*.safetensors")):
        next(events)
    events.close()
    assert len(halted.results()) == 4  # pixels, PCA, UMAP, t-SNE

    list(experiment_here(halted))

    assert [each["accuracy"] for each in halted.results()] == [each["accuracy"] for each in whole.results()]
    assert list(halted.path.glob("*.safetensors")) == []


def test_a_size_that_is_given_twice_is_measured_once(store, splits):
    experiment = store.create(make_task("dimensions", NAME, SMALL | {"sizes": (5, 2, 5)}), device="cpu")
    events = experiment_here(experiment)
    while not (rows := experiment.results()) or rows[-1]["method"] != "UMAP":
        next(events)
    events.close()
    assert [each["size"] for each in rows if each["method"] == "PCA"] == [2, 5]


def test_time_is_estimated_and_a_data_set_that_is_not_there_is_refused(splits):
    kind = find_kind("dimensions")
    assert kind.seconds(kind.settings(), NAME) > 10
    with pytest.raises(SettingError, match="There is no data set 'nothing'"):
        kind.seconds(kind.settings(), "nothing")


def test_no_size_is_refused():
    with pytest.raises(SettingError, match="sizes is empty"):
        make_task("dimensions", NAME, {"sizes": ()})
