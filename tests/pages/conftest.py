"""What tests of several pages need."""

import os

import pytest

from aecore.experiments import store as experiment_store
from aecore.experiments.store import Experiments
from aecore.jobs.launcher import Launched, LocalLauncher
from aecore.runs.processes import started_at
from tests.pages.oblong import make_oblong


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Experiments of a lab of its own, where none ship, and the data set to make them on."""
    make_oblong()
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(experiment_store, "SHIPPED", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    return Experiments()


@pytest.fixture
def launched(monkeypatch):
    """Nothing is started: what would have been is noted, and lives as long as this process."""
    started = []

    def launch(self, job):
        started.append(job.id)
        return Launched(os.getpid(), started_at(os.getpid()))

    monkeypatch.setattr(LocalLauncher, "launch", launch)
    return started
