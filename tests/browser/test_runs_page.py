"""Runs in a real browser: select in the table, compare, download and bring in again, delete and undo."""

import pytest

from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import make_oblong, train

NAMES = ["First", "Second"]  # older first
ROW = 36  # CSS pixels of a row of the table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small runs."""
    folder = tmp_path_factory.mktemp("runs")
    make_oblong()
    for name, variant in zip(NAMES, ("variational", "denoising"), strict=True):
        train(Runs(folder / "runs"), variant, name)
    return folder


@pytest.fixture(scope="module")
def address(folder):
    environment = {"AECORE_RUNS": str(folder / "runs")}
    with serving(PROJECT / "app.py", folder / "server.log", **environment) as url:
        yield url


@pytest.fixture
def page(tab, address):
    tab.goto(address)
    tab.get_by_role("link", name="Runs", exact=True).first.click()
    tab.get_by_role("heading", name="Runs").wait_for()
    grid(tab).wait_for()
    return tab


def grid(tab):
    return tab.locator('[data-testid="stDataFrame"] canvas').first


def select(tab, row):
    """Click into the box before a row; runs are newest first."""
    box = grid(tab).bounding_box()  # what lies over the canvas takes the click and hands it on
    tab.mouse.click(box["x"] + 16, box["y"] + ROW * (row + 1) + ROW // 2)


def heading(tab, name):
    return tab.get_by_role("heading", name=name, exact=True)


def test_one_selected_run_can_be_opened(page):
    select(page, 0)
    heading(page, "Second").wait_for()
    page.get_by_role("button", name="Reconstruct").click()
    heading(page, "Reconstruct").wait_for()
    page.locator(".lab-matrix img").first.wait_for()
    assert "run=" in page.url


def test_two_selected_runs_are_compared_on_the_same_pictures_and_on_one_chart(page):
    select(page, 0)
    heading(page, "Second").wait_for()
    select(page, 1)
    heading(page, "2 runs compared").wait_for()
    page.locator('.lab-matrix img[alt="Reconstruction by First: class 0"]').first.wait_for()
    assert page.locator('.lab-matrix img[alt^="Reconstruction by Second"]').count() == 10
    page.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for()


def test_a_run_goes_out_as_a_zip_and_comes_in_again(page, folder, tmp_path):
    select(page, 1)
    heading(page, "First").wait_for()
    with page.expect_download() as downloading:
        page.locator(".st-key-runs-download button:visible").click()  # there is another, of the table's own
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    page.get_by_role("button", name="Bring a run in").click()
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_text("First was brought in.").wait_for()
    (copy,) = [each for each in Runs(folder / "runs").list() if "imported" in each.id]
    assert copy.epochs_done == 2
    Runs(folder / "runs").delete(copy.id)


def test_a_deleted_run_is_back_after_undo(page, folder):
    select(page, 0)
    heading(page, "Second").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted: Second.").wait_for()
    assert "Second" not in [each.name for each in Runs(folder / "runs").list()]
    page.get_by_role("button", name="Undo").click()
    heading(page, "Second").wait_for()
    assert "Second" in [each.name for each in Runs(folder / "runs").list()]
