"""What tests of several pages need."""

import pytest

from aecore.experiments import store as experiment_store
from aecore.experiments.store import Experiments
from tests.pages.oblong import make_oblong


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Experiments of a lab of its own, where none ship, and the data set to make them on."""
    make_oblong()
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(experiment_store, "SHIPPED", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    return Experiments()
