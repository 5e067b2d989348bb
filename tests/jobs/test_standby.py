"""The worker that stands by: who gets it, what it becomes, and that nothing of it is left."""

import json
import os
import re
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from aecore import places
from aecore.experiments.store import Experiments, make_task
from aecore.jobs import resume, start, stop
from aecore.jobs.launcher import LocalLauncher
from aecore.jobs.standby import StandbyLauncher, standby_launcher
from aecore.runs.job_folder import QUEUE
from aecore.runs.processes import is_alive
from aecore.runs.weights import newest_checkpoint
from tests.jobs.first_step import told_by
from tests.runs.tiny import NAME, long_recipe, numbers, tiny_recipe, until, until_idle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be handed to another process")

MAKER = """
import sys
from pathlib import Path
from aecore.jobs import start
from aecore.jobs.standby import standby_launcher
from aecore.runs.folder import Run

standby_launcher().keep_one()
print(standby_launcher().waiting().pid, flush=True)
for line in sys.stdin:
    print(start(Run(Path(line.strip()))), flush=True)
"""

READY = """
import json, sys, torch
before = torch.get_rng_state(), torch.get_num_threads()
from aecore.jobs.standing_by import _get_ready
_get_ready()
same = torch.get_rng_state().equal(before[0]) and torch.get_num_threads() == before[1]
loaded = set(sys.modules)
from tests.jobs.first_step import modules_at_first_step
print(json.dumps([same, torch.cuda.is_initialized(), sorted(modules_at_first_step(sys.argv[1]) - loaded)]))
"""


@pytest.fixture
def launcher(monkeypatch):
    """One that may keep a standby, and makes the next one at once."""
    monkeypatch.setenv("AECORE_STANDBY", "on")
    made = StandbyLauncher(replaced_after_s=0.0)
    yield made
    made.dismiss()


@pytest.fixture
def maker(monkeypatch):
    """A process that keeps a standby, as the server does, and starts the runs that it is told."""
    environment = places.child_environment() | {"AECORE_STANDBY": "on"}
    command, both = [sys.executable, "-c", MAKER], {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **both, text=True, env=environment) as process:
        yield process
        process.kill()


def done(run):
    until(lambda: run.summary().state not in ("queued", "running"), "the end")
    return run.summary().state


def trained_by(launcher, run):
    start(run, launcher)
    assert done(run) == "finished", run.log_tail()
    return run


def kept(launcher):
    """Its first standby. No fixture makes it: pytest changes the environment between set-up and call."""
    launcher.keep_one()
    return launcher.waiting()


def gone(process):
    return not is_alive(process.pid, process.started)


def test_a_run_through_the_standby_is_the_same_to_the_last_bit_as_one_in_a_fresh_process(runs, launcher):
    standby = kept(launcher)
    until_idle(standby.pid)

    ours = trained_by(launcher, runs.create(tiny_recipe(3)))
    theirs = trained_by(LocalLauncher(), runs.create(tiny_recipe(3)))

    assert ours.status()["pid"] == standby.pid != theirs.status()["pid"]
    assert ours.environment() == theirs.environment()
    assert numbers(ours) == numbers(theirs)
    tensors, expected = newest_checkpoint(ours)[0].tensors, newest_checkpoint(theirs)[0].tensors
    assert tensors.keys() == expected.keys()
    assert all(tensors[name].equal(expected[name]) for name in expected)


def test_it_is_that_jobs_worker_and_no_other_and_a_new_one_takes_its_place(runs, launcher):
    standby, run = kept(launcher), runs.create(long_recipe())

    start(run, launcher)

    assert run.status()["launched"] == {"pid": standby.pid, "started": standby.started}
    until(lambda: run.summary().progress, "the run to train")
    assert os.getsid(standby.pid) == standby.pid
    assert run._locked()
    fresh = until(launcher.waiting, "another standby")
    assert fresh.pid != standby.pid
    assert stop(run, timeout_s=30) == "stopped"
    until(lambda: gone(standby), "the end of the worker")
    assert not gone(fresh)


def test_a_stop_right_after_the_start_is_obeyed(runs, launcher):
    standby, run = kept(launcher), runs.create(long_recipe(50))
    start(run, launcher)

    assert stop(run, timeout_s=60) == "stopped"

    assert run.status()["pid"] == standby.pid
    assert run.metrics() == []


def test_what_goes_wrong_stands_in_the_log_and_the_status(runs, launcher):
    standby, run = kept(launcher), runs.create(tiny_recipe())
    values = run.recipe_values()
    values["data"]["name"] = "nowhere"
    (run.path / "recipe.json").write_text(json.dumps(values))

    start(run, launcher)

    assert done(run) == "failed"
    assert "There is no data set 'nowhere'" in run.summary().message
    printed = re.compile("^There is no data set", re.MULTILINE)  # what the run itself writes begins with the time
    until(lambda: printed.search(run.log_tail()), "what the process said at its end")
    assert "Traceback" in run.log_tail()
    assert run.status()["pid"] == standby.pid


def test_one_of_several_threads_gets_it_and_the_others_start_a_process(runs, launcher):
    standby, made = kept(launcher), [runs.create(tiny_recipe(1)) for _ in range(3)]
    (runs.root / QUEUE).mkdir()  # which `start` makes; that lets one start at a time, and here all shall come at once
    barrier, launched = threading.Barrier(len(made)), []

    def launch(run):
        barrier.wait()
        launched.append(launcher.launch(run).pid)

    threads = [threading.Thread(target=launch, args=(run,)) for run in made]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert launched.count(standby.pid) == 1
    assert len(set(launched)) == len(made)
    until(lambda: {run.summary().state for run in made} == {"finished"}, "all of them to be trained")
    assert {run.status()["pid"] for run in made} == set(launched)


def test_where_it_was_killed_the_run_gets_a_process_of_its_own(runs, launcher):
    standby = kept(launcher)
    os.kill(standby.pid, signal.SIGKILL)
    until(lambda: gone(standby), "its end")

    run = trained_by(launcher, runs.create(tiny_recipe(1)))

    assert run.status()["pid"] != standby.pid
    assert until(launcher.waiting, "another standby").pid != standby.pid


def test_one_made_in_another_environment_is_not_used_and_ends(runs, launcher, monkeypatch):
    standby = kept(launcher)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    run = trained_by(launcher, runs.create(tiny_recipe(1)))

    assert run.status()["pid"] != standby.pid
    until(lambda: gone(standby), "its end")


def test_a_job_that_waits_in_line_leaves_it_alone(runs, launcher):
    standby, first, second = kept(launcher), runs.create(long_recipe(50)), runs.create(tiny_recipe(1))
    start(first, LocalLauncher())
    until(lambda: first.summary().progress, "the first run to train")

    start(second, launcher)

    assert launcher.waiting() == standby
    until(lambda: second.summary().place == 1, "its place in the line")
    stop(first, timeout_s=30)
    assert done(second) == "finished"
    trained_by(launcher, third := runs.create(tiny_recipe(1)))
    assert third.status()["pid"] == standby.pid


def test_an_experiment_is_a_job_for_it_too(runs, launcher):
    standby = kept(launcher)
    small = {"labels": (8,), "draws": 1, "epochs": 1, "code_size": 3, "steps": 60}
    experiment = Experiments(runs.root).create(make_task("few_labels", NAME, small))

    start(experiment, launcher)

    assert done(experiment) == "finished"
    assert experiment.status()["pid"] == standby.pid


def test_what_says_no_launcher_uses_the_one_of_its_process_as_pages_do(runs, monkeypatch):
    monkeypatch.setenv("AECORE_STANDBY", "on")
    standby_launcher().keep_one()
    try:
        standby, run = standby_launcher().waiting(), runs.create(tiny_recipe(1))
        start(run)
        assert done(run) == "finished"
        assert run.status()["pid"] == standby.pid
    finally:
        standby_launcher().dismiss()

    resume(run, epochs=1)

    assert done(run) == "finished"
    assert run.status()["pid"] != standby.pid
    assert len(run.metrics()) == 2


def test_a_setting_turns_it_off(monkeypatch):
    monkeypatch.setenv("AECORE_STANDBY", "off")
    launcher = StandbyLauncher()
    launcher.keep_one()
    assert launcher.waiting() is None


def test_unused_it_ends_with_the_process_that_made_it(maker):
    standby = psutil.Process(int(maker.stdout.readline()))

    maker.kill()

    until(lambda: not standby.is_running(), "its end")


def test_with_a_job_it_outlives_the_process_that_made_it(runs, maker):
    pid, run = int(maker.stdout.readline()), runs.create(long_recipe(2))
    print(run.path, file=maker.stdin, flush=True)
    assert maker.stdout.readline() == "queued\n"
    until(lambda: run.summary().progress, "the run to train")

    maker.kill()

    assert done(run) == "finished"
    assert run.status()["pid"] == pid
    assert len(run.metrics()) == 2


def test_ready_it_has_loaded_what_a_run_loads_and_set_nothing(runs):
    run = runs.create(tiny_recipe())

    same, gpu, loaded_later = told_by(READY, run)

    assert same
    assert not gpu
    needed = [name for name in loaded_later if name.partition(".")[0] in ("aecore", "torch", "numpy", "safetensors")]
    assert [name for name in needed if not name.startswith("aecore.jobs.")] == []
