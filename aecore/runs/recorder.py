"""What happens in training, written down in the run folder."""

from collections.abc import Iterator

from aecore.runs.folder import Run
from aecore.training.events import Event
from aecore.training.loop import Training


def record(run: Run, training: Training) -> Iterator[Event]:
    """Pass the events of `training` on after writing them down. The caller holds the run.

    Closing the iterator stops training: a checkpoint of that moment is kept, and the run is "stopped".
    """
    raise NotImplementedError
