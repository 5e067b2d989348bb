"""Looking into latent spaces: while a run still trains, from run to run, and codes of any size."""

import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from aecore.analysis.directions import direction_between
from aecore.analysis.drawn import drawn_codes
from aecore.analysis.trained import decode
from aecore.jobs.control import start, stop
from aecore.runs.groups import Groups
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.training.prepare import prepare
from aecore.training.recipe import DataChoice, make_recipe
from tests.browser.films import draw_over, line_drawn, saved, shell_film
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.pages.oblong import NAME, make_oblong, train, train_as_it_is

PATIENCE_MS = 60_000
LARGE = 256  # numbers of a code
LONG = 5000  # epochs: a run that goes on until it is stopped


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    make_oblong()
    return tmp_path_factory.mktemp("latent")


@pytest.fixture(scope="module")
def runs(folder):
    return Runs(folder / "runs")


@pytest.fixture(scope="module")
def small(runs):
    """Runs whose codes have 1, 3 and 256 numbers."""
    return {
        latent: train(runs, "simple", f"Code of {latent}", epochs=1, **{"bottleneck.code_size": latent})
        for latent in (1, 3, LARGE)
    }


@pytest.fixture(scope="module")
def others(runs):
    """A run that only draws, and one on larger pictures."""
    make_oblong("larger", (3, 64, 64))
    return {
        "larger": train_as_it_is(runs, "convolutional", "Larger", data="larger"),
        "gan": train_as_it_is(runs, "gan", "Only draws"),
    }


@pytest.fixture(scope="module")
def address(folder, small, others):
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


@pytest.fixture
def training(runs):
    """A run that is under way and has finished its first epoch."""
    changes = {"training.epochs": LONG, "network.hidden": (16,)}
    recipe, _ = prepare(make_recipe("variational", DataChoice(NAME), changes))
    run = runs.create(recipe, "Under way", "cpu")
    start(run)
    yield run
    if run.alive():
        stop(run, 20)


def ready(tab):
    canvas = tab.locator("[data-lab][data-state=ready]")
    canvas.wait_for(timeout=PATIENCE_MS)
    return canvas


def wait_for_epochs(tab, run):
    """Until the picker can offer a run that was just started."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not run.summary().weights:
        assert time.monotonic() < deadline
        tab.wait_for_timeout(50)


def wait_for_other(canvas, image):
    """Until the canvas shows another image than this one."""
    wait_until(canvas, "latentLab.image.some((each, i) => Math.abs(each - x[i]) >= 1e-5)", image)


def test_newer_weights_come_by_themselves_and_leave_probe_and_view_alone(tab, address, training):
    wait_for_epochs(tab, training)
    tab.goto(f"{address}/latent_space?run={training.id}")
    canvas = ready(tab)
    tab.get_by_text("Still training").wait_for()
    canvas.scroll_into_view_if_needed()
    tab.get_by_role("button", name="Zoom in").click()
    place = canvas.evaluate("({latentLab}) => latentLab.pageOf(0.25, -0.5)")
    tab.mouse.click(*place)
    code = canvas.evaluate("(shown) => { shown.sameAsBefore = true; return [...shown.latentLab.code]; }")
    image = canvas.evaluate("({latentLab}) => [...latentLab.image]")
    wait_for_other(canvas, image)
    assert canvas.evaluate("(shown) => shown.sameAsBefore")
    assert canvas.evaluate("({latentLab}) => [...latentLab.code]") == code
    assert canvas.evaluate("({latentLab}) => latentLab.pageOf(0.25, -0.5)") == pytest.approx(place)
    stop(training, 20)
    tab.get_by_text("Still training").wait_for(state="detached", timeout=PATIENCE_MS)


def test_codes_of_every_size_can_be_moved(tab, address, small):
    for latent, run in small.items():
        tab.goto(f"{address}/latent_space?run={run.id}")
        canvas = ready(tab)
        tab.get_by_text(f"a code of {latent} number").wait_for()
        before = canvas.evaluate("({latentLab}) => [...latentLab.image]")
        canvas.get_by_role("application").focus()
        for _ in range(5):
            tab.keyboard.press("Shift+ArrowRight")
        wait_for_other(canvas, before)
        assert len(canvas.evaluate("({latentLab}) => [...latentLab.code]")) == latent


def draw_around(tab, canvas, left, right):
    """A line around what the map shows between two shares of its width; how many points that chose."""
    draw_over(tab, canvas, "Lasso", [(left, 0.01), (right, 0.01), (right, 0.99), (left, 0.99)])
    return canvas.evaluate("({latentLab}) => latentLab.selected.length")


def keep(tab, canvas, name):
    canvas.get_by_label("Name of the group").fill(name)
    canvas.get_by_role("button", name="Keep with the run").click()
    canvas.get_by_role("button", name=f"Delete the group {name}").wait_for()


def whole(tab):
    """The canvas, when no further step of its scene is to come."""
    ready(tab)
    tab.get_by_text(re.compile("Encoding all|Measuring the error")).wait_for(state="detached")
    return ready(tab)


def test_groups_are_kept_with_the_run_and_make_a_direction(tab, address, small, runs):
    run = small[3]
    tab.goto(f"{address}/latent_space?run={run.id}")
    canvas = whole(tab)
    left = draw_around(tab, canvas, 0.01, 0.5)
    keep(tab, canvas, "left")
    assert canvas.evaluate("({latentLab}) => latentLab.selected.length") == left  # the map stays as it was
    right = draw_around(tab, canvas, 0.5, 0.99)
    keep(tab, canvas, "right")
    groups = {each.name: each for each in Groups(run, open_run(run).splits, runs.root).list()}
    assert {name: len(each.images) for name, each in groups.items()} == {"left": left, "right": right}
    assert 0.95 * open_run(run).splits.count < left + right <= open_run(run).splits.count
    tab.get_by_text("the direction explains").wait_for()
    found = direction_between(open_run(run), groups["left"].images, groups["right"].images)
    tab.get_by_text(f"explains {found.worth.r2:.0%} of the differences").wait_for()
    canvas.get_by_role("tab", name="Directions").click()
    before = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    slider = canvas.locator(".slider", has_text="left → right").locator("input")
    slider.press("End")
    after = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    step = np.subtract(after, before)
    assert step / np.linalg.norm(step) == pytest.approx(found.unit, abs=1e-3)
    canvas.get_by_role("tab", name="Group").click()
    canvas.get_by_role("button", name=f"left, {left}").click()
    expect(tab).to_have_url(re.compile("#.*group:"))
    tab.reload()
    canvas = whole(tab)
    assert canvas.evaluate("({latentLab}) => latentLab.selected.length") == left
    canvas.get_by_role("button", name="Delete the group left").click()
    canvas.get_by_role("button", name="Delete the group left").wait_for(state="detached")
    assert [each.name for each in Groups(run, open_run(run).splits, runs.root).list()] == ["right"]


def test_a_name_that_is_taken_is_refused_in_words(tab, address, small):
    tab.goto(f"{address}/latent_space?run={small[1].id}")
    canvas = whole(tab)
    draw_around(tab, canvas, 0.01, 0.99)
    keep(tab, canvas, "all")
    canvas.get_by_label("Name of the group").fill("all")
    canvas.get_by_role("button", name="Keep with the run").click()
    tab.get_by_role("alert").filter(has_text="all").wait_for()


def test_a_walk_is_downloaded_as_the_film_that_the_shell_makes(tab, address, small, tmp_path, runs):
    run = small[LARGE]
    tab.goto(f"{address}/latent_space?run={run.id}")
    canvas = whole(tab)
    canvas.get_by_role("tab", name="Walk").click()
    canvas.get_by_role("button", name="Spherical").click()
    canvas.get_by_role("button", name="Save the walk").click()
    assert saved(tab) == shell_film(tab, tmp_path / "walk.gif", runs)


def test_a_line_drawn_on_the_map_is_saved_as_the_film_that_the_shell_makes(tab, address, small, tmp_path, runs):
    tab.goto(f"{address}/latent_space?run={small[3].id}")
    canvas = whole(tab)
    line_drawn(tab, canvas)
    assert saved(tab) == shell_film(tab, tmp_path / "walk.gif", runs)


def test_another_run_gets_a_canvas_of_its_own(tab, address, small):
    tab.goto(f"{address}/latent_space?run={small[3].id}")
    ready(tab)
    tab.get_by_role("combobox", name="Run").click()
    tab.get_by_role("option", name=f"Code of {LARGE}").click()
    tab.get_by_text(f"a code of {LARGE} numbers").wait_for()
    assert ready(tab).get_attribute("data-lab") == f"latent_space.canvas.{small[LARGE].id}"
    assert tab.evaluate("new URL(location).searchParams.get('run')") == small[LARGE].id


def in_torch(run, code):
    opened = open_run(run)
    return decode(opened, np.array([code], np.float32))[0].ravel()


def test_pictures_of_64_by_64_in_colour_decode_under_the_pointer(tab, address, others):
    run = others["larger"]
    tab.goto(f"{address}/latent_space?run={run.id}")
    canvas = whole(tab)
    before = canvas.evaluate("({latentLab}) => [...latentLab.image]")
    canvas.scroll_into_view_if_needed()
    tab.mouse.click(*canvas.evaluate("({latentLab}) => latentLab.pageOf(0.7, -0.4)"))
    wait_for_other(canvas, before)
    code, image = canvas.evaluate("({latentLab}) => [[...latentLab.imageCode], [...latentLab.image]]")
    assert len(image) == 3 * 64 * 64
    assert np.abs(in_torch(run, code) - image).max() < 1e-4
    canvas.get_by_text("Nearest real images").wait_for()
    canvas.get_by_role("tab", name="Draw").wait_for()


def test_a_run_without_an_encoder_is_explored_by_what_it_draws(tab, address, others, tmp_path, runs):
    run = others["gan"]
    tab.goto(f"{address}/latent_space?run={run.id}")
    canvas = ready(tab)
    canvas.get_by_text("Nearest drawn images").wait_for()
    drawn = drawn_codes(open_run(run), 2000)
    code = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    assert np.abs(drawn - code).max(1).min() < 1e-6  # the probe begins at an image and not in the empty middle
    assert canvas.get_by_role("tab", name="Draw").count() == 0
    canvas.get_by_role("application").focus()
    before = canvas.evaluate("({latentLab}) => [...latentLab.image]")
    for _ in range(4):
        tab.keyboard.press("Shift+ArrowRight")
    wait_for_other(canvas, before)
    code, image = canvas.evaluate("({latentLab}) => [[...latentLab.imageCode], [...latentLab.image]]")
    assert np.abs(in_torch(run, code) - image).max() < 1e-4
    tab.keyboard.press("Enter")
    canvas.get_by_text("As drawn").wait_for()
    assert canvas.get_by_text("Reconstruction", exact=True).is_hidden()
    canvas.get_by_role("tab", name="Time").click()
    canvas.get_by_text("the model has no encoder").wait_for()
    canvas.get_by_role("tab", name="Walk").click()
    canvas.get_by_role("button", name="Save the walk").click()
    assert saved(tab) == shell_film(tab, tmp_path / "walk.gif", runs)
