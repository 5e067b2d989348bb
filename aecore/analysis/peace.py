"""Whether something could be timed in peace: other work that takes the processors makes it seem slower than it is.

    peace   a processor stood idle meanwhile, so nobody had to wait for one, or what others used is under `LITTLE`

Others are all processes of the machine, guests of the same host included where the system counts what they take, and
this process's own threads beyond those that the work may use.
"""

import time
from dataclasses import dataclass

import psutil

LITTLE = 0.4  # processors
IDLE = ("idle", "iowait")
COUNTED_TWICE = ("guest", "guest_nice")  # within user and nice


@dataclass(frozen=True)
class Use:
    """Seconds since some moment: of the clock, and of all processors by whom they served."""

    clock: float
    thread: float
    process: float
    busy: float
    idle: float

    @classmethod
    def now(cls) -> "Use":
        """What has been used until now; `thread` is the calling thread."""
        times = psutil.cpu_times()._asdict()  # type: ignore[no-untyped-call]
        idle = sum(times.get(name, 0.0) for name in IDLE)
        busy = sum(times.values()) - idle - sum(times.get(name, 0.0) for name in COUNTED_TWICE)
        return cls(time.perf_counter(), time.thread_time(), time.process_time(), busy, idle)


def in_peace(before: Use, after: Use, threads: int) -> bool:
    """Whether work of one thread and as many helpers as make `threads` had its processors between two moments."""
    seconds = max(after.clock - before.clock, 1e-9)
    if (after.idle - before.idle) / seconds > LITTLE:
        return True
    process = after.process - before.process
    others = max(0.0, after.busy - before.busy - process)
    beside = max(0.0, process - threads * (after.thread - before.thread))
    return (others + beside) / seconds <= LITTLE
