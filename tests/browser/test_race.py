"""A race as a person does it: one click, one chart and one matrix that renew themselves, a stop, and on to the end."""

from playwright.sync_api import expect

from aecore.runs.store import Runs
from tests.browser.axe import OF_LOOKS, violations
from tests.pages.oblong import NAME

PATIENCE_MS = 120_000
LONG = 2000  # epochs: it goes on until it is stopped


def test_one_click_starts_a_race_that_is_watched_stopped_and_found_again(open_tab, address, store, tmp_path):
    tab = open_tab()
    tab.goto(f"{address}/train?variant=variational&data={NAME}")
    begin = tab.get_by_role("button", name="Start the race")
    begin.wait_for(timeout=PATIENCE_MS)
    epochs = tab.get_by_role("spinbutton", name="Epochs").first
    epochs.fill(str(LONG))
    epochs.press("Tab")
    expect(tab.get_by_text("4 runs, trained together.")).to_be_visible()

    begin.click()

    expect(tab.get_by_text("Trained together: each batch moves all 4 in turn")).to_be_visible(timeout=PATIENCE_MS)
    matrix = tab.get_by_role("table", name="The same validation images reconstructed by every run")
    expect(matrix.get_by_role("columnheader")).to_have_text(
        ["Original", "Weight β 0.5", "Weight β 1", "Weight β 2", "Weight β 4"], timeout=PATIENCE_MS
    )
    named = tab.get_by_test_id("stPlotlyChart").first.locator(".annotation-text")
    expect(named).to_have_count(4)
    after = tab.get_by_text("Reconstructions of validation images after epoch")
    before = after.inner_text()
    expect(after).not_to_have_text(before)

    tab.get_by_role("button", name="Stop").click()

    expect(tab.get_by_text("The race was stopped. Every run kept a checkpoint")).to_be_visible(timeout=PATIENCE_MS)
    (race,) = store.list("race")
    runs = [each for each in Runs(tmp_path / "runs").list() if not each.starter]
    assert {each.state for each in runs} == {"stopped"}
    assert len({each.epochs_done for each in runs}) == 1
    assert f"race={race.id}" in tab.url
    assert violations(tab) == []
    url = tab.url
    tab.close()
    tab = open_tab(width=390, height=844, dark=True)
    tab.goto(url)
    expect(tab.get_by_text("The race was stopped.")).to_be_visible(timeout=PATIENCE_MS)
    expect(tab.get_by_text("4 runs, trained together.")).to_be_visible()
    assert violations(tab, OF_LOOKS) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
