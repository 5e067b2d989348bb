"""A race: runs that are trained together or in turn, stopped, gone on with, and compared."""

import shutil
from contextlib import closing
from functools import partial

import pytest

from aecore.errors import RunError, SettingError
from aecore.experiments import race_work
from aecore.experiments.entrants import create_race, read_values, vary
from aecore.experiments.experiment import Advance
from aecore.experiments.race import RaceSettings, compared_by, finishers, way_of
from aecore.experiments.store import Experiments
from aecore.jobs.foreground import experiment_here, run_here
from aecore.runs.folder import CHECKPOINT, PREVIOUS, RECIPE
from aecore.runs.job_folder import STOP
from aecore.runs.store import Runs
from aecore.runs.weights import newest_checkpoint
from aecore.training import loop
from tests.runs.conftest import runs
from tests.runs.tiny import long_recipe, numbers, tiny_recipe

__all__ = ["runs"]

NOISE = {"corruption.noise_std": ["0.1", "0.4", "0.8"]}
STRENGTHS = ["Noise strength 0.1", "Noise strength 0.4", "Noise strength 0.8"]


@pytest.fixture
def _every_step_reports(monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_S", 0.0)


@pytest.fixture
def _every_epoch_is_kept(monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)


def race(runs, recipe=None, values=NOISE):
    return create_race(vary([recipe or tiny_recipe()], values), runs)


def to_the_end(experiment):
    return list(experiment_here(experiment))


def of(runs, experiment):
    """The runs of a race by the names of its entrants."""
    settings = experiment.task().settings
    return {name: runs.get(key) for name, key in zip(settings.names, settings.ids, strict=True)}


def stopped_after(experiment, epochs, runs):
    """Perform until the first entrant has done so many epochs and something of the next one."""
    first = next(iter(of(runs, experiment).values()))
    with closing(experiment_here(experiment)) as events:
        for event in events:
            progress = first.summary().progress or {}
            if isinstance(event, Advance) and progress.get("epoch", 0) >= epochs:
                return
    raise AssertionError("the race was over before")


def test_recipes_that_fit_are_trained_together_and_every_one_is_a_run_like_any_other(runs):
    experiment = race(runs)

    to_the_end(experiment)

    assert experiment.status()["state"] == "finished"
    assert way_of(experiment.results()) == ("together", "each batch moves all 3 in turn")
    entrants = of(runs, experiment)
    assert list(entrants) == STRENGTHS
    for name, run in entrants.items():
        assert run.summary().state == "finished"
        assert run.snapshots()
        result = finishers(experiment.results())[run.id]
        assert (result["entrant"], result["code_size"]) == (name, 3)
        assert result["pca_error"] > 0
        alone = runs.create(run.recipe())
        for _ in run_here(alone):
            pass
        for mine, known in zip(run.metrics(), alone.metrics(), strict=True):
            assert mine["train"] == pytest.approx(known["train"], rel=1e-4)
            assert mine["validation"] == pytest.approx(known["validation"], rel=1e-3)
    weakest, _, strongest = (finishers(experiment.results())[each.id]["test_error"] for each in entrants.values())
    assert weakest != strongest


def test_recipes_that_do_not_fit_take_turns_on_the_same_images(runs):
    experiment = race(runs, tiny_recipe(seed=5), {"network.hidden": ["16", "8,4"], "seed": ["5", "6"]})

    events = to_the_end(experiment)

    assert way_of(experiment.results()) == ("one after the other", "the networks differ")
    told = [each.message for each in events if isinstance(each, Advance)]
    assert any("training Seed 6, Hidden layers 8-4, " in each for each in told)
    assert {run.summary().state for run in of(runs, experiment).values()} == {"finished"}
    assert {run.recipe().order_seed for run in of(runs, experiment).values()} == {5}


@pytest.mark.parametrize(
    ("at_once", "why"),
    [(True, "codes of this kind cannot be filled up with zeros"), (False, "each batch moves all 2 in turn")],
)
def test_codes_that_cannot_be_filled_up_are_trained_one_after_the_other_where_one_step_would_move_all(
    runs, monkeypatch, at_once, why
):
    monkeypatch.setattr(race_work, "together", partial(race_work.together, stacked=at_once))
    sparse = {"bottleneck.kind": "sigmoid"}
    experiment = race(runs, tiny_recipe(**sparse), {"bottleneck.code_size": ["2", "4"]})

    to_the_end(experiment)

    assert way_of(experiment.results()) == ("one after the other" if at_once else "together", why)
    assert len(finishers(experiment.results())) == 2


@pytest.mark.usefixtures("_every_step_reports")
def test_a_race_that_was_stopped_goes_on_where_it_was_to_the_last_bit(runs, tmp_path):
    whole, stopped = race(runs), race(runs)
    to_the_end(whole)

    stopped_after(stopped, 1, runs)

    assert stopped.status()["state"] == "stopped"
    entrants = of(runs, stopped)
    assert {(run.summary().state, run.summary().message) for run in entrants.values()} == {("stopped", "")}
    to_the_end(stopped)
    for name, run in of(runs, whole).items():
        mine = entrants[name].metrics()
        assert [each["train"] for each in mine] == [each["train"] for each in run.metrics()]
        assert [each["validation"] for each in mine] == [each["validation"] for each in run.metrics()]
    assert way_of(stopped.results())[0] == "together"
    assert len(stopped.results()) == len(whole.results())


@pytest.mark.usefixtures("_every_step_reports")
def test_a_race_that_was_killed_epochs_after_its_checkpoints_goes_on_together_to_the_last_bit(
    runs, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)
    experiment, left = race(runs, tiny_recipe(epochs=3)), Runs(tmp_path / "killed", starters=tmp_path / "starters")
    first = next(iter(of(runs, experiment).values()))
    for _ in experiment_here(experiment):
        if (first.path / CHECKPOINT).exists():
            monkeypatch.setattr(loop, "CHECKPOINT_S", 1e9)
        if (first.summary().progress or {}).get("epoch") == 2 and not left.root.exists():
            shutil.copytree(runs.root, left.root)  # what a kill would leave

    killed = Experiments(left.root).get(experiment.id)
    kept = {newest_checkpoint(each)[0].position.epoch for each in of(left, killed).values()}
    behind = {each.summary().epochs_done for each in of(left, killed).values()}
    to_the_end(killed)

    assert (kept, behind) == ({1}, {2})
    assert way_of(killed.results()) == ("together", "each batch moves all 3 in turn")
    for name, run in of(runs, experiment).items():
        assert numbers(of(left, killed)[name]) == numbers(run)


@pytest.mark.usefixtures("_every_step_reports", "_every_epoch_is_kept")
def test_an_entrant_that_a_kill_left_one_checkpoint_ahead_goes_back_to_the_others(runs):
    experiment = race(runs)
    stopped_after(experiment, 1, runs)
    first, *others = of(runs, experiment).values()
    for each in others:
        (each.path / PREVIOUS).replace(each.path / CHECKPOINT)

    to_the_end(experiment)

    assert experiment.status()["state"] == "finished"
    assert [each.get("way") for each in experiment.results()].count("one after the other") == 0
    assert [each["epoch"] for each in first.metrics()] == [1, 2]


def test_a_damaged_entrant_is_out_and_the_others_race(runs):
    experiment = race(runs)
    broken, *others = of(runs, experiment).values()
    (broken.path / RECIPE).write_text("{}")

    to_the_end(experiment)

    results = finishers(experiment.results())
    assert "recipe.json cannot be used" in results[broken.id]["note"]
    assert broken.summary().state == "failed"
    assert all("test_error" in results[each.id] for each in others)
    assert way_of(experiment.results()) == ("together", "each batch moves all 2 in turn")


@pytest.mark.usefixtures("_every_step_reports")
def test_a_damaged_checkpoint_ends_its_run_alone(runs):
    experiment = race(runs)
    stopped_after(experiment, 1, runs)
    broken, *others = of(runs, experiment).values()
    for name in (CHECKPOINT, PREVIOUS):
        (broken.path / name).write_bytes(b"nothing")

    to_the_end(experiment)

    results = finishers(experiment.results())
    assert "no checkpoint that can be read" in results[broken.id]["note"]
    assert {each.summary().state for each in others} == {"finished"}


def test_an_entrant_can_be_stopped_alone(runs):
    experiment = race(runs, long_recipe())
    first, *others = of(runs, experiment).values()
    for _ in experiment_here(experiment):
        if first.summary().progress and not (first.path / STOP).exists() and first.summary().state == "running":
            (first.path / STOP).touch()

    assert first.summary().state == "stopped"
    assert (first.path / CHECKPOINT).exists()
    assert {each.summary().state for each in others} == {"finished"}
    assert finishers(experiment.results())[first.id]["note"] == "It was stopped by itself."


def test_a_race_of_which_nothing_can_run_says_why(runs):
    experiment = race(runs)
    for run in of(runs, experiment).values():
        (run.path / RECIPE).write_text("{}")

    with pytest.raises(RunError, match=r"No run of the race came to its end.*recipe\.json cannot be used"):
        to_the_end(experiment)
    assert experiment.status()["state"] == "failed"


def test_a_run_that_was_deleted_does_not_keep_the_others(runs):
    experiment = race(runs)
    gone, *_ = of(runs, experiment).values()
    runs.delete(gone.id)

    to_the_end(experiment)

    assert len(finishers(experiment.results())) == 2


# --- who takes part


def test_values_are_read_as_a_person_writes_them():
    assert read_values("seed", "1..3") == ["1", "2", "3"]
    assert read_values("penalty.beta", "0.5, 1") == ["0.5", "1"]
    assert read_values("network.hidden", "512,256;64") == ["512,256", "64"]
    with pytest.raises(SettingError, match="give values with commas between them"):
        read_values("penalty.beta", "1,,2")


def test_every_combination_takes_part_under_a_name_of_its_own():
    made = vary([tiny_recipe()], {"seed": ["0", "1"], "bottleneck.code_size": ["2", "4"]})

    assert [each.name for each in made] == [
        "Seed 0, Code size 2",
        "Seed 0, Code size 4",
        "Seed 1, Code size 2",
        "Seed 1, Code size 4",
    ]
    assert [each.recipe.order_seed for each in made] == [0, 0, 0, 0]
    assert [each.recipe.stages[0].order for each in made] == [-1, -1, 0, 0]


def test_recipes_that_differ_in_much_are_called_by_their_variants():
    from aecore.training.recipe import DataChoice, make_recipe

    recipes = [make_recipe(each, DataChoice("tiny")) for each in ("variational", "sparse")]

    assert [each.name for each in vary(recipes, {})] == ["Variational", "Sparse"]


def test_a_part_that_is_exchanged_takes_its_settings_with_it():
    made = vary([tiny_recipe()], {"corruption.kind": ["gaussian", "masking"]})

    assert [each.name for each in made] == ["Gaussian noise", "Masking (dropout)"]
    assert "share" in made[1].recipe.to_dict()["parts"]["corruption"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "These are 1 recipes: a race has 2 to 16 of them"),
        ({"seed": [str(each) for each in range(17)]}, "These are 17 recipes"),
        ({"seed": ["1", "1"]}, "Two of these recipes are the same"),
        ({"seed": ["1", "two"]}, "The seed is 'two'"),
        ({"penalty.beta": ["1", "2"]}, "no setting 'penalty.beta'"),
        ({"corruption.noise_std": ["1", "99"]}, "corruption.noise_std is 99"),
    ],
)
def test_what_makes_no_race_is_refused(values, sentence):
    with pytest.raises(SettingError, match=sentence):
        vary([tiny_recipe()], values)


def test_settings_name_2_to_16_runs_and_what_each_is_called():
    settings = RaceSettings.of({"a": "one | first", "b": "two"})

    assert (settings.ids, settings.names) == (["a", "b"], ["one / first", "two"])
    for runs_named, names in (("a", "one"), ("a,a", "one|two"), ("a,b", "one")):
        with pytest.raises(SettingError):
            RaceSettings(runs_named, names)


def test_runs_are_compared_by_the_error_that_all_have():
    assert compared_by([{"loss": 3, "cross_entropy": 1, "kl": 2}, {"loss": 1, "cross_entropy": 1}]) == "cross_entropy"
    assert compared_by([{"loss": 3, "cross_entropy": 1}, {"loss": 1, "squared_error": 1}]) == "loss"
    assert compared_by([]) == "loss"


def test_the_seconds_of_a_race_are_those_of_its_runs(runs, monkeypatch):
    two, three = race(runs, values={"seed": ["0", "1"]}).task(), race(runs, values={"seed": ["0", "1", "2"]}).task()
    monkeypatch.setenv("AECORE_RUNS", str(runs.root))

    assert 0 < two.kind.seconds(two.settings, two.dataset) < three.kind.seconds(three.settings, three.dataset)
