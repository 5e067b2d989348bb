"""The experiment "few labels" on tiny pictures: which cells, what they share, and that it goes on where it was."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from aecore.errors import RunError, SettingError
from aecore.experiments.catalog import EXPERIMENTS, find_kind
from aecore.experiments.experiment import Advance, Place, Result
from aecore.experiments.few_labels import METHODS
from aecore.experiments.few_labels_work import ENCODER, Plan, Sizes, codes_of, pretrained_in
from aecore.experiments.race import RACE, RaceSettings
from aecore.experiments.store import Experiments, make_task, read_shipped, ship_experiment
from aecore.jobs.foreground import experiment_here
from aecore.training.checkpoints import read_checkpoint
from aecore.training.loop import Training
from aecore.training.precision import find_device
from tests.runs.tiny import NAME

SMALL = {
    "labels": (8, 0),
    "draws": 2,
    "epochs": 1,
    "code_size": 3,
    "steps": 150,
}  # the least that tells easy pictures apart


@pytest.fixture
def store(tmp_path, splits):
    return Experiments(tmp_path / "runs", shipped=tmp_path / "shipped")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, splits):
    store = Experiments(tmp_path_factory.mktemp("experiments"))
    experiment = store.create(make_task("few_labels", NAME, SMALL), device="cpu")
    return experiment, list(experiment_here(experiment))


def errors(experiment):
    """The results without what depends on the clock."""
    return [{name: value for name, value in each.items() if name != "seconds"} for each in experiment.results()]


def test_every_method_is_tried_for_every_number_and_draw_and_all_labels_once(finished, splits):
    experiment, _ = finished
    cells = [(each["method"], each["labels"], each["seed"]) for each in experiment.results()]
    count = len(splits.train)
    expected = [(method, 8, seed) for seed in (0, 1) for method in METHODS]
    assert cells == [("pretraining", 0, 0), *expected, *((method, count, 0) for method in METHODS)]
    assert experiment.summary().state == "finished"
    assert all(0 <= each["error_percent"] <= 100 for each in experiment.results()[1:])


def test_frozen_features_are_the_codes_of_the_pretrained_encoder_and_fine_tuning_begins_with_it(finished, splits):
    experiment, _ = finished
    settings = experiment.task().settings
    plan = Plan(settings, Sizes(NAME, splits.shape, len(splits.train), 1, splits.classes), find_device("cpu"))
    begin = pretrained_in(experiment.path)
    training = Training(plan.pretraining_recipe(), splits, plan.device, read_checkpoint(experiment.path / ENCODER))
    model = training.model.eval()
    with torch.inference_mode():
        expected = model.encode(torch.from_numpy(splits.test.images / np.float32(255))).numpy()

    _, codes = codes_of(plan, begin, splits)

    assert np.abs(codes - expected).max() < 1e-5
    assert begin.position.step == 0
    assert all(torch.equal(begin.part("model")[name], each) for name, each in model.state_dict().items())


def test_easy_pictures_are_told_apart_when_all_have_a_label(finished, splits):
    experiment, _ = finished
    found = {each["method"]: each["error_percent"] for each in experiment.results() if each["labels"] > 8}
    assert max(found.values()) < 30  # by chance 75


def test_its_progress_goes_from_nothing_to_all(finished):
    _, events = finished
    done = [each.done for each in events if isinstance(each, Advance)]
    assert np.diff(done).min() >= 0
    assert (done[0] < 0.5, done[-1]) == (True, 1.0)


def test_stopped_and_performed_again_it_does_only_what_is_left(finished, store):
    whole, _ = finished
    experiment = store.create(make_task("few_labels", NAME, SMALL), device="cpu")
    events, results = experiment_here(experiment), 0
    while results < 4:
        results += isinstance(next(events), Result)
    events.close()
    assert experiment.summary().state == "stopped"
    assert len(experiment.results()) == 4
    assert store.unfinished(experiment.task()).id == experiment.id

    again = list(experiment_here(experiment))

    assert sum(isinstance(each, Result) for each in again) == len(whole.results()) - 4
    assert errors(experiment) == errors(whole)
    assert store.unfinished(experiment.task()) is None
    with pytest.raises(RunError, match="is finished: start a new one"):
        next(experiment_here(experiment))


def test_a_result_that_was_cut_off_is_made_again(finished, store):
    whole, _ = finished
    experiment = store.create(make_task("few_labels", NAME, SMALL), device="cpu")
    lines = (whole.path / "results.jsonl").read_text().splitlines(keepends=True)
    (experiment.path / "encoder.safetensors").write_bytes((whole.path / "encoder.safetensors").read_bytes())
    (experiment.path / "results.jsonl").write_text("".join(lines[:-1]) + lines[-1][:20])
    list(experiment_here(experiment))
    assert errors(experiment) == errors(whole)


def test_images_without_labels_are_refused_with_the_way_out(monkeypatch, splits, tmp_path):
    bare = [replace(each, labels=None, class_names=()) for each in (splits.train, splits.validation, splits.test)]
    unlabelled = replace(splits, train=bare[0], validation=bare[1], test=bare[2])
    monkeypatch.setattr("aecore.experiments.few_labels_work.load", lambda name: unlabelled)
    task = make_task("few_labels", NAME, SMALL)
    with pytest.raises(SettingError, match="has no labels: choose one with two or more classes"):
        next(task.kind.perform(task.settings, NAME, Place(tmp_path, "cpu")))


def test_what_ships_is_a_small_file_that_reads_as_it_was(finished, tmp_path):
    experiment, _ = finished
    (tmp_path / "shipped").mkdir()
    file = tmp_path / "shipped" / "made-up.json"
    ship_experiment(experiment, file)
    shipped = read_shipped(file)
    assert shipped.task == experiment.task()
    assert shipped.results == experiment.results()
    assert len(file.read_bytes()) < 100 * len(shipped.results) + 1000
    assert [each.results for each in Experiments(tmp_path, tmp_path / "shipped").shipped("few_labels")] == [
        experiment.results()
    ]
    file.write_text("{}")
    with pytest.raises(RunError, match=r"made-up\.json holds no experiment"):
        read_shipped(file)


def test_an_experiment_that_has_not_ended_does_not_ship(store, tmp_path):
    experiment = store.create(make_task("few_labels", NAME, SMALL))
    with pytest.raises(RunError, match="only a finished experiment can be shipped"):
        ship_experiment(experiment, tmp_path / "x.json")


def test_its_table_has_a_row_for_each_method_with_mean_and_spread():
    results = [
        {"method": "tuned", "labels": 10, "seed": 0, "error_percent": 4.0},
        {"method": "tuned", "labels": 10, "seed": 1, "error_percent": 6.0},
        {"method": "logistic", "labels": 100, "seed": 0, "error_percent": 9.0},
        {"method": "pretraining", "labels": 0, "seed": 0},
    ]
    rows, columns = find_kind("few_labels").table(results)
    assert list(columns) == ["method", "10", "100"]
    assert rows == [
        {"method": "Logistic regression on pixels", "100": "9.00"},
        {"method": "Fine-tuned", "10": f"5.00 ± {np.sqrt(2):.2f}"},
    ]


def test_the_time_is_estimated_before_it_starts(splits):
    def seconds(**changes):
        task = make_task("few_labels", NAME, SMALL | changes)
        return task.kind.seconds(task.settings, NAME)

    assert 0 < seconds() < seconds(draws=4) < seconds(draws=4, steps=600)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("many_labels", NAME), "There is no experiment 'many_labels': choose one of few_labels"),
        (("few_labels", NAME, {"label": "10"}), "There is no setting 'label': the settings here are labels, draws"),
        (("few_labels", NAME, {"labels": "ten"}), "labels is 'ten': give a number"),
        (("few_labels", NAME, {"labels": ""}), "labels is empty: give at least one number"),
        (("few_labels", NAME, {"draws": 0}), "draws is 0 per number: choose a value from 1 to 50"),
    ],
)
def test_a_task_that_cannot_be_is_refused(arguments, sentence):
    with pytest.raises(SettingError, match=sentence):
        make_task(*arguments)


@pytest.mark.parametrize("kind", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_an_experiment_says_what_it_is(kind):
    assert kind.title
    assert kind.summary.endswith(".")
    chosen = RaceSettings.of({"a": "One", "b": "Other"}) if kind is RACE else kind.settings()  # a race names its runs
    assert chosen == kind.settings.from_dict(json.loads(json.dumps(chosen.to_dict())))


def test_a_damaged_task_is_said_and_does_not_break_the_list(store):
    experiment = store.create(make_task("few_labels", NAME, SMALL))
    (experiment.path / "task.json").write_text("{")
    (found,) = store.list()
    assert found.summary().state == "failed"
    assert "task.json is damaged" in found.summary().message
    with pytest.raises(RunError, match="cannot be used"):
        found.task()
