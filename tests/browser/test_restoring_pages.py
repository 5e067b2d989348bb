"""Enlarge and Denoise in a real browser: a picture is added, the divider moved, the whole made and taken away."""

import io

import numpy as np
import pytest
from PIL import Image

from aecore.analysis.restoring.denoise import denoised, with_noise
from aecore.analysis.restoring.enlarge import enlarged
from aecore.analysis.restoring.files import taken_in
from aecore.cli import main
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.pages.oblong import make_oblong, train_as_it_is

WIDTH, HEIGHT = 60, 44
COMPARE = ".compare"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    make_oblong()
    kept = Runs(tmp_path_factory.mktemp("restoring") / "runs")
    small = {"network.first_filters": 4, "network.second_filters": 4}
    train_as_it_is(kept, "srcnn", "Sharper", **small)
    train_as_it_is(kept, "photo_denoising", "Cleaner", **{"network.channels": 8, "network.blocks": 1})
    return kept


@pytest.fixture(scope="module")
def address(runs):
    log = runs.root.parent / "server.log"
    with serving(PROJECT / "app.py", log, AECORE_RUNS=str(runs.root)) as url:
        yield url


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([120 + 90 * np.sin(x / 4), 120 + 80 * np.cos(y / 3), 60 + 2 * x], 2)
    path = tmp_path_factory.mktemp("photograph") / "own.png"
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path


def run_named(runs, name):
    return next(runs.get(each.id) for each in runs.list() if each.name == name)


def opened(tab, address, title, photograph):
    """The page with the picture; the newest run that fits is chosen by itself."""
    tab.goto(address)
    tab.get_by_role("link", name=title).first.click()
    tab.get_by_role("heading", name=title).wait_for()
    tab.locator('input[type="file"]').set_input_files(photograph)
    tab.get_by_text(f"own.png: {WIDTH} × {HEIGHT} pixels").wait_for()  # before it, a sample is shown
    tab.locator(".compare-divider").wait_for()
    return tab


def seen(tab, expression):
    """What the comparison says of itself."""
    return tab.locator(COMPARE).evaluate(f"(each) => each.latentLab.{expression}")


def until(tab, condition):
    wait_until(tab.locator(COMPARE), f"({condition})(latentLab)")


def joined(numbers):
    return ",".join(map(str, numbers))


def until_drawn(tab, x, y, pixels):
    """Until a place on screen shows the pixel that `pixels` has there: it is drawn in the frame after."""
    until(tab, f"(lab) => String(lab.pixel({x}, {y})) === '{joined(pixels[y, x])}'")


def downloaded(tab):
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Download").click()
    return waiting.value


def test_a_picture_is_compared_enlarged_and_taken_away_as_the_shell_makes_it(tab, address, runs, photograph, tmp_path):
    opened(tab, address, "Enlarge", photograph)
    until(tab, "(lab) => lab.right === 'Sharper'")
    pixels, run = taken_in("own.png", photograph).pixels, run_named(runs, "Sharper")
    plain, made = enlarged(pixels, 2), enlarged(pixels, 2, open_run(run))
    assert seen(tab, "left") == "Bicubic"
    until_drawn(tab, WIDTH // 2, 20, plain)
    until_drawn(tab, 3 * WIDTH // 2, 20, made)
    # The divider follows the pointer, without a word to the server.
    box = tab.locator(".compare-stage").bounding_box()
    sent = tab.traffic.sent
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=5)
    tab.mouse.up()
    until(tab, "(lab) => Math.abs(lab.position - 0.8) < 0.02")
    tab.locator(".compare-divider").press("Home")
    until(tab, "(lab) => lab.position === 0")
    for key in ("ArrowRight", "ArrowUp", "PageUp", "ArrowLeft", "PageDown"):
        tab.locator(".compare-divider").press(key)
    until(tab, "(lab) => Math.abs(lab.position - 0.02) < 0.001")
    tab.locator(".compare-divider").press("ArrowDown")
    until(tab, "(lab) => lab.position < 0.001")
    assert tab.traffic.sent == sent
    until_drawn(tab, WIDTH // 2, 20, made)
    # All of it back to bicubic is bicubic.
    tab.get_by_label("Back to bicubic").press("End")
    until(tab, "(lab) => lab.blend === 1")
    until_drawn(tab, WIDTH // 2, 20, plain)
    tab.get_by_label("Back to bicubic").press("Home")
    until(tab, "(lab) => lab.blend === 0")
    tab.get_by_role("button", name=f"Enlarge all {WIDTH} × {HEIGHT} pixels").click()
    file = downloaded(tab)
    assert file.suggested_filename == "own-2x.png"
    shell = tmp_path / "shell.png"
    words = ["upscale", str(photograph), "-o", str(shell), "--model", run.id, "--runs", str(runs.root)]
    assert main(words) == 0
    content = shell.read_bytes()
    file.save_as(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes() == content
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (2 * WIDTH, 2 * HEIGHT)


def test_noise_follows_the_slider_and_the_answers_follow_when_it_is_let_go(tab, address, runs, photograph):
    opened(tab, address, "Denoise", photograph)
    until(tab, "(lab) => lab.right === 'Model' && lab.noise === 25")
    left, right = [3, 20], [WIDTH - 4, 20]
    clean = taken_in("own.png", photograph).pixels
    before, answered = seen(tab, f"pixel({joined(left)})"), seen(tab, f"pixel({joined(right)})")
    slider = tab.get_by_role("slider", name="Noise")
    box = slider.bounding_box()
    sent = tab.traffic.sent
    tab.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=5)
    # Held: the noisy picture is there already, the answers are not and say so.
    until(tab, f"(lab) => lab.noise > 60 && String(lab.pixel({joined(left)})) !== '{joined(before)}'")
    strength = seen(tab, "noise")
    held = seen(tab, f"pixel({joined(left)})")
    assert seen(tab, f"pixel({joined(right)})") == answered
    assert "Model" in seen(tab, "stale")
    assert tab.get_by_text("still for σ 25 of 255").is_visible()
    assert tab.traffic.sent == sent
    tab.mouse.up()
    until(tab, "(lab) => !lab.stale.length")
    noisy = with_noise(clean, "gaussian", strength / 255)
    made = denoised(noisy, open_run(run_named(runs, "Cleaner"))).picture
    assert seen(tab, "noise") == strength
    until_drawn(tab, *left, noisy)
    until_drawn(tab, *right, made)
    assert held == pytest.approx(noisy[20, left[0]].tolist(), abs=1)
    assert made[20, right[0]].tolist() != answered
    # From the keyboard, for another kind, which has a strength of its own.
    tab.get_by_role("combobox", name="Noise that is added").click()
    tab.get_by_role("option", name="Dropout (masking)").click()
    until(tab, "(lab) => lab.noise === 5")
    tab.get_by_role("slider", name="Pixels lost").press("End")
    until(tab, "(lab) => lab.noise === 50 && !lab.stale.length")
    until_drawn(tab, *left, with_noise(clean, "masking", 0.5))
    tab.get_by_role("table", name="").first.wait_for()
    tab.get_by_text("Non-local means").first.wait_for()
    tab.get_by_role("button", name=f"Denoise all {WIDTH} × {HEIGHT} pixels").click()
    assert downloaded(tab).suggested_filename == "own-denoised.png"


@pytest.mark.parametrize("title", ["Enlarge", "Denoise"])
def test_on_a_phone_the_picture_comes_before_the_choices_and_nothing_sticks_out(open_tab, address, photograph, title):
    tab = opened(open_tab(), address, title, photograph)
    tab.set_viewport_size({"width": 390, "height": 844})
    stage = tab.locator(".compare-stage").bounding_box()
    assert stage["y"] < tab.locator('[data-testid="stFileUploader"]').bounding_box()["y"]
    widths = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
