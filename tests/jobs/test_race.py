"""A race as a job of its own process: stopped, killed, and gone on with."""

import os
import signal

import pytest

from aecore.experiments.entrants import create_race, vary
from aecore.experiments.race import way_of
from aecore.experiments.store import Experiments
from aecore.jobs import start, stop
from aecore.runs.weights import newest_checkpoint
from tests.runs.tiny import long_recipe, until


@pytest.fixture
def race(runs):
    """No process of a test outlives it."""
    made = create_race(vary([long_recipe(epochs=2)], {"corruption.noise_std": ["0.1", "0.5"]}), runs)
    yield made
    pid = made.status().get("pid")
    if made.alive() and pid:
        os.killpg(pid, signal.SIGKILL)


def entrants(runs, race):
    return [runs.get(each) for each in race.task().settings.ids]


def in_the_middle(runs, race):
    until(lambda: all((each.summary().progress or {}).get("step", 0) > 0 for each in entrants(runs, race)), "steps")


def test_a_stop_keeps_all_at_the_same_step_and_they_go_on_from_there(runs, race):
    start(race)
    in_the_middle(runs, race)

    assert stop(race, timeout_s=30) == "stopped"

    (steps,) = {newest_checkpoint(each)[0].position.step for each in entrants(runs, race)}
    assert steps > 0
    assert {each.summary().state for each in entrants(runs, race)} == {"stopped"}
    start(race)
    until(lambda: race.summary().state not in ("queued", "running"), "the end")
    assert race.summary().state == "finished", race.log_tail()
    assert {each.summary().state for each in entrants(runs, race)} == {"finished"}
    assert way_of(race.results())[0] == "together"


def test_a_race_that_was_killed_is_crashed_with_its_runs_and_goes_on_to_its_end(runs, race):
    start(race)
    until(lambda: all(each.summary().epochs_done >= 1 for each in entrants(runs, race)), "an epoch of all")

    os.kill(race.status()["pid"], signal.SIGKILL)

    until(lambda: race.summary().state == "crashed", "the death to be seen")
    assert {each.summary().state for each in entrants(runs, race)} <= {"crashed", "finished"}
    start(race)
    until(lambda: race.summary().state not in ("queued", "running"), "the end")
    assert race.summary().state == "finished", race.log_tail()
    assert [len(each.metrics()) for each in entrants(runs, race)] == [2, 2]
    assert Experiments(runs.root).list("race")[0].summary().done == 1.0


def test_a_run_of_a_race_cannot_be_resumed_by_itself_meanwhile(runs, race):
    from aecore.errors import RunError
    from aecore.jobs.control import resume

    start(race)
    in_the_middle(runs, race)

    with pytest.raises(RunError, match="under way in another process"):
        resume(entrants(runs, race)[0])
    assert stop(race, timeout_s=30) == "stopped"
