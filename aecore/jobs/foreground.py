"""Training in this process, for the command line and notebooks."""

from collections.abc import Iterator

from aecore.jobs.queue import Waiting
from aecore.runs.folder import Run
from aecore.training.events import Event


def run_here(run: Run) -> Iterator[Event | Waiting]:
    """Train or resume in this process, with the lock, heartbeat and queue of a background job.

    Yields `Waiting` while other runs hold the device. Closing the iterator, and SIGINT or SIGTERM, stop the run and
    keep a checkpoint. What ends the run as failed is raised.
    """
    raise NotImplementedError
