"""A request to stop is not lost, wherever it meets the work."""

import signal
import time

import pytest

from aecore.jobs import stopping
from aecore.jobs.stopping import Stopped, StopRequest
from aecore.runs.job_folder import STOP, JobFolder


class Swallows:
    """Python only prints what is raised where an object goes, or in a callback of a library."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0)


@pytest.fixture
def request_of(tmp_path):
    """A request to stop a job in this folder, while signals arrive here."""
    made = StopRequest(JobFolder(tmp_path))
    with made.signals():
        yield made


def perform(request, work):
    with request.at_once():
        work()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("by_file", [True, False], ids=["file", "signal"])
def test_a_request_that_a_destructor_swallowed_is_made_again(request_of, tmp_path, monkeypatch, by_file):
    monkeypatch.setattr(stopping, "PATIENCE_S", 0.02)
    done = []

    def work():
        if by_file:
            (tmp_path / STOP).touch()
        Swallows()
        while len(done) < 500:
            done.append(time.sleep(0.01))
            request_of.watch()

    with pytest.raises(Stopped):
        perform(request_of, work)
    assert 0 < len(done) < 500


def test_what_cleans_up_after_a_request_is_not_interrupted_by_it_at_once(request_of):
    cleaned = []

    def work():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            request_of.watch()
            cleaned.append(time.sleep(0.01))

    with pytest.raises(Stopped):
        perform(request_of, work)
    assert len(cleaned) == 1
