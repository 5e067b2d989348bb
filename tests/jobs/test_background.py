"""Runs in processes of their own: killed, stopped, queued, orphaned, and on a disk without room."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import psutil
import pytest

from aecore import places
from aecore.errors import RunError
from aecore.jobs import resume, run_here, start, stop
from aecore.runs.weights import newest_checkpoint
from tests.runs.tiny import long_recipe, numbers, tiny_recipe, until

STEPS = 800  # per epoch of the long recipe
EPOCHS = 10  # of the long recipe: several seconds, so that checkpoints are kept on the way


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, splits):
    from aecore.runs.store import Runs

    run = Runs(tmp_path_factory.mktemp("whole")).create(long_recipe(EPOCHS))
    for _ in run_here(run):
        pass
    return run


def state(run):
    return run.summary().state


def in_epoch(run, epoch):
    """Whether the run was last seen within that epoch, the first one being 0."""
    progress = run.summary().progress or {}
    return progress.get("epoch") == epoch and progress["step"] < (epoch + 1) * STEPS


def gone(pid):
    return not psutil.pid_exists(pid)


def kept(run):
    """Where its newest checkpoint stands; None while there is none."""
    checkpoint, _ = newest_checkpoint(run)
    return checkpoint and checkpoint.position


def test_a_run_killed_after_its_checkpoint_is_shown_as_crashed_and_goes_on_to_the_same_numbers(runs, uninterrupted):
    run = runs.create(long_recipe(EPOCHS))
    start(run)
    first = until(lambda: kept(run), "the first checkpoint").epoch
    until(lambda: in_epoch(run, first + 1), "the epoch after the next")
    pid = run.status()["pid"]

    os.kill(pid, signal.SIGKILL)

    until(lambda: gone(pid), "the dead process to be buried")
    summary = run.summary()
    assert summary.state == "crashed"
    assert "Resume the run" in summary.message
    assert "Epoch 1: training loss" in run.log_tail()

    last = kept(run).epoch
    assert resume(run) == "queued"
    until(lambda: state(run) not in ("queued", "running"), "the end")

    assert state(run) == "finished", run.log_tail()
    assert f"images, epoch {last} of {EPOCHS} done" in run.log_tail(200)
    assert numbers(run) == numbers(uninterrupted)
    ours, theirs = newest_checkpoint(run)[0].tensors, newest_checkpoint(uninterrupted)[0].tensors
    assert all(ours[name].equal(theirs[name]) for name in theirs)


def test_runs_on_one_device_wait_in_line_and_a_stop_is_obeyed_within_a_second(runs):
    first, second, third = (runs.create(recipe) for recipe in (long_recipe(50), tiny_recipe(1), tiny_recipe(1)))
    start(first)
    until(lambda: in_epoch(first, 0), "the first run to train")
    start(second)
    start(third)
    until(lambda: (second.summary().place, third.summary().place) == (1, 2), "two places in the line")

    with pytest.raises(RunError, match="under way"):
        start(first)
    with pytest.raises(RunError, match="under way"):
        resume(second)
    stop(third, timeout_s=30)
    assert (state(third), state(second), state(first)) == ("stopped", "queued", "running")

    until(lambda: 0 < (first.summary().progress or {}).get("step", 0) % STEPS < STEPS / 2, "the middle of an epoch")
    asked = time.monotonic()
    ended = stop(first, timeout_s=30)
    print(f"\nstopped, with a checkpoint in mid-epoch, in {time.monotonic() - asked:.2f} s")

    assert ended == "stopped"
    assert newest_checkpoint(first)[0].position.step_in_epoch > 0
    until(lambda: state(second) == "finished", "the second run's turn")
    with pytest.raises(RunError, match="is finished: resume it with a number"):
        start(second)
    with pytest.raises(RunError, match="only a run that trains or waits"):
        stop(second)


def test_a_run_outlives_the_process_that_started_it(runs):
    run = runs.create(long_recipe(2))
    program = (
        "import sys, time; from pathlib import Path; from aecore.jobs import start; from aecore.runs.folder import Run;"
        f"start(Run(Path({str(run.path)!r}))); print('started', flush=True); sys.stdin.read()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=places.child_environment()
    )
    with server:
        assert server.stdout.readline() == b"started\n"
        until(lambda: in_epoch(run, 0), "the run to train")

        server.kill()

    assert state(run) == "running"
    until(lambda: state(run) == "finished", "the end")
    assert len(run.metrics()) == 2


def test_a_full_disk_ends_the_run_with_a_sentence_and_keeps_the_last_checkpoint(runs, uninterrupted):
    run = runs.create(long_recipe(EPOCHS))
    start(run)
    first = until(lambda: kept(run), "the first checkpoint")
    size = (run.path / "checkpoint.safetensors").stat().st_size

    resource.prlimit(run.status()["pid"], resource.RLIMIT_FSIZE, (size // 2, size // 2))

    until(lambda: state(run) not in ("queued", "running"), "the end")
    summary = run.summary()
    assert summary.state == "failed"
    assert summary.message.startswith("The disk is full: checkpoint.safetensors")
    assert "RunError" in run.log_tail()
    assert kept(run) == first
    assert not list(run.path.glob(".*.tmp"))

    resume(run)
    until(lambda: state(run) == "finished", "the end")
    assert numbers(run) == numbers(uninterrupted)


def test_a_worker_that_cannot_even_begin_is_shown_as_crashed_with_its_log(runs, monkeypatch):
    run = runs.create(tiny_recipe())
    monkeypatch.setattr(sys, "executable", "/bin/false")

    start(run)

    until(lambda: state(run) == "crashed", "the end")


def test_a_run_that_cannot_be_trained_fails_with_the_sentence_and_the_traceback(runs):
    run = runs.create(tiny_recipe())
    recipe = run.recipe_values()
    recipe["data"]["name"] = "nowhere"
    (run.path / "recipe.json").write_text(json.dumps(recipe))

    start(run)

    until(lambda: state(run) == "failed", "the end")
    assert "There is no data set 'nowhere'" in run.summary().message
    assert "Traceback" in run.log_tail()
