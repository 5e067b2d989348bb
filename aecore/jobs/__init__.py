"""Jobs: one run, one process. `start`, `stop` and `resume` need no torch; neither does waiting in the queue."""

from aecore.jobs.control import resume, start, stop
from aecore.jobs.foreground import run_here
from aecore.jobs.queue import Waiting

__all__ = ["Waiting", "resume", "run_here", "start", "stop"]
