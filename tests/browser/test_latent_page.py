"""Looking into latent spaces: while a run still trains, from run to run, and codes of any size."""

import time

import pytest

from aecore.jobs.control import start, stop
from aecore.runs.store import Runs
from aecore.training.prepare import prepare
from aecore.training.recipe import DataChoice, make_recipe
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import NAME, make_oblong, train

PATIENCE_MS = 60_000
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
    """Runs whose codes have 1, 3 and 40 numbers."""
    return {
        latent: train(runs, "simple", f"Code of {latent}", epochs=1, **{"bottleneck.code_size": latent})
        for latent in (1, 3, 40)
    }


@pytest.fixture(scope="module")
def address(folder, small):
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
    while not run.summary().epochs_done:
        assert time.monotonic() < deadline
        tab.wait_for_timeout(50)


def wait_for_other(canvas, image):
    """Until the canvas shows another image than this one."""
    changed = canvas.evaluate(
        """async ({latentLab}, [before, patience]) => {
            const end = performance.now() + patience;
            const same = () => latentLab.image.every((each, i) => Math.abs(each - before[i]) < 1e-5);
            while (same() && performance.now() < end) await new Promise(requestAnimationFrame);
            return !same();
        }""",
        [image, PATIENCE_MS],
    )
    assert changed


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


def test_another_run_gets_a_canvas_of_its_own(tab, address, small):
    tab.goto(f"{address}/latent_space?run={small[3].id}")
    ready(tab)
    tab.get_by_role("combobox", name="Run").click()
    tab.get_by_role("option", name="Code of 40").click()
    tab.get_by_text("a code of 40 numbers").wait_for()
    assert ready(tab).get_attribute("data-lab") == f"latent_space.canvas.{small[40].id}"
    assert tab.evaluate("new URL(location).searchParams.get('run')") == small[40].id
