"""The table of the starter runs: made from what lies there, and the page in docs says nothing else."""

from pathlib import Path

import pytest

from aecore.errors import RunError
from aecore.jobs.starters import STARTERS, keep_figures, ship
from aecore.jobs.starters_table import BEGIN, END, into_page, table
from aecore.places import STARTER_RUNS
from aecore.runs.folder import Run

PAGE = Path(__file__).parents[2] / "docs" / "starter-runs.md"


@pytest.fixture
def shipped(trained, tmp_path):
    return ship(trained, tmp_path / "shelf" / "small")


def test_the_page_in_docs_says_what_the_runs_say():
    runs = [Run(STARTER_RUNS / each.key, starter=True) for each in STARTERS]
    page = PAGE.read_text(encoding="utf-8")
    assert into_page(page, runs) == page


def test_a_number_stands_beside_its_baseline_and_says_which_is_better(shipped):
    keep_figures(shipped, {"sse_per_image": 7.5, "pca": {"sse_per_image": 13.25}})
    (row,) = table([shipped]).splitlines()[2:]
    assert "`small`" in row
    assert row.endswith("| squared error **7.50** | PCA of the same code size 13.25 | yes |")
    assert f"{shipped.summary().parameters:,}" in row


def test_a_system_that_does_not_beat_its_baseline_is_told(shipped):
    keep_figures(shipped, {"psnr_db": 17.0, "best_linear": {"psnr_db": 17.25}})
    assert table([shipped]).endswith("| PSNR, dB **17.00** | best linear denoiser 17.25 | **no** |")


def test_a_run_that_was_never_measured_names_the_command(shipped):
    with pytest.raises(RunError, match="starters --measure --only small"):
        table([shipped])


def test_a_page_without_a_place_for_the_table_is_refused(shipped):
    keep_figures(shipped, {})
    with pytest.raises(RunError, match="no place for the table"):
        into_page("# A page\n", [shipped])
    made = into_page(f"before {BEGIN} old {END} after", [shipped])
    assert made.startswith(f"before {BEGIN}\n\n| run | settings")
    assert made.endswith(f"{END} after")
    assert " old " not in made
