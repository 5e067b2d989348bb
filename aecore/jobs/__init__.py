"""Jobs: one run, one process. Starting, stopping and waiting in line need no torch."""

from aecore.jobs.control import make_ready, resume, start, stop
from aecore.jobs.foreground import run_here
from aecore.jobs.queue import Waiting

__all__ = ["Waiting", "make_ready", "resume", "run_here", "start", "stop"]
