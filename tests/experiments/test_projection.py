"""The experiment "projection" on tiny pictures: what it keeps with the run, that it can be stopped, what it refuses."""

import os

import numpy as np
import pytest

from aecore.analysis.trained import encode
from aecore.errors import RunError, SettingError
from aecore.experiments import projection_work
from aecore.experiments.catalog import find_kind
from aecore.experiments.experiment import Advance, Place, Result
from aecore.experiments.store import Experiments, make_task
from aecore.jobs import run_here
from aecore.jobs.foreground import experiment_here
from aecore.runs.kept_projections import list_projections, read_projection, weights_fingerprint
from aecore.runs.opened import open_run
from aecore.training.recipe import DataChoice, make_recipe
from tests.runs.conftest import _trained, runs, trained
from tests.runs.tiny import NAME

__all__ = ["_trained", "runs", "trained"]


@pytest.fixture
def store(runs):
    return Experiments(runs.root)


def task_of(run, **changes):
    return make_task("projection", NAME, {"run": run.id, "method": "t-sne", "perplexity": 10.0, **changes})


def test_the_plane_is_kept_with_the_run_and_its_measures_are_the_result(trained, store):
    experiment = store.create(task_of(trained), device="cpu")

    events = list(experiment_here(experiment))

    (result,) = experiment.results()
    kept = read_projection(trained, "t-sne")
    opened = open_run(trained)
    count = len(opened.splits.test)
    assert (kept.about.images, kept.about.epoch, kept.about.split) == (count, 3, "test")
    assert kept.about.weights == weights_fingerprint(trained)
    assert kept.about.data == opened.splits.fingerprint
    assert kept.about.settings == {"perplexity": 10.0}
    assert np.array_equal(kept.indices, np.arange(count))
    assert {name: result[name] for name in kept.about.measures} == kept.about.measures
    assert result["inverse_error"] == pytest.approx(kept.inverse_error.mean(), rel=1e-5)
    codes = encode(opened, opened.splits.test.images)
    assert result["mean_code_error"] == pytest.approx(np.linalg.norm(codes - codes.mean(0), axis=1).mean(), rel=1e-5)
    assert result["run"] == trained.id
    done = [each.done for each in events if isinstance(each, Advance)]
    assert done == sorted(done)
    assert done[-1] == 1.0
    rows, columns = find_kind("projection").table([result])
    assert len(rows) == 3
    assert all(row.keys() == columns.keys() for row in rows)


def test_all_images_of_a_run_are_those_of_its_three_parts(trained, store, splits):
    list(experiment_here(store.create(task_of(trained, split="all", images=300), device="cpu")))

    kept = read_projection(trained, "t-sne")

    assert len(kept.indices) == 300
    assert kept.indices.max() >= len(splits.train)
    assert kept.indices.max() < len(splits.train) + len(splits.validation) + len(splits.test)


def test_stopped_in_the_layout_nothing_is_kept_and_the_same_again_gives_it(trained, store):
    experiment = store.create(task_of(trained), device="cpu")
    events = experiment_here(experiment)
    while "iteration" not in getattr(next(events), "message", ""):
        pass

    events.close()

    assert experiment.status()["state"] == "stopped"
    assert list_projections(trained) == ()
    events = list(experiment_here(experiment))
    assert len([each for each in events if isinstance(each, Result)]) == 1
    assert [each.message for each in list_projections(trained)] == [""]


@pytest.fixture(scope="module")
def plane(tmp_path_factory, splits):
    from aecore.runs.store import Runs

    made = Runs(tmp_path_factory.mktemp("plane"))
    changes = {"bottleneck.code_size": 2, "training.epochs": 1}
    run = made.create(make_recipe("simple", DataChoice(NAME), changes))
    list(run_here(run))
    return made, run


def test_a_code_of_two_numbers_is_its_own_map(plane):
    made, run = plane
    experiment = Experiments(made.root).create(task_of(run), device="cpu")
    with pytest.raises(SettingError, match="has 2 numbers: the map shows the code itself"):
        list(experiment_here(experiment))
    assert "the map shows the code itself" in experiment.summary().message
    assert list_projections(run) == ()


def refused(store, task):
    place = Place(store.root / "experiment", "cpu")
    return list(task.kind.perform(task.settings, task.dataset, place))


def test_what_cannot_be_projected_is_refused(trained, store):
    with pytest.raises(SettingError, match=f"was trained on {NAME}, not on mnist"):
        refused(store, make_task("projection", "mnist", {"run": trained.id}))
    with pytest.raises(RunError, match="There is no run 'nothing'"):
        refused(store, make_task("projection", NAME, {"run": "nothing"}))
    with pytest.raises(SettingError, match="too few for perplexity 200"):
        refused(store, task_of(trained, perplexity=200.0))
    with pytest.raises(SettingError, match="method is 'pca': choose one of umap, t-sne"):
        task_of(trained, method="pca")


def test_the_time_is_estimated_before_it_starts(trained, monkeypatch):
    def seconds(**changes):
        task = task_of(trained, **changes)
        return task.kind.seconds(task.settings, NAME)

    monkeypatch.setattr(projection_work.psutil, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert 0 < seconds(images=50) < seconds() < seconds(split="all")
    alone = seconds()
    monkeypatch.setattr(projection_work.psutil, "getloadavg", lambda: (1000.0, 0.0, 0.0))
    assert seconds() == pytest.approx(alone * 1001 / os.cpu_count())
    with pytest.raises(SettingError, match="no data set 'none'"):
        find_kind("projection").seconds(task_of(trained).settings, "none")
