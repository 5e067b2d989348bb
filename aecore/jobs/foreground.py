"""Training in this process, for the command line and notebooks."""

from collections.abc import Generator

from aecore.experiments.experiment import Advance, Result
from aecore.experiments.folder import Experiment
from aecore.jobs.control import make_ready, require_startable
from aecore.jobs.perform import perform, perform_experiment
from aecore.jobs.queue import Waiting
from aecore.jobs.stopping import StopRequest
from aecore.runs.folder import Run
from aecore.runs.job_folder import STOP
from aecore.training.events import Event


def run_here(run: Run) -> Generator[Event | Waiting, None, None]:
    """Train or go on in this process, with the lock, heartbeat and queue of a background job.

    Yields `Waiting` while other runs hold the device. Closing the iterator, and SIGINT or SIGTERM, stop the run and
    keep a checkpoint. What ends the run as failed is raised.
    """
    make_ready(run)
    stop = StopRequest(run)
    with stop.signals():
        yield from perform(run, stop)


def experiment_here(experiment: Experiment) -> Generator[Advance | Result | Waiting, None, None]:
    """The same for an experiment: begin it or go on with it in this process."""
    with experiment.hold() as status:
        require_startable(experiment, status)
        (experiment.path / STOP).unlink(missing_ok=True)
    stop = StopRequest(experiment)
    with stop.signals():
        yield from perform_experiment(experiment, stop)
