"""Generate in a real browser: runs side by side, on a desk and on a phone."""

import pytest

from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import make_oblong, train


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A lab with two runs that draw colour pictures of 20×24."""
    folder = tmp_path_factory.mktemp("generate")
    make_oblong()
    runs = [train(Runs(folder / "runs"), "variational", name, epochs=1) for name in ("First", "Second")]
    chosen = "&".join(f"run={each.id}" for each in runs)
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield f"{url}/generate?{chosen}"


def samples(tab):
    return tab.locator('.lab-row img[alt^="Sample "]:not([alt*="enlarged"])')


def opened(tab, address):
    """The page by its address, when both runs have drawn and looked up a sample."""
    tab.goto(address)
    tab.get_by_role("heading", name="Generate").wait_for()
    tab.get_by_text("Distance ").nth(1).wait_for()
    samples(tab).nth(31).wait_for()
    return tab


def test_two_runs_draw_side_by_side_look_up_a_sample_and_are_measured(open_tab, address):
    tab = opened(open_tab(), address)
    assert samples(tab).count() == 32
    first, second = samples(tab).nth(0).bounding_box(), samples(tab).nth(16).bounding_box()
    assert first["y"] == second["y"]
    assert first["x"] < second["x"]
    assert (first["width"], first["height"]) == (48, 40)  # twice 24 and 20
    before = samples(tab).first.get_attribute("src")
    tab.get_by_role("button", name="New seed").click()
    tab.wait_for_function(
        "before => document.querySelector('.lab-row img[alt=\"Sample 1\"]')?.src.localeCompare(before)", arg=before
    )
    assert "seed=1" in tab.url
    tab.get_by_role("button", name="Measure 2 runs").click()
    tab.locator(".lab-numbers").get_by_text("PCA + Gaussian").wait_for()
    tab.set_viewport_size({"width": 390, "height": 844})
    assert samples(tab).first.bounding_box()["y"] < tab.get_by_role("button", name="New seed").bounding_box()["y"]
    widths = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def test_a_sample_is_looked_up_by_a_press_by_keyboard_and_by_its_number(open_tab, address):
    tab = opened(open_tab(), address)
    number = tab.get_by_role("spinbutton", name="Sample to look up")
    samples(tab).nth(2).click()
    tab.locator('img[alt="Sample 3, enlarged"]').nth(1).wait_for()
    assert number.input_value() == "3"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.locator('img[alt="Sample 4, enlarged"]').nth(1).wait_for()
    assert number.input_value() == "4"
    number.fill("2")
    number.press("Enter")
    tab.locator('img[alt="Sample 2, enlarged"]').nth(1).wait_for()
    pressed = tab.locator('button[aria-pressed="true"]')
    assert [each.get_attribute("data-press") for each in pressed.all()] == ["1", "1"]
