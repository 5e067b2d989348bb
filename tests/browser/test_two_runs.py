"""Two runs side by side: the same image lights up, is taken up and is chosen in both, and nothing is sent."""

import pytest
from playwright.sync_api import expect

from aecore.runs.store import Runs
from tests.browser.axe import violations
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.pages.oblong import make_oblong, train

STATE = """({latentLab}) => ({code: [...latentLab.code], held: latentLab.held, lit: latentLab.lit,
    selected: [...latentLab.selected].sort((a, b) => a - b)})"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    make_oblong()
    return Runs(tmp_path_factory.mktemp("two") / "runs")


@pytest.fixture(scope="module")
def pair(runs):
    """Two runs on the same images, with codes of two and of five numbers."""
    return [
        train(runs, "simple", f"Code of {latent}", epochs=1, **{"bottleneck.code_size": latent}) for latent in (2, 5)
    ]


@pytest.fixture(scope="module")
def address(runs, pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two_server")
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(runs.root)) as url:
        yield url


def both(tab, pair):
    """The two canvases when all images have come and nothing more is being made."""
    canvases = [tab.locator(f"[data-lab='latent_space.canvas.{run.id}'][data-state=ready]") for run in pair]
    for canvas in canvases:
        canvas.wait_for()
        canvas.get_by_role("combobox", name="Colour").wait_for()  # the last thing that comes
    return canvases


@pytest.fixture
def canvases(tab, address, pair):
    tab.goto(f"{address}/latent_space?run={pair[0].id}&run={pair[1].id}")
    return both(tab, pair)


def state(canvas):
    return canvas.evaluate(STATE)


def wait_for_address(tab, part):
    """Wait until the address says this."""
    wait_until(tab.locator("body"), "location.hash.includes(x)", part)


def point(canvas):
    """Where on the page the point nearest to the probe is: the keyboard takes it up and lets it go."""
    surface = canvas.locator(".map")
    surface.scroll_into_view_if_needed()
    surface.press("Enter")
    home = canvas.locator(".map .home")
    home.wait_for()
    frame = home.bounding_box()
    surface.press("Escape")
    return frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2


def test_the_image_under_the_pointer_lights_up_in_the_other_map(tab, canvases):
    first, second = canvases
    for one, other in ((first, second), (second, first)):
        one.get_by_role("button", name="Picture", exact=True).click()
        place = point(one)
        sent = tab.traffic.sent
        tab.mouse.move(*place)
        wait_until(other, "latentLab.lit >= 0")
        lit = state(other)["lit"]
        expect(other.locator(".map .ring")).to_be_visible()
        tab.mouse.down()
        tab.mouse.up()
        assert state(one)["held"] == lit  # both runs show the same images in the same order
        assert tab.traffic.sent == sent
        tab.mouse.move(5, 5)
        wait_until(other, "latentLab.lit === -1")


def test_a_picture_is_taken_up_in_both_and_dragged_in_one(tab, canvases):
    first, second = canvases
    first.get_by_role("button", name="Picture", exact=True).click()
    x, y = point(first)
    tab.mouse.move(x, y)
    tab.mouse.down()
    taken = state(first)["held"]
    assert taken >= 0
    home = state(second)
    assert home["held"] == taken
    before = state(first)["code"]
    tab.mouse.move(x + 60, y - 80, steps=5)
    assert state(first)["code"] != before
    assert state(second) == home
    tab.mouse.up()
    wait_until(first, "latentLab.code.every((value, i) => Math.abs(value - x[i]) < 1e-6)", before)
    assert state(second) == home
    second.locator(".map").press("Escape")
    assert [state(each)["held"] for each in canvases] == [-1, -1]


def test_the_keyboard_takes_up_a_picture_in_both_and_moves_one_probe(tab, canvases):
    first, second = canvases
    second.locator(".map").press("Enter")
    taken = state(second)["held"]
    assert taken >= 0
    assert state(first)["held"] == taken
    still = state(first)["code"]
    second.locator(".map").press("Shift+ArrowLeft")
    assert state(first)["code"] == still


def test_the_same_images_are_chosen_in_both_and_come_back_with_the_address(tab, canvases, pair):
    second = canvases[1]
    x, y = point(second)
    second.get_by_role("button", name="Lasso").click()
    tab.mouse.move(x - 60, y - 60)
    tab.mouse.down()
    for dx, dy in ((60, -60), (60, 60), (-60, 60), (-60, -60)):
        tab.mouse.move(x + dx, y + dy, steps=4)
    tab.mouse.up()
    chosen = state(second)["selected"]
    assert len(chosen) > 2
    assert state(canvases[0])["selected"] == chosen
    expect(canvases[0].get_by_text(f"{len(chosen)} images chosen")).to_be_visible()
    wait_for_address(tab, "lasso:")
    tab.reload()
    for canvas in both(tab, pair):
        wait_until(canvas, "latentLab.selected.length === x", len(chosen))
        assert state(canvas)["selected"] == chosen
    second.locator(".map").press("Escape")
    assert state(canvases[0])["selected"] == []


def test_another_run_is_set_beside_and_taken_away_and_the_place_stays(tab, address, pair):
    tab.goto(f"{address}/latent_space?run={pair[0].id}")
    tab.get_by_text("images as the encoder places them").wait_for()
    canvas = tab.locator(f"[data-lab='latent_space.canvas.{pair[0].id}'][data-state=ready]")
    canvas.get_by_role("combobox", name="Colour").wait_for()
    canvas.locator(".map").press("Enter")
    held = state(canvas)["held"]
    wait_for_address(tab, "probe:i")
    name = tab.evaluate("location.hash").split("=")[0]
    tab.get_by_role("combobox", name="Compare with").click()
    tab.get_by_role("option", name="Code of 5").click()
    canvases = both(tab, pair)
    for each in canvases:
        wait_until(each, "latentLab.held === x", held)
    assert tab.evaluate("new URL(location).searchParams.getAll('run')") == [run.id for run in pair]
    wait_for_address(tab, name)
    tab.get_by_role("button", name="Clear value").click()
    expect(canvases[1]).to_have_count(0)
    wait_until(canvas, "latentLab.held === x", held)
    assert tab.evaluate("new URL(location).searchParams.getAll('run')") == [pair[0].id]
    tab.get_by_role("link", name="Runs", exact=True).first.click()
    tab.get_by_role("heading", name="Runs", exact=True).wait_for()
    assert tab.evaluate("location.hash") == ""


def test_two_canvases_are_told_apart_by_those_who_do_not_see_them(tab, canvases):
    assert violations(tab) == []


def test_on_a_phone_the_maps_stand_one_below_the_other(open_tab, address, pair):
    tab = open_tab(width=390, height=844, touch=True)
    tab.goto(f"{address}/latent_space?run={pair[0].id}&run={pair[1].id}")
    first, second = (each.locator(".map").bounding_box() for each in both(tab, pair))
    assert second["y"] > first["y"] + first["height"]
    assert first["width"] > 300
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
