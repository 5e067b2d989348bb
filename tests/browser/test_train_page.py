"""Training as a person does it: choose, start, watch, stop, go on, switch between runs, come back later."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import make_oblong

PATIENCE_MS = 120_000
LONG = 5000  # epochs: a run that goes on until it is stopped


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    make_oblong()
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def runs(folder):
    return Runs(folder / "runs")


@pytest.fixture(scope="module")
def address(folder):
    environment = {"AECORE_RUNS": str(folder / "runs"), "AECORE_STANDBY": "on"}
    with serving(PROJECT / "app.py", folder / "server.log", **environment) as url:
        yield url


@pytest.fixture(autouse=True)
def _nothing_left_behind(runs):
    yield
    from aecore.jobs.control import stop

    for each in runs.list():
        if runs.get(each.id).alive():
            stop(runs.get(each.id), 20)


def open_train(tab, address, **query):
    tab.goto(f"{address}/train?" + "&".join(f"{key}={value}" for key, value in query.items()))
    tab.get_by_role("heading", name="Train", exact=True).wait_for()
    tab.get_by_text(re.compile("parameters · (about|up to)")).wait_for(timeout=PATIENCE_MS)


def number(tab, label, value=None):
    """The field of this name; with a value what a person does to put it there."""
    field = tab.get_by_role("spinbutton", name=label)
    if value is not None:
        field.fill(str(value))
        field.press("Tab")
    return field


def choose(tab, label, option):
    tab.get_by_role("combobox", name=label).click()
    tab.get_by_role("option", name=option, exact=True).click()


def press(tab, name):
    """When there is one of them: for a moment the page keeps what it is about to replace."""
    button = tab.get_by_role("button", name=name, exact=True)
    expect(button).to_have_count(1)
    button.click()


def said(tab, text):
    tab.get_by_text(text).first.wait_for(timeout=PATIENCE_MS)


def titled(tab, text):
    tab.wait_for_function("text => document.title.includes(text)", arg=text, timeout=PATIENCE_MS)


def test_a_run_is_chosen_started_watched_stopped_resumed_and_trained_on(tab, address, runs):
    open_train(tab, address, variant="simple", data="mnist")
    tab.get_by_text("Which images, seed, name").click()
    number(tab, "Training images", 1000)
    tab.get_by_role("textbox", name="Name of the run").fill("First steps")
    number(tab, "Epochs", LONG)
    said(tab, "1,000 of 55,000 training images")
    press(tab, "Train")
    said(tab, "images/s")
    titled(tab, "left · Latent Lab")
    tab.locator('.lab-matrix img[alt="Reconstruction 1"]').wait_for(timeout=PATIENCE_MS)
    said(tab, "Where the codes lie")
    press(tab, "Stop")
    said(tab, "stopped after")
    assert tab.title() == "Latent Lab"
    (run,) = (each for each in runs.list() if not each.starter)
    assert (run.name, run.state, run.variant) == ("First steps", "stopped", "simple")
    press(tab, "Resume")
    said(tab, "images/s")
    press(tab, "Stop")
    said(tab, "stopped after")
    assert runs.get(run.id).summary().epochs_done >= run.epochs_done


def test_a_finished_run_gives_the_title_back_and_is_trained_on(tab, address, runs):
    open_train(tab, address, variant="simple", data="oblong")
    number(tab, "Epochs", 2)
    press(tab, "Train")
    said(tab, "finished after 2 epochs")
    assert tab.title() == "Latent Lab"
    press(tab, "Train on")
    number(tab, "Further epochs", 1)
    tab.get_by_test_id("stPopoverBody").get_by_role("button", name="Train on").click()
    said(tab, "finished after 3 epochs")
    press(tab, "Latent space")
    tab.get_by_role("heading", name="Latent space").wait_for()


def test_two_runs_wait_for_one_device_and_one_switches_between_them(tab, address, runs):
    open_train(tab, address, variant="simple", data="oblong")
    tab.get_by_text("Which images, seed, name").click()
    number(tab, "Epochs", LONG)
    for name in ("Ahead", "Behind"):
        tab.get_by_role("textbox", name="Name of the run").fill(name)
        tab.get_by_role("textbox", name="Name of the run").press("Enter")
        press(tab, "Train")
        said(tab, f"{name}:")
    said(tab, "Behind: waits for the device, place 1 in the line")
    titled(tab, "Waiting · Latent Lab")
    tab.get_by_role("radio", name="Ahead").click()
    said(tab, "Ahead: epoch")
    press(tab, "Rename")  # while the page renews itself around it
    name = tab.get_by_test_id("stPopoverBody").get_by_role("textbox", name="Name")
    name.fill("In front")
    tab.wait_for_timeout(1500)
    name.press("Enter")
    said(tab, "In front: epoch")
    press(tab, "Stop")
    said(tab, "In front: stopped after")
    tab.get_by_role("radio", name="Behind").click()
    said(tab, "Behind: epoch")
    press(tab, "Stop")
    said(tab, "Behind: stopped after")
    assert tab.title() == "Latent Lab"


def test_a_killed_run_shows_its_log_and_goes_on(tab, address, runs):
    open_train(tab, address, variant="simple", data="oblong")
    number(tab, "Epochs", LONG)
    press(tab, "Train")
    said(tab, "Where the codes lie")
    (run,) = (each for each in runs.list() if each.state == "running")
    os.kill(int(runs.get(run.id).status()["pid"]), signal.SIGKILL)
    said(tab, "crashed after")
    tab.get_by_test_id("stCode").filter(has_text="; validation").wait_for()
    press(tab, "Resume")
    said(tab, "images/s")


def test_presets_variants_and_other_pages_leave_what_was_typed(tab, address):
    open_train(tab, address, variant="simple", data="oblong")
    number(tab, "Epochs", 7)
    number(tab, "Code size", 5)
    tab.get_by_text("Two numbers", exact=True).click()
    said(tab, "Show as Python")
    tab.wait_for_function("() => document.querySelector('[aria-label^=\"Code size\"]').value === '2'")
    assert number(tab, "Epochs").input_value() == "7"
    choose(tab, "Variant", "Denoising")
    said(tab, "Noise goes in")
    number(tab, "Noise strength").wait_for()
    assert number(tab, "Epochs").input_value() == "7"
    tab.get_by_role("link", name="Home", exact=True).first.click()
    tab.get_by_role("heading", name="Latent Lab").wait_for()
    tab.get_by_role("link", name="Train", exact=True).first.click()
    said(tab, "Noise goes in")
    assert number(tab, "Epochs").input_value() == "7"
    choose(tab, "Variant", "Simple")
    tab.wait_for_function("() => document.querySelector('[aria-label^=\"Code size\"]').value === '2'")
    tab.get_by_text("Two numbers", exact=True).click()
    tab.wait_for_function("() => document.querySelector('[aria-label^=\"Code size\"]').value === '5'")


def test_a_run_outlives_tab_and_server_and_is_shown_again(open_tab, folder, runs):
    with serving(PROJECT / "app.py", folder / "before.log", AECORE_RUNS=str(folder / "runs")) as url:
        tab = open_tab()
        open_train(tab, url, variant="simple", data="oblong")
        number(tab, "Epochs", LONG)
        press(tab, "Train")
        said(tab, "images/s")
        run_id = tab.evaluate("new URL(location).searchParams.get('run')")
        tab.close()
    assert runs.get(run_id).alive()
    with serving(PROJECT / "app.py", folder / "after.log", AECORE_RUNS=str(folder / "runs")) as url:
        tab = open_tab()
        tab.goto(f"{url}/train")
        said(tab, "images/s")
        assert tab.evaluate("new URL(location).searchParams.get('run')") == run_id
        tab.reload()
        said(tab, "images/s")
        press(tab, "Stop")
        said(tab, "stopped after")


def test_picture_controls_and_reading_stand_beside_each_other_or_follow_each_other(open_tab, address):
    places = {}
    for width in (1440, 390):
        tab = open_tab(width=width)
        open_train(tab, address, variant="simple", data="oblong")
        shown = {
            "picture": tab.get_by_role("heading", name="Simple", exact=True),
            "controls": tab.get_by_text("Data set", exact=True),
            "point": tab.get_by_text("The picture that makes its point"),
        }
        places[width] = {name: each.bounding_box() for name, each in shown.items()}
    wide, narrow = places[1440], places[390]
    assert abs(wide["picture"]["x"] - wide["point"]["x"]) < 40 < wide["controls"]["x"] - wide["picture"]["x"]
    assert wide["controls"]["y"] < wide["point"]["y"]
    assert narrow["picture"]["y"] < narrow["controls"]["y"] < narrow["point"]["y"]
