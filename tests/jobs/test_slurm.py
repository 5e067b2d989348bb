"""Runs as jobs of a real Slurm, whose only node is this machine; and what is decided before Slurm is asked."""

import json
import os
import signal
import subprocess
import time

import pytest

from aecore.errors import JobError, SettingError
from aecore.jobs import make_ready, start, stop
from aecore.jobs.launchers import chosen_launcher
from aecore.jobs.slurm import SlurmLauncher, SlurmSettings
from aecore.jobs.standby import standby_launcher
from aecore.runs import slurm_queue
from aecore.runs.folder import Run
from aecore.runs.processes import HERE
from aecore.runs.weights import newest_checkpoint
from tests.jobs import one_node_slurm
from tests.runs.tiny import DEADLINE_S, long_recipe, numbers, tiny_recipe, until


@pytest.fixture(scope="session")
def _slurm(tmp_path_factory):
    reason = one_node_slurm.missing()
    if reason and os.environ.get("LATENT_LAB_REQUIRE_SLURM"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with one_node_slurm.slurm(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


@pytest.fixture
def slurm(_slurm, monkeypatch):
    """Slurm is what starts runs; every job of the test is gone when it ends."""
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, _slurm[name])
    monkeypatch.setenv("AECORE_LAUNCHER", "slurm")
    monkeypatch.setenv("AECORE_SLURM", "partition=tests, cpus=1, memory_gb=1, minutes=30")
    monkeypatch.setattr(slurm_queue, "AGE_S", 0.2)
    yield
    told("scancel", "--user=root")
    until(lambda: not told("squeue", "-h"), "Slurm to be empty")


def told(*command):
    """What a command of Slurm answers."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def state(run):
    return run.summary().state


def number(run):
    return run.status()["launched"]["slurm"]


def in_epoch(run, epoch):
    return lambda: (run.status().get("progress") or {}).get("epoch") == epoch


@pytest.mark.usefixtures("slurm")
def test_a_run_goes_through_slurm_to_the_same_numbers_and_takes_no_place_in_the_line_of_this_machine(runs, trained):
    run = runs.create(trained.recipe())

    assert start(run) == "queued"
    waiting = run.summary()
    assert waiting.state == "queued"
    assert waiting.message == f"Waits for Slurm (job {number(run)})."
    assert not list((runs.root / ".queue").glob("*@*"))
    until(lambda: state(run) not in ("queued", "running"), "the end of the run")

    assert state(run) == "finished", run.log_tail()
    assert run.summary().message == ""
    assert numbers(run) == numbers(trained)


@pytest.mark.usefixtures("slurm")
def test_a_job_that_waits_is_taken_out_of_slurm_by_a_stop(runs, monkeypatch):
    monkeypatch.setenv("AECORE_SLURM", f"partition=tests, cpus={os.cpu_count()}, memory_gb=1")
    told("sbatch", "--exclusive", "--output=/dev/null", "--wrap=sleep 300")
    run = runs.create(tiny_recipe())
    start(run)
    until(lambda: told("squeue", "-h", "-o", "%T", "-j", number(run)) == "PENDING", "Slurm to let it wait")
    job = number(run)
    assert run.alive()

    assert stop(run) == "stopped"

    assert job not in told("squeue", "-h", "-o", "%i").split()
    assert run.summary().message == ""
    make_ready(run)  # it can be started again


@pytest.mark.usefixtures("slurm")
def test_a_stop_of_a_run_that_slurm_has_begun_keeps_a_checkpoint(runs):
    run = runs.create(long_recipe(epochs=50))
    start(run)
    until(in_epoch(run, 0), "the first epoch")

    assert stop(run, timeout_s=DEADLINE_S) == "stopped"

    assert newest_checkpoint(run)[0].position.step > 0


@pytest.mark.usefixtures("slurm")
def test_a_job_whose_time_is_over_keeps_a_checkpoint_waits_again_and_goes_on(runs):
    run = runs.create(long_recipe(epochs=2))
    start(run)
    until(in_epoch(run, 0), "the first epoch")
    job = number(run)

    told("scancel", "--signal=USR2", job)
    until(lambda: told("squeue", "-h", "-o", "%T", "-j", job) == "PENDING", "the job to be put back")
    step = newest_checkpoint(run)[0].position.step
    assert (state(run), run.summary().message) == ("queued", f"Waits for Slurm (job {job}).")
    told("scontrol", "update", f"JobId={job}", "StartTime=now+3")  # not in the second in which it ended
    until(lambda: state(run) not in ("queued", "running"), "the end of the run")

    assert step > 0
    assert state(run) == "finished", run.log_tail()
    assert run.log_tail(200).count("Stopped at step") == 1
    assert f"Stopped at step {step}." in run.log_tail(200)


@pytest.mark.usefixtures("slurm")
def test_a_job_that_is_killed_is_shown_as_crashed(runs):
    run = runs.create(long_recipe(epochs=50))
    start(run)
    until(in_epoch(run, 0), "the first epoch")

    os.kill(run.status()["pid"], signal.SIGKILL)
    until(lambda: state(run) != "running", "the end of the job")

    assert state(run) == "crashed"


@pytest.mark.usefixtures("slurm")
def test_a_job_that_slurm_refuses_is_not_started_and_says_why(runs, monkeypatch):
    monkeypatch.setenv("AECORE_SLURM", "partition=nowhere")
    run = runs.create(tiny_recipe())

    with pytest.raises(JobError, match=r"Slurm did not take .*Invalid partition"):
        start(run)

    assert state(run) == "stopped"


# --- without Slurm


def test_the_launcher_is_one_setting(monkeypatch):
    assert chosen_launcher() is standby_launcher()
    monkeypatch.setenv("AECORE_LAUNCHER", "slurm")
    monkeypatch.setenv("AECORE_SLURM", "partition=gpu,gpus=1, minutes = 60")
    made = chosen_launcher()
    assert isinstance(made, SlurmLauncher)
    assert made.settings == SlurmSettings(partition="gpu", gpus=1, minutes=60)
    monkeypatch.setenv("AECORE_LAUNCHER", "elsewhere")
    with pytest.raises(SettingError, match="choose local or slurm"):
        chosen_launcher()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("partition", "write for instance"),
        ("colour=red", "no setting 'AECORE_SLURM.colour'"),
        ("gpus=8", "AECORE_SLURM.gpus is 8"),
        ("minutes=soon", "AECORE_SLURM.minutes"),
    ],
)
def test_words_for_slurm_that_are_not_understood_are_named(words, reason):
    with pytest.raises(SettingError, match=reason):
        SlurmSettings.read(words)


def test_without_slurm_the_sentence_says_so(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_LAUNCHER", "slurm")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(JobError, match="Slurm did not take"):
        start(runs.create(tiny_recipe()))


@pytest.mark.parametrize(("host", "age_s", "expected"), [("elsewhere", 5, "running"), ("elsewhere", 600, "crashed"),
                                                         (HERE, 5, "crashed")])  # fmt: skip
def test_a_heartbeat_of_another_machine_counts_where_its_lock_cannot_be_seen(runs, host, age_s, expected):
    run = runs.create(tiny_recipe())
    stored = json.loads((run.path / "status.json").read_text())
    beat = {"state": "running", "host": host, "pid": os.getpid(), "heartbeat": time.time() - age_s}
    (run.path / "status.json").write_text(json.dumps(stored | beat))

    assert Run(run.path).summary().state == expected
