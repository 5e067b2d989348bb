import pytest

from aecore.jobs import run_here
from aecore.runs.store import Runs
from tests.runs.tiny import tiny_recipe, tiny_splits


@pytest.fixture(scope="session")
def splits(tmp_path_factory):
    return tiny_splits(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def runs(tmp_path, splits):
    return Runs(tmp_path / "runs", starters=tmp_path / "starters")


@pytest.fixture(scope="session")
def _trained(tmp_path_factory, splits):
    made = Runs(tmp_path_factory.mktemp("trained"))
    run = made.create(tiny_recipe(epochs=3), "trained")
    for _ in run_here(run):
        pass
    return made.export_zip(run.id)


@pytest.fixture
def trained(runs, _trained):
    """A finished run of three epochs that a test may break."""
    return runs.import_zip(_trained)
