"""Reconstruct in a real browser: what the eye meets, on a desk and on a phone, with pictures that are not square."""

import numpy as np
import pytest

from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import make_oblong, train, write_picture

ROWS = ["Original", "Corrupted", "Reconstruction", "Error map"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A lab with one run on colour pictures of 20×24."""
    folder = tmp_path_factory.mktemp("reconstruct")
    make_oblong()
    train(Runs(folder / "runs"), "denoising", "Small pictures")
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


def opened(tab, address):
    """The page through the navigation, as a person gets there, when everything on it is there."""
    tab.goto(address)
    tab.get_by_role("link", name="Reconstruct").first.click()
    tab.get_by_role("heading", name="Reconstruct").wait_for()
    choose(tab, "Run", "Small pictures")
    tab.get_by_text("Principal components of").wait_for()
    return tab


def choose(tab, label, option):
    tab.get_by_role("combobox", name=label).first.click()
    tab.get_by_role("option", name=option).first.click()


def pictures(tab, row):
    return tab.locator(f'.lab-matrix img[alt^="{row}: "]')


def place(tab, row):
    return pictures(tab, row).first.bounding_box()


def test_the_rows_are_under_each_other_in_the_order_that_never_changes(tab, address):
    opened(tab, address)
    heights = [place(tab, row)["y"] for row in ROWS]
    assert heights == sorted(heights)
    assert all(pictures(tab, row).count() == 10 for row in ROWS)


def test_every_pixel_is_a_square_of_whole_size(tab, address):
    box = place(opened(tab, address), "Original")
    assert (box["width"], box["height"]) == (96, 80)  # four times 24 and 20
    style = pictures(tab, "Original").first.evaluate("each => getComputedStyle(each).imageRendering")
    assert style == "pixelated"


def test_stronger_noise_changes_the_corrupted_pictures_and_leaves_the_originals(tab, address):
    opened(tab, address)
    before = {row: pictures(tab, row).first.get_attribute("src") for row in ROWS}
    tab.get_by_role("slider", name="Noise strength").press("End")
    tab.wait_for_function(
        "before => document.querySelector('.lab-matrix img[alt^=\"Corrupted: \"]')?.src.localeCompare(before)",
        arg=before["Corrupted"],
    )
    assert pictures(tab, "Original").first.get_attribute("src") == before["Original"]


def test_on_a_phone_the_pictures_come_before_the_choices_and_nothing_sticks_out(open_tab, address):
    tab = opened(open_tab(), address)
    tab.set_viewport_size({"width": 390, "height": 844})
    assert place(tab, "Error map")["y"] < tab.get_by_role("combobox", name="Images").bounding_box()["y"]
    widths = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def test_a_picture_from_the_desk_is_fitted_shown_and_measured(tab, address, tmp_path):
    opened(tab, address)
    write_picture(tmp_path / "red.png", (300, 100))
    choose(tab, "Images", "Your own pictures")
    tab.locator('input[type="file"]').set_input_files(tmp_path / "red.png")
    tab.get_by_text("red.png, fitted to the model: cropped 300 x 100 to 120 x 100, resized to 24 x 20.").wait_for()
    assert pictures(tab, "Original").count() == 1
    assert tab.locator('.lab-matrix img[alt="red.png as it came"]').bounding_box()["height"] < 80


def test_the_curve_and_the_measures_come_at_a_click(tab, address):
    opened(tab, address)
    tab.get_by_role("button", name="Measure on 60 test images").click()
    table = tab.locator(".lab-numbers").last
    table.get_by_text("Best linear").wait_for()
    values = [float(each) for each in table.locator("tbody tr").first.locator("td").all_inner_texts()]
    assert len(values) == 4
    assert np.isfinite(values).all()
    tab.get_by_role("button", name="Draw the curve").click()
    tab.get_by_text("At 0.5 of the pixel range: this model").wait_for()
    curves = tab.locator(".js-plotly-plot .scatterlayer .trace")
    curves.nth(2).wait_for(state="attached")
    assert curves.count() == 3
