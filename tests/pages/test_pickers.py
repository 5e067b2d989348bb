"""Which run a page shows to somebody who has chosen none."""

import jaxtyping
import pytest

from aecore.runs.store import Runs
from tests.pages.oblong import errors, make_oblong, open_page, train


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """No runs but those that ship."""
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # see tests/analysis/test_export.py
    return Runs()


def chosen(page):
    app = open_page(page)
    assert errors(app) == []
    return app.selectbox(key=f"{page}.run").value


@pytest.mark.parametrize(
    ("page", "run"),
    [
        ("reconstruct", "denoising-fashion"),
        ("latent_space", "vae-2-mnist"),
        ("features", "sparse-kl-mnist"),
        ("anomalies", "coats-fashion"),
    ],
)
def test_at_first_a_run_that_ships_shows_what_the_page_is_about(runs, page, run):
    assert chosen(page) == run


def test_what_a_person_trained_comes_before_what_ships(runs):
    make_oblong()
    own = train(runs, "simple", "My own", epochs=1)
    assert [chosen(page) for page in ("reconstruct", "features")] == [own.id, own.id]
