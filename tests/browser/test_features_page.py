"""Features in a real browser: a unit is chosen, turned up, and found again by its address."""

import pytest

from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import make_oblong, train

PATIENCE_MS = 60_000
FEW = {
    "network.hidden": (), "bottleneck.kind": "top_k", "bottleneck.code_size": 12, "bottleneck.active_units": 3,
    "penalty.kind": "none",
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a lab with one sparse run on colour pictures of 20×24, and the run."""
    folder = tmp_path_factory.mktemp("features")
    make_oblong()
    run = train(Runs(folder / "runs"), "sparse", "Few units", **FEW)
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url, run.id


def source(tab, beginning):
    return tab.locator(f'img[alt^="{beginning}"]').first.get_attribute("src")


def test_a_unit_is_chosen_turned_up_and_found_again_by_its_address(tab, lab):
    address, run = lab
    tab.goto(f"{address}/features?run={run}")
    tab.get_by_role("heading", name="One unit").wait_for(timeout=PATIENCE_MS)
    chosen = tab.get_by_role("spinbutton", name="Unit (0 to 11)")
    chosen.fill("7")
    chosen.press("Enter")
    tab.locator('img[alt="Unit 7 on, decoded"]').wait_for()
    tab.wait_for_function("new URL(location).searchParams.get('unit') === '7'")
    slider = tab.get_by_role("slider", name="Activation of unit 7")
    original, before = source(tab, "Reconstruction"), source(tab, "With unit 7 at")
    slider.press("End")
    tab.wait_for_function(
        "before => { const now = document.querySelector('img[alt^=\"With unit 7 at\"]')?.src;"
        " return now && now !== before; }",
        arg=before,
    )
    assert source(tab, "Reconstruction") == original
    tab.reload()
    tab.locator('img[alt="Unit 7 on, decoded"]').wait_for()


def test_on_a_phone_nothing_sticks_out(open_tab, lab):
    address, run = lab
    tab = open_tab()
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{address}/features?run={run}")
    tab.get_by_text("Turn it up or down").wait_for(timeout=PATIENCE_MS)
    widths = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
