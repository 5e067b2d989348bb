"""What a training leaves in its folder, and what is taken back when it goes on."""

import json
import shutil

import pytest

from aecore.errors import TrainingError
from aecore.runs.folder import CHECKPOINT, PREVIOUS, Run
from aecore.runs.recorder import record
from aecore.runs.weights import newest_checkpoint
from aecore.training import loop
from aecore.training.capture import Steps
from aecore.training.events import CheckpointDue, Epoch, Finished, Preview, Progress
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.together import together
from tests.runs.tiny import numbers, tiny_recipe

CPU = find_device("cpu")
EVERY_EPOCH, AT_THE_END = 0.0, 1e9  # seconds between two checkpoints


def keep(monkeypatch, seconds):
    """From now on checkpoints are kept after so many seconds of training."""
    monkeypatch.setattr(loop, "CHECKPOINT_S", seconds)


def go_on(run, splits, until=None):
    """Record, from the last checkpoint if there is one, up to the event for which `until` holds; the last event."""
    checkpoint, _ = newest_checkpoint(run)
    training = Training(run.recipe(), splits, CPU, checkpoint)
    with run.hold() as status:
        events = record(run, training, status)
        for event in events:
            if until is not None and until(event):
                break
        events.close()
    return event


def assert_same_end(run, other):
    assert numbers(run) == numbers(other)
    ours, theirs = newest_checkpoint(run)[0].tensors, newest_checkpoint(other)[0].tensors
    assert ours.keys() == theirs.keys()
    for name, each in ours.items():
        assert each.equal(theirs[name]), name


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, splits):
    from aecore.runs.store import Runs

    run = Runs(tmp_path_factory.mktemp("whole")).create(tiny_recipe(epochs=3))
    go_on(run, splits)
    return run


@pytest.mark.parametrize("seconds", [EVERY_EPOCH, AT_THE_END], ids=["kept after every epoch", "kept at the end"])
@pytest.mark.parametrize(
    "moment",
    [
        lambda event: isinstance(event, Progress) and event.epoch == 1,
        lambda event: isinstance(event, Epoch) and event.epoch == 2,
        lambda event: isinstance(event, Preview) and event.epoch == 2,
        lambda event: isinstance(event, CheckpointDue) and event.epoch == 2,
    ],
    ids=["in an epoch", "at its metrics", "at its preview", "at its checkpoint"],
)
def test_a_run_closed_at_any_moment_keeps_it_and_goes_on_as_if_it_never_had_been(
    runs, splits, uninterrupted, moment, seconds, monkeypatch
):
    keep(monkeypatch, seconds)
    run = runs.create(tiny_recipe(epochs=3))

    last = go_on(run, splits, moment)
    state, kept = run.summary().state, newest_checkpoint(run)[0].position
    go_on(run, splits)

    assert state == "stopped"
    assert (kept.epoch, kept.step_in_epoch > 0) == (last.epoch, isinstance(last, Progress))
    assert_same_end(run, uninterrupted)
    assert run.summary().state == "finished"
    assert run.snapshots() == (1, 2, 3)


def test_short_epochs_share_a_checkpoint_and_the_last_one_is_kept_whole(runs, splits, uninterrupted, monkeypatch):
    keep(monkeypatch, AT_THE_END)
    run, kept = runs.create(tiny_recipe(epochs=3)), []

    def look(event):
        if isinstance(event, CheckpointDue):
            kept.append(((run.path / CHECKPOINT).exists(), run.summary().weights, event.pressing))

    go_on(run, splits, look)

    assert kept == [(False, False, False), (False, False, False), (True, True, True)]
    assert not (run.path / PREVIOUS).exists()
    assert_same_end(run, uninterrupted)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_run_killed_epochs_after_its_checkpoint_goes_on_from_there(
    runs, splits, uninterrupted, kept, tmp_path, monkeypatch
):
    run, left = runs.create(tiny_recipe(epochs=3)), Run(tmp_path / "killed")

    def kill(event):
        """What is on disk now is what a kill would leave."""
        if isinstance(event, CheckpointDue):
            keep(monkeypatch, AT_THE_END)
        if isinstance(event, Progress) and event.epoch == 2:
            shutil.copytree(run.path, left.path)
        return left.path.exists()

    keep(monkeypatch, EVERY_EPOCH if kept else AT_THE_END)
    go_on(run, splits, kill)
    found, _ = newest_checkpoint(left)
    behind = len(left.metrics()), left.snapshots()
    seen = []
    go_on(left, splits, lambda event: seen.append((len(left.metrics()), left.snapshots())))

    assert (found.position.epoch if found else 0) == kept
    assert behind == (2, (1, 2))
    assert seen[0] == (kept, (1, 2)[:kept])
    assert_same_end(left, uninterrupted)
    steps = [line["step"] for line in left.steps()]
    assert steps == sorted(set(steps))


def test_a_stop_at_an_event_whose_moment_is_kept_writes_nothing_more(runs, splits, monkeypatch):
    keep(monkeypatch, EVERY_EPOCH)
    run = runs.create(tiny_recipe(epochs=3))

    go_on(run, splits, lambda event: isinstance(event, CheckpointDue))

    assert newest_checkpoint(run)[0].position.epoch == 1
    assert not (run.path / PREVIOUS).exists()


def test_closing_at_the_last_epoch_finishes_the_run(runs, splits):
    run = runs.create(tiny_recipe(epochs=1))

    go_on(run, splits, lambda event: isinstance(event, Epoch))

    assert run.summary().state == "finished"


def test_closing_before_the_first_step_keeps_nothing_that_could_not_be_resumed(runs, splits):
    run = runs.create(tiny_recipe(epochs=1))

    go_on(run, splits, lambda event: True)

    assert run.summary().state == "stopped"
    assert not (run.path / "checkpoint.safetensors").exists()


def test_a_cut_off_line_and_epochs_after_the_checkpoint_are_taken_back_on_resuming(runs, splits, uninterrupted):
    run = runs.create(tiny_recipe(epochs=3))
    go_on(run, splits, lambda event: isinstance(event, CheckpointDue) and event.epoch == 1)
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"epoch": 2, "validation": {"loss": 99.0}}) + "\n" + '{"epoch": 3, "val')
    run.snapshot_path(2).write_bytes(b"left behind")
    (run.path / ".checkpoint.safetensors.1.tmp").write_bytes(b"left by a process that was killed")

    go_on(run, splits)

    assert numbers(run) == numbers(uninterrupted)
    assert (run.path / "metrics.jsonl").read_bytes().count(b"\n") == 3
    assert run.snapshot(2).codes.shape == (100, 3)
    assert not list(run.path.glob(".*"))


def test_the_steps_of_the_curve_grow_and_come_once(uninterrupted):
    steps = [line["step"] for line in uninterrupted.steps()]

    assert steps == sorted(set(steps))
    assert steps[-1] <= 24
    assert "loss" in uninterrupted.steps()[0]["losses"]


def test_the_environment_names_versions_and_device_but_no_place_or_person(uninterrupted):
    known = uninterrupted.environment()

    assert {"aecore", "python", "torch", "numpy", "device", "precision", "threads", "platform"} == set(known)
    assert "/" not in json.dumps(known)


def test_a_finished_run_is_quiet(uninterrupted):
    status = uninterrupted.status()

    assert (status["state"], status["message"], status["progress"]) == ("finished", "", None)
    assert status["bytes"] > 0


def test_every_event_is_passed_on(runs, splits):
    run = runs.create(tiny_recipe(epochs=1))
    training = Training(run.recipe(), splits, CPU)

    with run.hold() as status:
        kinds = [type(event) for event in record(run, training, status)]

    assert kinds[-4:] == [Epoch, Preview, CheckpointDue, Finished]


def test_a_loss_that_is_no_longer_finite_keeps_the_checkpoint_before_it(runs, splits, monkeypatch):
    keep(monkeypatch, EVERY_EPOCH)
    run = runs.create(tiny_recipe(epochs=3))
    training = Training(run.recipe(), splits, CPU)

    def spoil_after_the_first_epoch():
        with run.hold() as status:
            for event in record(run, training, status):
                if isinstance(event, CheckpointDue):
                    next(training.model.parameters()).data.fill_(float("nan"))

    with pytest.raises(TrainingError, match="no longer a finite number"):
        spoil_after_the_first_epoch()

    checkpoint, note = newest_checkpoint(run)
    assert (checkpoint.position.epoch, note) == (1, "")
    assert all(each.isfinite().all() for each in checkpoint.part("model").values())


def test_the_time_left_stays_in_the_status_when_it_is_written_again(runs, splits):
    run = runs.create(tiny_recipe(epochs=3))
    training = Training(run.recipe(), splits, CPU)
    with run.hold() as status:
        events = record(run, training, status)
        next(event for event in events if isinstance(event, Progress))
        status.update(message="")  # as the heartbeat does
        left = run.status()["progress"]["seconds_left"]
        events.close()

    assert left > 0
    assert all("seconds_left" not in point for point in run.steps())


@pytest.mark.parametrize("kept", [1, 0])
def test_a_race_that_breaks_off_within_its_steps_leaves_the_checkpoint_before_it(runs, splits, monkeypatch, kept):
    keep(monkeypatch, EVERY_EPOCH if kept else AT_THE_END)
    made = [runs.create(tiny_recipe(epochs=3, seed=seed, **{"training.order": 1})) for seed in (1, 2)]
    members = together([each.recipe() for each in made], splits, CPU, [None, None])
    with made[0].hold() as first, made[1].hold() as second:
        events = [record(*each) for each in zip(made, members, (first, second), strict=True)]
        while not all(isinstance(event, CheckpointDue) for event in [next(each) for each in events]):
            pass
        with monkeypatch.context() as patch:
            patch.setattr(Steps, "take", broken(Steps.take))
            with pytest.raises(MemoryError):
                list(events[0])
        events[1].close()

    checkpoint, _ = newest_checkpoint(made[1])
    assert (checkpoint.position.epoch if checkpoint else 0) == kept
    whole = runs.create(made[1].recipe())
    go_on(whole, splits)
    go_on(made[1], splits)
    assert numbers(made[1])[-1]["validation"] == pytest.approx(numbers(whole)[-1]["validation"], rel=1e-3)


def broken(take):
    """Fails after the step was taken, as where memory ends in the middle of the next."""

    def failing(self, *arguments):
        take(self, *arguments)
        raise MemoryError

    return failing
