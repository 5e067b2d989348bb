"""Anomalies in a real browser: the line is dragged, tapped and keyed, counts follow it, a file is flagged and kept."""

import csv
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from aecore.analysis.anomalies.bench import OTHER_CLASSES, make_bench
from aecore.analysis.anomalies.detector import fit_detector
from aecore.analysis.anomalies.flags import draw_line, flag_pictures, moved, take_picture
from aecore.analysis.anomalies.thresholds import outcome
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.browser.axe import violations
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.hostile import encoded
from tests.pages.oblong import make_oblong, train


@pytest.fixture(scope="module")
def lab_of_one(tmp_path_factory):
    """A lab with one run, whose normal images are two classes of four; its address and the run."""
    make_oblong()
    folder = tmp_path_factory.mktemp("anomalies")
    run = train(Runs(folder / "runs"), "simple", "Two quarters", classes=(0, 2))
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url, run


NEAR = "Math.abs(latentLab.threshold - x) < 0.05"


def hook(bench):
    return bench.evaluate(
        "e => ({threshold: e.latentLab.threshold, ...e.latentLab.counts, changed: e.latentLab.changed})"
    )


def page_of(bench, score):
    return tuple(bench.evaluate("(e, score) => e.latentLab.pageOf(score)", float(score)))


def test_the_line_is_dragged_without_the_server_and_flags_a_picture_that_is_uploaded(open_tab, lab_of_one, tmp_path):
    url, run = lab_of_one
    opened = open_run(run)
    detector = fit_detector(opened)
    scores = make_bench(detector, opened, OTHER_CLASSES)
    normal, anomalous = (
        each["together"].astype(np.float32).astype(np.float64)
        for each in (scores.normal_scores, scores.anomalous_scores)
    )
    line, _ = draw_line(detector)
    tab = open_tab(touch=True)
    tab.goto(f"{url}/anomalies?run={run.id}")
    tab.get_by_role("button", name="Fit the scores to the normal images").click()
    bench = tab.locator("[data-lab=bench][data-state=ready]")
    bench.wait_for()
    bench.scroll_into_view_if_needed()
    assert hook(bench)["threshold"] == pytest.approx(line.threshold)
    assert violations(tab) == []

    # A drag over the whole plot: everything is counted here, nothing is sent.
    tab.wait_for_timeout(500)  # what the page itself still says to its server
    sent = tab.traffic.sent
    tab.mouse.move(*page_of(bench, line.threshold))
    tab.mouse.down()
    for score in np.quantile(np.r_[normal, anomalous], (0.2, 0.5, 0.7)):
        tab.mouse.move(*page_of(bench, score))
        wait_until(bench, NEAR, float(score))
        found = hook(bench)
        expected = outcome(normal, anomalous, found["threshold"])
        assert (found["caught"], found["missed"]) == (expected.caught, expected.missed)
        assert (found["falseAlarms"], found["passed"]) == (expected.false_alarms, expected.passed)
        assert found["precision"] == pytest.approx(expected.precision)
        between = np.r_[normal, anomalous]
        low, high = sorted((line.threshold, found["threshold"]))
        assert found["changed"] == int(((between > low) & (between <= high)).sum())
    expect(bench.get_by_text(re.compile("change side and (are flagged|pass) now"))).to_be_visible()
    assert tab.traffic.sent == sent
    tab.mouse.up()

    # A tap and a key do the same.
    tab.touchscreen.tap(*page_of(bench, np.median(normal)))
    wait_until(bench, NEAR, float(np.median(normal)))
    slider = bench.get_by_role("slider", name="Threshold")
    slider.focus()
    before = hook(bench)["threshold"]
    slider.press("ArrowRight")
    wait_until(bench, "latentLab.threshold > x", before)
    slider.press("Home")
    wait_until(bench, "latentLab.counts.falseAlarms >= x", len(normal) - 1)
    slider.press("End")
    tab.get_by_text("Show as Python / shell").click()
    tab.get_by_text("--threshold=").first.wait_for(state="attached")  # the line was let go, and Python was told

    # A real file, and one that is none.
    picture, text = tmp_path / "picture.png", tmp_path / "text.png"
    picture.write_bytes(encoded("PNG"))
    text.write_text("no picture\n" * 20)
    tab.locator("input[type=file]").set_input_files([str(picture), str(text)])
    tab.get_by_text("text.png: this is text").wait_for()
    tab.get_by_alt_text("Nearest normal image: picture.png").wait_for()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download as CSV").click()
    (row,) = csv.DictReader(download.value.path().read_text().splitlines())
    taken = take_picture("picture.png", picture, detector.shape, "crop")
    threshold = float(row["threshold"])
    assert threshold == pytest.approx(hook(bench)["threshold"])
    (flag,) = flag_pictures(detector, [taken], moved(line, threshold))
    assert row["flagged"] == str(flag.flagged)
    assert float(row["value"]) == pytest.approx(flag.value, rel=1e-5)
