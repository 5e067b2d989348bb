"""A projection from the form to the map: a job makes it, which the page follows and a closed tab leaves alone."""

import pytest
from playwright.sync_api import expect

from aecore.runs.store import Runs
from tests.browser.axe import violations
from tests.browser.films import line_drawn, saved, shell_film
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import PARTS, make_oblong, train

PATIENCE_MS = 90_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    make_oblong()
    return tmp_path_factory.mktemp("projection")


@pytest.fixture(scope="module")
def run(folder):
    return train(Runs(folder / "runs"), "simple", "Code of 4", epochs=1)


@pytest.fixture(scope="module")
def address(folder, run):
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


def opened(tab, address, run):
    tab.goto(f"{address}/latent_space?run={run.id}")
    canvas = tab.locator("[data-lab][data-state=ready]")
    canvas.wait_for(timeout=PATIENCE_MS)
    return canvas


def choose(tab, plane):
    tab.get_by_role("radiogroup", name="Plane of the map").get_by_text(plane, exact=True).click()


def test_a_projection_is_made_by_a_job_and_shown_when_it_is_done(tab, address, run, folder):
    opened(tab, address, run)
    choose(tab, "t-SNE")
    tab.get_by_text("too few for perplexity 30").wait_for()
    field = tab.get_by_role("spinbutton", name="Perplexity")
    field.fill("5")
    field.press("Enter")
    tab.get_by_role("button", name="Make the t-SNE projection").click()
    tab.get_by_text("t-SNE is being made.").wait_for(timeout=PATIENCE_MS)

    canvas = opened(tab, address, run)  # as in another tab, the first being closed
    tab.mouse.click(*canvas.evaluate("({latentLab}) => latentLab.pageOf(0.1, 0.1)"))
    code = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    choose(tab, "t-SNE")

    tab.get_by_text(f"t-SNE of {PARTS['test']} test images, perplexity 5").wait_for(timeout=2 * PATIENCE_MS)
    shown = tab.locator("[data-lab][data-state=ready]", has_text="dashed marker")
    shown.wait_for(timeout=PATIENCE_MS)
    assert shown.evaluate("({latentLab}) => [...latentLab.code]") == code
    assert shown.evaluate("({latentLab}) => latentLab.count") == PARTS["test"]
    assert violations(tab) == []
    line_drawn(tab, shown)
    assert saved(tab) == shell_film(tab, folder / "walk.gif", Runs(folder / "runs"))
    tab.reload()
    shown.wait_for(timeout=PATIENCE_MS)  # in the same plane
    code = shown.evaluate("({latentLab}) => [...latentLab.code]")
    choose(tab, "Principal components")
    tab.get_by_text("two principal components").wait_for()
    expect(tab.locator("[data-lab] .way-back")).to_be_hidden()
    tab.locator("[data-lab][data-state=ready]", has_not_text="dashed marker").wait_for()
    assert canvas.evaluate("({latentLab}) => [...latentLab.code]") == code
