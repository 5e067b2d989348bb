"""Whether a process still lives. A number alone does not say so: numbers are used again."""

import platform
from typing import Any

HERE = platform.node()  # a number of a process means nothing on another machine
START_TOLERANCE_S = 0.02  # clocks are read in ticks


def started_at(pid: int) -> float | None:
    """When the process began, in seconds since 1970; None when there is none or it is dead and not yet buried."""
    import psutil

    try:
        process: Any = psutil.Process(pid)  # type: ignore[no-untyped-call]
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def is_alive(pid: int, started: object) -> bool:
    """Whether the process `pid` that began at `started` still runs."""
    if pid <= 0 or not isinstance(started, (int, float)):
        return False
    now = started_at(pid)
    return now is not None and abs(now - started) < START_TOLERANCE_S
