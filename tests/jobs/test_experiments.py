"""Experiments as jobs: in line with runs, stopped in the middle of a library's work, killed, and gone on with."""

import os
import signal
import time

import pytest

from aecore.errors import RunError
from aecore.experiments.store import Experiments, make_task
from aecore.jobs import start, stop
from aecore.runs.folder import Run
from tests.runs.tiny import NAME, long_recipe, until

SMALL = {"labels": (8,), "draws": 1, "epochs": 1, "code_size": 3, "steps": 60}
LONG = SMALL | {"epochs": 1000}


@pytest.fixture
def experiments(runs):
    """No process of a test outlives it."""
    made = Experiments(runs.root)
    yield made
    for job in (*made.list(), *(runs.get(each.id) for each in runs.list() if not each.starter)):
        pid = job.status().get("pid")
        if job.alive() and pid:
            os.killpg(pid, signal.SIGKILL)


def state(job):
    return job.summary().state


def test_an_experiment_and_a_run_wait_for_each_other_and_a_stop_is_obeyed(runs, experiments):
    run, experiment = runs.create(long_recipe(50)), experiments.create(make_task("few_labels", NAME, LONG))
    start(run)
    until(lambda: runs.get(run.id).summary().progress, "the run to train")
    start(experiment)
    until(lambda: experiment.summary().place == 1, "a place in the line")
    with pytest.raises(RunError, match=r"was just started|under way"):
        start(experiment)

    stop(run, timeout_s=30)

    until(lambda: experiment.summary().done > 0, "the experiment's turn")
    assert "pretraining on" in experiment.summary().doing
    assert isinstance(runs.get(run.id), Run)
    assert [each.id for each in runs.list() if not each.starter] == [run.id]
    assert stop(experiment, timeout_s=30) == "stopped"
    assert not (experiment.path / "stop").exists()
    with pytest.raises(RunError, match="only an experiment that runs or waits can be stopped"):
        stop(experiment)


def test_an_experiment_killed_in_the_middle_is_shown_as_crashed_and_goes_on_to_its_end(experiments):
    experiment = experiments.create(make_task("few_labels", NAME, SMALL))
    start(experiment)
    until(lambda: len(experiment.results()) >= 2, "the first results")

    os.kill(experiment.status()["pid"], signal.SIGKILL)

    until(lambda: state(experiment) == "crashed", "the death to be seen")
    before = experiment.results()
    start(experiment)
    until(lambda: state(experiment) not in ("queued", "running"), "the end")
    assert state(experiment) == "finished", experiment.log_tail()
    assert experiment.results()[: len(before)] == before
    assert len(experiment.results()) == 1 + 6
    with pytest.raises(RunError, match="is finished: start a new one"):
        start(experiment)


def test_a_worker_deep_in_work_that_nothing_interrupts_is_given_up(experiments, tmp_path, monkeypatch):
    """A stand-in for sklearn holds the main thread for a minute, as a fit on all images may."""
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "import aecore.experiments.few_labels as work\n"
        "def stuck(settings, dataset, place):\n"
        "    import signal\n"
        "    from aecore.experiments.experiment import Advance\n"
        "    yield Advance(0.5, 'deep in work')\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "    end = time.monotonic() + 60\n"
        "    while time.monotonic() < end:\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except BaseException:\n"
        "            pass\n"
        "object.__setattr__(work.FEW_LABELS, 'perform', stuck)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    experiment = experiments.create(make_task("few_labels", NAME, SMALL))
    start(experiment)
    until(lambda: experiment.summary().doing == "deep in work", "the work to begin")

    asked = time.monotonic()
    ended = stop(experiment, timeout_s=30)

    print(f"\ngiven up after {time.monotonic() - asked:.2f} s")
    assert ended == "stopped"
    assert time.monotonic() - asked < 20
