"""Runs in this process: the same lock, queue and endings."""

import json
import signal
import threading

import pytest

from aecore.errors import LabError, RunError
from aecore.jobs import Waiting, make_ready, run_here
from aecore.jobs.queue import Line, device_key
from aecore.jobs.stopping import Stopped, StopRequest
from aecore.runs import files
from aecore.runs.folder import Run
from aecore.runs.weights import newest_checkpoint
from aecore.training import loop
from aecore.training.checkpoints import read_checkpoint
from aecore.training.events import CheckpointDue, Finished, Progress
from tests.runs.test_weights import damage
from tests.runs.tiny import numbers, tiny_recipe


def train(run, until=None):
    """The events up to the one for which `until` holds, after which the iterator is closed."""
    seen = []
    events = run_here(run)
    for event in events:
        seen.append(event)
        if until is not None and until(event):
            events.close()
    return seen


def test_a_run_trains_to_its_end(runs):
    run = runs.create(tiny_recipe(epochs=1))

    events = train(run)

    assert isinstance(events[-1], Finished)
    assert run.summary().state == "finished"
    assert not run.alive()


def test_closing_stops_the_run_and_keeps_a_checkpoint(runs):
    run = runs.create(tiny_recipe(epochs=5))

    train(run, lambda event: isinstance(event, Progress))

    assert run.summary().state == "stopped"
    assert newest_checkpoint(run)[0].position.step > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_a_request_to_stop(runs, number):
    run = runs.create(tiny_recipe(epochs=5))
    before = signal.getsignal(number)

    for event in run_here(run):
        if isinstance(event, Progress):
            signal.raise_signal(number)

    assert run.summary().state == "stopped"
    assert newest_checkpoint(run)[0].position.step > 0
    assert signal.getsignal(number) is before


def test_a_stop_file_is_a_request_to_stop_and_is_gone_afterwards(runs):
    run = runs.create(tiny_recipe(epochs=5))

    for event in run_here(run):
        if isinstance(event, Progress):
            (run.path / "stop").touch()
            assert run.summary().message == "Stopping."

    assert run.summary().state == "stopped"
    assert not (run.path / "stop").exists()


def test_preparations_are_interrupted_by_a_stop_file_that_appears(runs):
    run = runs.create(tiny_recipe())
    stop = StopRequest(run)

    def prepare():
        with stop.at_once():
            (run.path / "stop").touch()
            watcher = threading.Thread(target=stop.watch)
            watcher.start()
            watcher.join()
            while True:  # the main thread is interrupted between any two steps
                pass

    with stop.signals(), pytest.raises(Stopped):
        prepare()


def test_a_finished_run_needs_a_number_of_epochs_and_gets_a_second_stage(trained):
    with pytest.raises(RunError, match="say how many further epochs"):
        make_ready(trained)

    make_ready(trained, epochs=2)
    train(trained)

    assert [line["epoch"] for line in trained.metrics()] == [1, 2, 3, 4, 5]
    assert len(trained.recipe().stages) == 2
    assert not trained.summary().damaged


def test_weights_alone_are_not_trained_further_and_stay_as_they_are(trained):
    weights = newest_checkpoint(trained)[0].to_few_bytes()
    (trained.path / "checkpoint.safetensors").write_bytes(weights)

    with pytest.raises(RunError, match="keeps its weights only"):
        make_ready(trained, epochs=1)

    assert (trained.summary().state, trained.summary().epochs_total) == ("finished", 3)


def test_an_unfinished_run_takes_no_further_epochs(runs):
    with pytest.raises(RunError, match="is not finished"):
        make_ready(runs.create(tiny_recipe()), epochs=2)


def test_a_run_that_another_holds_is_refused(runs):
    run = runs.create(tiny_recipe())

    with run.hold(), pytest.raises(RunError, match="under way"):
        train(run)


def test_a_run_waits_while_another_has_the_device(runs):
    ahead, run = runs.create(tiny_recipe(), device="cpu"), runs.create(tiny_recipe())
    line = Line(ahead)
    line.join()
    assert line.advance() == 0
    assert device_key("auto") == "cpu" or pytest.skip("this machine has a GPU")

    events = []
    for event in run_here(run):
        events.append(event)
        if len(events) == 2:
            line.leave()

    assert events[:2] == [Waiting(1), Waiting(1)]
    assert run.summary().state == "finished"


def test_a_place_in_the_line_is_free_again_when_its_run_died(runs):
    dead, run = runs.create(tiny_recipe()), runs.create(tiny_recipe())
    Line(dead).join()
    line = Line(run)
    line.join()

    place = line.advance()
    line.leave()

    assert place == 0
    assert not list((runs.root / ".queue").glob("*@*"))


def test_the_line_is_in_the_order_of_the_tickets_and_each_device_has_its_own(runs):
    first, other, second = (runs.create(tiny_recipe(), device=key) for key in ("cuda", "mps", "cuda:0"))
    lines = [Line(run) for run in (first, other, second)]
    for line in lines:
        line.join()

    with first.hold(), other.hold(), second.hold():
        assert [lines[2].advance(), lines[1].advance(), lines[0].advance(), lines[2].advance()] == [2, 0, 0, 1]
    for line in lines:
        line.leave()


def test_a_damaged_checkpoint_is_replaced_by_the_previous_one_and_the_numbers_come_out_the_same(
    runs, trained, monkeypatch
):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)
    run = runs.create(trained.recipe())
    train(run, lambda event: isinstance(event, Progress) and event.epoch == 2)
    damage(run.path / "checkpoint.safetensors")

    train(run, lambda event: isinstance(event, Progress))
    kept = read_checkpoint(run.path / "checkpoint.previous.safetensors")
    train(run)

    assert kept.position.epoch == 2
    assert run.summary().state == "finished"
    assert "The checkpoint before it is used instead, of epoch 2" in run.log_tail(100)
    assert numbers(run) == numbers(trained)


def test_two_damaged_checkpoints_fail_with_the_way_out(runs, trained):
    make_ready(trained, epochs=1)
    (trained.path / "checkpoint.safetensors").write_bytes(b"")

    with pytest.raises(RunError, match="no checkpoint that can be read"):
        train(trained)

    assert trained.summary().state == "failed"
    assert "Train its recipe again" in trained.summary().message


def test_a_recipe_with_an_unknown_key_fails_with_the_sentence(runs):
    run = runs.create(tiny_recipe())
    (run.path / "recipe.json").write_text(json.dumps(run.recipe_values() | {"colour": "red"}))

    with pytest.raises(LabError, match="unknown key 'colour'"):
        train(run)

    assert run.summary().state == "failed"
    assert "unknown key 'colour'" in run.summary().message


def test_a_damaged_status_does_not_keep_a_run_from_going_on(runs, trained):
    run = runs.create(trained.recipe())
    train(run, lambda event: isinstance(event, Progress) and event.epoch == 1)
    (run.path / "status.json").write_text("{")

    train(run)

    assert numbers(run) == numbers(trained)
    assert run.summary().state == "finished"
    assert not run.summary().damaged


def test_the_last_words_find_room_on_a_full_disk(runs, monkeypatch):
    run = runs.create(tiny_recipe(epochs=2))
    full = []
    write = files.os.fsync

    def fsync(handle):
        if full and (run.path / "preview.safetensors").exists():
            raise OSError(28, "No space left on device")
        write(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(RunError, match="The disk is full"):
        train(run, lambda event: isinstance(event, CheckpointDue) and full.append(event))

    assert run.summary().state == "failed"
    assert "The disk is full" in run.summary().message


def test_a_process_that_ends_without_a_word_leaves_a_crashed_run(runs):
    run = runs.create(tiny_recipe())
    with run.hold() as status:
        status.update(state="running", epochs_done=1)
        assert run.summary().state == "running"

    assert Run(run.path).summary().state == "crashed"
    assert "after epoch 1" in run.summary().message
