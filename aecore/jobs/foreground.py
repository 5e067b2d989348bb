"""Training in this process, for the command line and notebooks."""

from collections.abc import Generator

from aecore.jobs.control import make_ready
from aecore.jobs.perform import perform
from aecore.jobs.queue import Waiting
from aecore.jobs.stopping import StopRequest
from aecore.runs.folder import Run
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
