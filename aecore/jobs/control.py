"""Starting, stopping and resuming runs from another process."""

import time
from contextlib import suppress
from dataclasses import asdict

from aecore.errors import RunError
from aecore.jobs.launcher import Launcher
from aecore.jobs.launchers import chosen_launcher
from aecore.jobs.queue import Line, NoLine
from aecore.jobs.slurm import SlurmJob, SlurmLauncher, waits
from aecore.runs.arrays import tensor_names
from aecore.runs.folder import CHECKPOINT, Run
from aecore.runs.job_folder import STOP, JobFolder, was_launched
from aecore.runs.slurm_queue import cancel, state_in_slurm
from aecore.runs.status import LiveStatus
from aecore.runs.summary import mapping, text, whole

POLL_S = 0.05


def start(job: JobFolder, launcher: Launcher | None = None) -> str:
    """Start a job in the background and return its state.

    It goes on from where it was, a run from its last checkpoint. RunError when it is under way or finished.
    """
    asked_at = time.time()
    with job.hold() as status:
        require_startable(job, status)
        (job.path / STOP).unlink(missing_ok=True)
        chosen = launcher or chosen_launcher()
        line = NoLine(job) if isinstance(chosen, SlurmLauncher) else Line(job)
        line.join()
        try:
            launched = chosen.launch(job)
        except BaseException:
            line.leave()
            raise
        began = {"launched": asdict(launched), "asked_at": asked_at}
        message = waits(launched.slurm) if isinstance(launched, SlurmJob) else ""
        status.update(state="queued", message=message, place=None, progress=None, **began, sync=True)
    return str(job.status()["state"])


def stop(job: JobFolder, timeout_s: float = 0.0) -> str:
    """Ask a job to stop; wait up to `timeout_s` for it; return its state then. RunError when it is not under way."""
    if not job.alive():
        state, article = job.status()["state"], "an" if job.kind[0] in "aeiou" else "a"
        raise RunError(f"{job.id} is {state}: only {article} {job.kind} that {job.works} or waits can be stopped.")
    (job.path / STOP).touch()
    _withdraw(job)
    deadline = time.monotonic() + timeout_s
    while job.alive() and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return str(job.status()["state"])


def _withdraw(job: JobFolder) -> None:
    """Take a job that Slurm has not begun out of its queue. One that begins meanwhile finds the request to stop."""
    number = text(mapping(job.status(), "launched"), "slurm")
    if not number or state_in_slurm(number, fresh=True) != "PENDING":
        return
    cancel(number)
    with suppress(RunError), job.hold() as status:
        status.update(state="stopped", message="", launched=None, sync=True)
        (job.path / STOP).unlink(missing_ok=True)


def resume(run: Run, epochs: int | None = None, device: str | None = None, launcher: Launcher | None = None) -> str:
    """Go on from the last checkpoint in the background; return the state.

    A finished run needs `epochs`, the length of a new stage; any other run takes none. `device` replaces the one it
    was made for. RunError when it is under way or cannot be resumed.
    """
    make_ready(run, epochs, device)
    return start(run, launcher)


def make_ready(run: Run, epochs: int | None = None, device: str | None = None) -> None:
    """What `resume` does before it starts a process, for whoever then trains in this one."""
    with run.hold() as status:
        if status["state"] != "finished":
            require_startable(run, status)
            if epochs is not None:
                raise RunError(
                    f"{run.id} has done {whole(run.status(), 'epochs_done')} epochs and is not finished: resume it "
                    "without a number of epochs, then add more."
                )
        elif epochs is None:
            raise RunError(f"{run.id} is finished: say how many further epochs to train.")
        else:
            _require_optimiser(run)
            run.write_recipe(run.recipe().with_stage(epochs), status)
            status.update(state="stopped", sync=True)
        if device is not None:
            run.write_about(device=device)
        if status["asked_at"] is not None:
            status.update(asked_at=None)
        (run.path / STOP).unlink(missing_ok=True)


def _require_optimiser(run: Run) -> None:
    """Before a finished run is given a new stage: a starter run that was brought in cannot be trained further."""
    current = run.path / CHECKPOINT
    if current.exists() and not any(name.startswith("optimiser.") for name in tensor_names(current)):
        raise RunError(
            f"{run.id} keeps its weights only, not the state of its optimiser: it cannot be trained further. "
            "Train its recipe as a new run."
        )


def require_startable(job: JobFolder, status: LiveStatus) -> None:
    """RunError for a job that is done or about to begin. The caller holds it, so nobody works on it now."""
    if was_launched({"launched": status["launched"], "state": status["state"]}):
        raise RunError(f"{job.id} was just started: it is under way.")
    if status["state"] == "finished":
        more = "resume it with a number of further epochs" if isinstance(job, Run) else "start a new one"
        raise RunError(f"{job.id} is finished: {more}.")
