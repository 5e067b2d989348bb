"""Experiments from the shell."""

import pytest

from aecore.cli.training import INTERRUPTED
from aecore.experiments.experiment import Result
from aecore.experiments.store import Experiments, make_task

SMALL = ["--set", "labels=6", "--set", "draws=1", "--set", "epochs=1", "--set", "code_size=3", "--set", "steps=50"]
COMMAND = ["experiment", "few_labels", "--dataset", "colours", *SMALL]


def test_an_experiment_is_performed_and_its_results_are_the_answer(lab):
    document = lab.json(*COMMAND)

    assert (document["state"], document["done"], document["dataset"]) == ("finished", 1.0, "colours")
    assert document["settings"]["labels"] == [6]
    assert len(document["results"]) == 7
    assert {"method", "labels", "seed", "error_percent", "seconds"} == document["results"][1].keys()
    (listed,) = lab.json("experiments")
    assert (listed["id"], listed["results"]) == (document["id"], 7)


def test_the_same_command_goes_on_where_it_was_stopped(lab, monkeypatch):
    from aecore.jobs import foreground

    whole = foreground.experiment_here

    def stopped_after_two(experiment):
        events, results = whole(experiment), 0
        while results < 2:
            event = next(events)
            results += isinstance(event, Result)
            yield event
        events.close()

    monkeypatch.setattr(foreground, "experiment_here", stopped_after_two)
    said = lab(*COMMAND)
    assert said.status == INTERRUPTED
    assert "Logistic regression on pixels" in said.out
    assert "stopped; to go on: python -m aecore experiment few_labels --dataset colours --set labels=6" in said.err

    monkeypatch.setattr(foreground, "experiment_here", whole)
    document = lab.json(*COMMAND)

    assert document["state"] == "finished"
    assert len(document["results"]) == 7
    (experiment,) = Experiments(lab.folder / "runs").list()
    assert "2 results are there" in experiment.log_tail()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["experiment", "many", "--dataset", "colours"], "no experiment 'many': choose one of few_labels"),
        (["experiment", "few_labels", "--dataset", "colors"], "colors"),
        ([*COMMAND, "--set", "draw=3"], "no setting 'draw': the settings here are labels, draws"),
        ([*COMMAND, "--set", "draws"], "--set 'draws' is not understood: write setting=value"),
        ([*COMMAND, "--stop"], "No experiment with these settings is under way"),
    ],
)
def test_what_cannot_be_is_refused(lab, words, sentence):
    assert sentence in lab.refused(*words)


def test_without_any_experiment_the_list_is_empty(lab):
    assert lab.json("experiments") == []
    assert "There are no experiments yet" in lab("experiments").out


def test_an_experiment_is_deleted_by_the_beginning_of_its_id(lab):
    store = Experiments(lab.folder / "runs")
    gone = store.create(make_task("few_labels", "colours", {"draws": 1}))

    assert lab.json("experiments", "delete", gone.id) == {"deleted": gone.id}

    assert lab.json("experiments") == []
    assert "means 0 experiments" in lab.refused("experiments", "delete", gone.id[:8])


def test_an_experiment_that_is_under_way_is_not_deleted(lab):
    store = Experiments(lab.folder / "runs")
    held = store.create(make_task("few_labels", "colours", {"draws": 1}))

    with held.hold():
        assert "is under way: stop it before you delete it" in lab.refused("experiments", "delete", held.id)

    assert [each["id"] for each in lab.json("experiments")] == [held.id]
