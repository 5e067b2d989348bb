"""One job from its place in the line to its end, in whatever process it runs."""

import os
import threading
import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from aecore.errors import JobError, LabError, RunError
from aecore.experiments.experiment import Advance, Result
from aecore.experiments.folder import Experiment
from aecore.jobs.companion import gathered
from aecore.jobs.loading import load_torch
from aecore.jobs.queue import Line, NoLine, Waiting
from aecore.jobs.stopping import Stopped, StopRequest
from aecore.runs.folder import PREVIEW, Run
from aecore.runs.job_folder import STOP, JobFolder
from aecore.runs.processes import HERE
from aecore.runs.status import LiveStatus
from aecore.runs.summary import UNDER_WAY, mapping
from aecore.training.events import Event

POLL_S = 0.2  # how often the line, the stop file and the age of the status are looked at
PATIENCE_S = 30.0  # whoever started the job may still hold the run for a moment


def perform(run: Run, stop: StopRequest) -> Generator[Event | Waiting, None, None]:
    """Wait for the device, train, and write down how it ends; the run is held all the time.

    RunError when another process holds it. What ends it as failed is raised again, as a sentence that anybody can read:
    an error that is not one of the lab's own becomes a JobError.
    """
    with _taking_part(run, stop) as (line, status):
        yield from _wait(line, status, stop)
        yield from _train(run, status, stop)


def perform_experiment(experiment: Experiment, stop: StopRequest) -> Generator[Advance | Result | Waiting, None, None]:
    """The same for an experiment. Results stay as they come; what a stop interrupts is done again when it goes on."""
    with _taking_part(experiment, stop) as (line, status):
        yield from _wait(line, status, stop)
        yield from _experiment(experiment, status, stop)


@contextmanager
def _taking_part(job: JobFolder, stop: StopRequest) -> Iterator[tuple[Line, LiveStatus]]:
    """Hold the job and a place in the line, keep its status young, and write down how it ends."""
    with job.hold(PATIENCE_S) as status, _heartbeat(job, status, stop), _ending(job, status):
        by_slurm = "slurm" in mapping({"launched": status["launched"]}, "launched")
        launched = status["launched"] if by_slurm else None  # Slurm may put the job back into its queue
        fresh: dict[str, Any] = {"launched": launched, "place": None, "progress": None, "first_step_at": None}
        status.update(state="queued", message="", pid=os.getpid(), host=HERE, **fresh)
        line = NoLine(job) if by_slurm else Line(job)
        line.join()
        try:
            yield line, status
        finally:
            line.leave()


def _experiment(experiment: Experiment, status: LiveStatus, stop: StopRequest) -> Iterator[Advance | Result]:
    status.update(state="running", place=None)
    with stop.at_once():
        load_torch()
        from aecore.jobs.memory import keep_freed_memory
        from aecore.training.precision import find_device

        keep_freed_memory()
        device = find_device(str(experiment.about()["device"]))
        status.update(device=device.title)
    with closing(experiment.perform(status, device.key)) as events:
        if experiment.task().kind.patient:
            yield from _until_asked(events, stop)
        else:
            with stop.at_once():
                yield from events
    status.update(state="finished", message="", progress=None, bytes=experiment.bytes_on_disk(), sync=True)


def _until_asked(events: Iterator[Advance | Result], stop: StopRequest) -> Iterator[Advance | Result]:
    """Between two events it may end and keep what it has."""
    for event in events:
        yield event
        if stop.asked():
            raise Stopped


def _wait(line: Line, status: LiveStatus, stop: StopRequest) -> Iterator[Waiting]:
    shown = 0
    while place := line.advance():
        if place != shown:
            status.update(place=place)
            shown = place
        yield Waiting(place)
        if stop.asked():
            raise Stopped
        time.sleep(POLL_S)


def _train(run: Run, status: LiveStatus, stop: StopRequest) -> Iterator[Event]:
    status.update(state="running", place=None)
    with stop.at_once():
        load_torch()  # only now that it is this run's turn
        from aecore.jobs.memory import keep_freed_memory
        from aecore.runs.beginning import begin
        from aecore.runs.recorder import record

        keep_freed_memory()
        training = begin(run, status).training(gathered(run))
    try:
        with closing(record(run, training, status)) as events:
            for event in events:
                yield event
                if stop.asked():
                    return
    finally:
        training.company.leave()


@contextmanager
def _heartbeat(job: JobFolder, status: LiveStatus, stop: StopRequest) -> Iterator[None]:
    """Keep the status young and look for a request to stop, also while nothing else happens."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(POLL_S):
            status.beat()
            stop.watch()
            if stop.overdue():
                _end(job, status, "stopped", "")
                (job.path / STOP).unlink(missing_ok=True)
                os._exit(0)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def _ending(run: JobFolder, status: LiveStatus) -> Iterator[None]:
    """Write down how the job ended. This is the one place that meets every error."""
    try:
        yield
    except Stopped:
        _end(run, status, "stopped", "")
    except (GeneratorExit, KeyboardInterrupt):
        if status["state"] in UNDER_WAY:
            _end(run, status, "stopped", "")
        raise
    except Exception as error:
        run.write_log(traceback.format_exc())
        _end(run, status, "failed", _sentence(error))
        if isinstance(error, LabError):
            raise
        raise JobError(_sentence(error)) from error
    finally:
        (run.path / STOP).unlink(missing_ok=True)


def _end(run: JobFolder, status: LiveStatus, state: str, message: str) -> None:
    """The last words. On a full disk the preview, which the next epoch makes anew, gives its room for them."""
    last = {"state": state, "message": message, "place": None, "progress": None, "bytes": run.bytes_on_disk()}
    try:
        status.update(sync=True, **last)
    except RunError:
        (run.path / PREVIEW).unlink(missing_ok=True)
        status.update(sync=True, **last)


def _sentence(error: Exception) -> str:
    words = str(error)
    if isinstance(error, LabError):
        return words
    if isinstance(error, MemoryError) or "out of memory" in words.lower() or "can't allocate memory" in words:
        return "The memory of the device is not enough: choose a smaller batch_size, network or image size."
    return (
        f"Training met an error of the lab itself ({type(error).__name__}: {words.splitlines()[0] if words else ''}). "
        "Its log has the details; the last checkpoint is kept."
    )
