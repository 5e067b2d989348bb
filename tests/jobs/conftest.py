import os
import signal

import pytest

from aecore.runs.processes import HERE
from tests.runs.conftest import _trained, splits, trained
from tests.runs.conftest import runs as plain_runs

__all__ = ["_trained", "plain_runs", "splits", "trained"]


@pytest.fixture
def runs(plain_runs):
    """No process of a test outlives it."""
    yield plain_runs
    for summary in plain_runs.list():
        status = plain_runs.get(summary.id).status()
        pid, here = status.get("pid"), status.get("host") in (None, HERE)
        if summary.state in ("queued", "running") and pid and here and pid != os.getpid():
            os.killpg(pid, signal.SIGKILL)
