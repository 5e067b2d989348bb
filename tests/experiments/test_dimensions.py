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


def test_time_is_estimated_and_a_data_set_that_is_not_there_is_refused(splits):
    kind = find_kind("dimensions")
    assert kind.seconds(kind.settings(), NAME) > 10
    with pytest.raises(SettingError, match="There is no data set 'nothing'"):
        kind.seconds(kind.settings(), "nothing")


def test_no_size_is_refused():
    with pytest.raises(SettingError, match="sizes is empty"):
        make_task("dimensions", NAME, {"sizes": ()})
