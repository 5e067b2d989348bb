"""Races from the shell."""

import json

import pytest

from aecore.cli.training import INTERRUPTED
from aecore.experiments.experiment import Advance

SMALL = ["--epochs", "2", "--set", "network.hidden=8", "--set", "bottleneck.code_size=3"]
COMMAND = ["race", "variational", "--dataset", "colours", *SMALL, "--vary", "penalty.beta=0.5,2"]


def test_values_of_a_setting_race_and_are_compared(lab):
    document = lab.json(*COMMAND, "--name", "How much the KL counts")

    assert (document["state"], document["name"]) == ("finished", "How much the KL counts")
    how, *entrants = document["results"]
    assert how == {"way": "together", "why": "each batch moves all 2 in turn"}
    assert [each["entrant"] for each in entrants] == ["Weight β 0.5", "Weight β 2"]
    assert all(each["test_error"] > 0 and each["pca_error"] > 0 and each["code_size"] == 3 for each in entrants)
    for each in entrants:
        assert lab.json("show", each["run"])["state"] == "finished"


def test_it_says_how_they_are_trained_and_how_far_each_is(lab):
    said = lab(*COMMAND)

    assert said.status == 0
    assert "trained together: each batch moves all 2 in turn" in said.err
    assert "epoch 2, validation cross entropy: Weight β 0.5 " in said.err
    assert "PCA of that code size" in said.out


def test_a_race_that_was_stopped_goes_on_by_its_id(lab, monkeypatch):
    from aecore.jobs import foreground

    whole = foreground.experiment_here

    def stopped_early(experiment):
        events = whole(experiment)
        for event in events:
            yield event
            if isinstance(event, Advance) and event.done > 0.1:
                break
        events.close()

    monkeypatch.setattr(foreground, "experiment_here", stopped_early)
    said = lab(*COMMAND)
    assert said.status == INTERRUPTED
    (race,) = lab.json("experiments")
    assert f"stopped; to go on: python -m aecore race {race['id']}" in said.err

    monkeypatch.setattr(foreground, "experiment_here", whole)
    document = lab.json("race", race["id"])

    assert document["state"] == "finished"
    assert len(document["results"]) == 3
    assert len(lab.runs.list()) == 2 + sum(each.starter for each in lab.runs.list())


def test_recipes_of_files_and_runs_race_with_variants(lab, trained):
    recipe = json.loads((lab.runs.get(trained).path / "recipe.json").read_text())
    recipe["parts"]["network"]["hidden"] = [8]
    (lab.folder / "mine.json").write_text(json.dumps(recipe))

    document = lab.json(
        "race", "simple", "mine.json", trained, "--dataset", "colours", "--epochs", "1", "--set", "training.snapshots=1"
    )

    assert document["results"][0]["way"] == "one after the other"
    assert [each["entrant"] for each in document["results"][1:]] == ["Simple", "Variational 1", "Variational 2"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["race", "variational", "--dataset", "colours"], "These are 1 recipes: a race has 2 to 16"),
        (["race", "variational", "--vary", "seed=1,2"], "The variant variational needs images to learn"),
        (["race", "nothing", "simple", "--dataset", "colours"], "'nothing' is neither a variant"),
        ([*COMMAND[:4], "--vary", "beta=1,2"], "--vary 'beta=1,2' is not understood"),
        ([*COMMAND[:4], "--vary", "penalty.gamma=1,2"], "no setting 'penalty.gamma'"),
        (["race", "variational", "--stop"], "--stop takes the id of one race"),
    ],
)
def test_what_makes_no_race_is_refused_and_leaves_nothing(lab, words, sentence):
    assert sentence in lab.refused(*words)
    assert lab.json("experiments") == []
