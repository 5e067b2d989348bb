"""One run by two processes that torchrun started, through the command line: the first writes, the other follows."""

import os
import signal
import subprocess
from contextlib import contextmanager

import psutil
import pytest

from aecore import places
from aecore.jobs import run_here, stop
from aecore.runs.store import Runs
from aecore.runs.weights import newest_checkpoint
from aecore.training.events import Progress
from tests.runs.tiny import numbers, tiny_recipe, until
from tests.training.test_distributed import DEADLINE_S, torchrun


def recipe():
    """Two hundred steps an epoch: there is time to catch it in the middle of one."""
    return tiny_recipe(epochs=2, batch_size=4)


@pytest.fixture(scope="session")
def alone(tmp_path_factory, splits):
    """The numbers of one process."""
    run = Runs(tmp_path_factory.mktemp("alone")).create(recipe())
    for _ in run_here(run):
        pass
    return numbers(run)


@contextmanager
def together(run, *words):
    """Two processes resume a run; the process that started them."""
    command = torchrun("aecore", "resume", run.id, "--runs", str(run.path.parent), *words)
    with (run.path / "said.txt").open("wb") as said:
        child = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=places.child_environment(), stdin=subprocess.DEVNULL
        )
        try:
            yield child
        finally:
            for each in (*psutil.Process(child.pid).children(recursive=True), child) if child.poll() is None else ():
                each.kill()
            child.wait()


def assert_same(run, expected):
    for line, other in zip(numbers(run), expected, strict=True):
        assert line["step"] == other["step"]
        assert line["train"] == pytest.approx(other["train"], rel=1e-3)
        assert line["validation"] == pytest.approx(other["validation"], rel=1e-3)


def in_epoch(run, epoch):
    return lambda: (run.status().get("progress") or {}).get("epoch") == epoch


def test_a_run_that_two_processes_began_and_stopped_goes_on_with_one(runs, alone):
    run = runs.create(recipe(), device="cpu")

    with together(run) as child:
        until(in_epoch(run, 1), "the second epoch")
        state = stop(run, timeout_s=DEADLINE_S)
        child.wait(DEADLINE_S)

    assert state == "stopped"
    assert newest_checkpoint(run)[0].position.step > 200
    assert run.environment()["processes"] == 2
    for _ in run_here(run):
        pass
    assert_same(run, alone)


def test_a_run_that_one_process_began_goes_on_with_two(runs, alone):
    run = runs.create(recipe(), device="cpu")
    events = run_here(run)
    next(event for event in events if isinstance(event, Progress) and event.step > 20)
    events.close()

    with together(run) as child:
        status = child.wait(DEADLINE_S)

    said = (run.path / "said.txt").read_text()
    assert status == 0, said
    assert run.summary().state == "finished"
    assert said.count("finished") == 1  # the other process says nothing
    assert_same(run, alone)
    kept = newest_checkpoint(run)[0].part("model")
    assert not any("module" in name for name in kept)


def test_a_process_that_dies_ends_the_run_as_failed_with_a_sentence(runs):
    run = runs.create(tiny_recipe(epochs=200, batch_size=4), device="cpu")

    with together(run) as child:
        until(in_epoch(run, 0), "the first epoch")
        first = run.status()["pid"]
        (other,) = [each.pid for each in psutil.Process(child.pid).children() if each.pid != first]
        os.kill(other, signal.SIGKILL)
        child.wait(DEADLINE_S)

    assert run.summary().state == "failed"
    assert "One of the 2 processes that train together has ended" in run.summary().message


def test_a_process_of_its_own_is_refused(runs):
    run = runs.create(recipe())

    with together(run, "--background") as child:
        status = child.wait(DEADLINE_S)

    assert status == 1
    assert "leave it out under torchrun" in (run.path / "said.txt").read_text()
