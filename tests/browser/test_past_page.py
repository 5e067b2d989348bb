"""The time machine of the page Latent space: scrubbed by mouse and keyboard, and while a run is under way."""

import json
import os
import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from aecore.analysis.history import history
from aecore.runs.arrays import read_arrays, to_bytes
from aecore.runs.opened import open_run
from aecore.runs.processes import started_at
from aecore.runs.store import Runs
from tests.browser.axe import OF_LOOKS, violations
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.pages.oblong import PARTS, make_oblong, train

PATIENCE_MS = 120_000
SAME = 1e-4  # largest difference between a value decoded in the browser and by torch
EPOCHS = 3
SLIDER = "Time: recorded epochs"
# Which part of the plane is seen, however far the page is scrolled.
VIEW = "({ latentLab: { pageOf } }) => [pageOf(0, 0)[0], pageOf(1, 0)[0], pageOf(0, 1)[1] - pageOf(0, 0)[1]]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    make_oblong()
    return tmp_path_factory.mktemp("past")


@pytest.fixture(scope="module")
def runs(folder):
    return Runs(folder / "runs")


@pytest.fixture(scope="module")
def small(runs):
    """Runs of three recorded epochs whose codes have 1, 3 and 40 numbers."""
    return {
        latent: train(runs, "simple", f"Code of {latent}", epochs=EPOCHS, **{"bottleneck.code_size": latent})
        for latent in (1, 3, 40)
    }


@pytest.fixture(scope="module")
def address(folder, small):
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


@pytest.fixture
def growing(runs, small):
    """A run that this process seems to train; after two epochs."""
    run = runs.import_zip(runs.export_zip(small[3].id))
    shutil.move(run.snapshot_path(EPOCHS), run.path / "kept")
    launched = {"pid": os.getpid(), "started": started_at(os.getpid())}
    stored = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps(stored | {"state": "running", "launched": launched}))
    yield run
    (run.path / "status.json").write_text(json.dumps(stored))


class TimePage:
    """The page with the panel open, as a person and as the inspection hook see it."""

    def __init__(self, tab, address, run):
        self.tab = tab
        tab.goto(f"{address}/latent_space?run={run.id}")
        self.canvas = tab.locator("[data-lab][data-state=ready]")
        self.canvas.wait_for(timeout=PATIENCE_MS)
        self.open = tab.get_by_role("tab", name="Time")
        self.open.wait_for(timeout=PATIENCE_MS)
        expect(tab.get_by_text(f"{sum(PARTS.values())} images as the encoder")).to_be_visible(timeout=PATIENCE_MS)

    def start(self):
        self.open.click()
        self.slider = self.tab.get_by_role("slider", name=SLIDER)
        expect(self.slider).to_be_visible(timeout=PATIENCE_MS)
        self.state()
        return self

    def state(self) -> dict:
        """What is shown, once the newest image has been decoded."""
        body = """async ({ latentLab }) => {
            const end = performance.now() + 20000;
            let same = 0;
            while (same < 3) {
              if (performance.now() > end) throw new Error('waited 20 s in vain');
              await new Promise(requestAnimationFrame);
              same = latentLab.time.t !== undefined && latentLab.time.imageTime === latentLab.time.t ? same + 1 : 0;
            }
            const { image, places, ...others } = latentLab.time;
            return { ...others, image: image && [...image], places: [...places] };
        }"""
        return self.canvas.evaluate(body)

    def at(self, epoch: str) -> dict:
        expect(self.tab.locator(".time-label")).to_have_text(epoch)
        return self.state()

    def drag_to(self, share: float) -> None:
        """Drag the slider's thumb to this share of its way with the mouse."""
        box = self.slider.bounding_box()
        x = box["x"] + 8 + share * (box["width"] - 16)
        self.tab.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
        self.tab.mouse.down()
        self.tab.mouse.move(x, box["y"] + box["height"] / 2, steps=6)
        self.tab.mouse.up()

    def pixels(self) -> np.ndarray:
        """The first reconstruction on screen, [height, width, red green blue]."""
        canvas = self.tab.get_by_role("img", name="Reconstruction 1", exact=True)
        drawn = "c => [c.height, c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        height, width, *data = canvas.evaluate(drawn)
        return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def decoded(run, index, place):
    """What torch makes of a place on the map after a recorded epoch, with the weights that were kept."""
    found = history(run)
    code = found.alignment.means[index] + np.float32(place) @ found.alignment.components[index]
    with torch.no_grad():
        model = open_run(run, epoch=int(found.epochs[index])).composition.model
        return model.decode(torch.from_numpy(code[None].astype(np.float32)))[0].numpy().ravel()


def places_of(run, index):
    return history(run).alignment.plane[index].ravel()


@pytest.mark.parametrize("latent", [1, 3, 40])
def test_every_epoch_is_mapped_and_decoded_as_the_model_was_then(tab, address, small, latent):
    run = small[latent]
    page = TimePage(tab, address, run).start()
    page.slider.focus()
    seen = []
    for index in (2, 1, 0):
        state = page.at(f"epoch {index + 1}")
        np.testing.assert_allclose(state["places"], places_of(run, index), atol=1e-5)
        np.testing.assert_allclose(state["image"], decoded(run, index, state["place"]), atol=SAME)
        kept = history(run).reconstructions[index, 0].transpose(1, 2, 0)
        np.testing.assert_array_equal(page.pixels(), kept)
        seen.append(state)
        tab.keyboard.press("ArrowLeft")
    for one, other in pairwise(seen):
        assert np.abs(np.subtract(one["image"], other["image"])).max() > 10 * SAME
    marks = tab.locator(".time-marker").evaluate("line => line.getAttribute('x1')")
    tab.keyboard.press("End")
    page.at(f"epoch {EPOCHS}")
    assert float(tab.locator(".time-marker").evaluate("line => line.getAttribute('x1')")) > float(marks) + 100


def test_between_two_epochs_everything_is_in_between_and_nothing_is_asked_of_the_server(tab, address, small):
    run = small[40]
    page = TimePage(tab, address, run).start()
    page.drag_to(0.25)
    page.at("between epoch 1 and 2")
    sent = tab.traffic.sent
    page.drag_to(0.3)
    state = page.at("between epoch 1 and 2")
    share = state["share"]
    assert 0.5 < share < 0.7
    assert tab.traffic.sent == sent
    both = [decoded(run, index, state["place"]) for index in (0, 1)]
    np.testing.assert_allclose(state["image"], (1 - share) * both[0] + share * both[1], atol=SAME)
    lying = [places_of(run, index) for index in (0, 1)]
    np.testing.assert_allclose(state["places"], (1 - share) * lying[0] + share * lying[1], atol=1e-5)
    kept = history(run).reconstructions[:2, 0].transpose(0, 2, 3, 1).astype(float)
    np.testing.assert_allclose(page.pixels(), (1 - share) * kept[0] + share * kept[1], atol=1)


def test_the_probe_moves_in_the_past_and_stands_in_the_present_where_it_stood(tab, address, small):
    run = small[3]
    page = TimePage(tab, address, run)
    code = page.canvas.evaluate("({ latentLab }) => [...latentLab.code]")
    where = page.canvas.evaluate(VIEW)
    page.start()
    page.slider.focus()
    tab.keyboard.press("Home")
    before = page.at("epoch 1")
    page.canvas.get_by_role("application").focus()
    for _ in range(4):
        tab.keyboard.press("Shift+ArrowRight")
    wait_until(page.canvas, "latentLab.time.place[0] > x", before["place"][0])
    moved = page.state()
    assert moved["place"][1] == pytest.approx(before["place"][1])
    np.testing.assert_allclose(moved["image"], decoded(run, 0, moved["place"]), atol=SAME)
    page.canvas.scroll_into_view_if_needed()
    x, y = page.canvas.evaluate("({ latentLab }) => latentLab.pageOf(0.1, -0.1)")
    tab.mouse.click(x, y)
    wait_until(page.canvas, "Math.abs(latentLab.time.place[1] - x) < 0.05", -0.1)
    tab.get_by_role("button", name="Back to the present").click()
    assert page.canvas.evaluate("({ latentLab }) => [...latentLab.code]") == code
    assert page.canvas.evaluate(VIEW) == pytest.approx(where, abs=1)


def test_what_belongs_to_the_present_waits_until_the_panel_is_left(tab, address, small):
    page = TimePage(tab, address, small[3]).start()
    lasso = tab.get_by_role("button", name="Lasso", exact=True)
    expect(lasso).to_be_disabled()
    expect(tab.get_by_text("The map shows an earlier time")).to_be_visible()
    expect(tab.get_by_label("Over it")).to_be_hidden()
    expect(tab.get_by_text("Nearest real images")).to_be_hidden()
    expect(page.canvas.get_by_role("application", name=f"Map of {PARTS['validation']} codes")).to_be_visible()
    tab.get_by_role("tab", name="Walk").click()
    expect(lasso).to_be_enabled()
    expect(tab.get_by_label("Over it")).to_be_visible()
    expect(tab.get_by_text("Nearest real images")).to_be_visible()
    expect(page.canvas.get_by_role("application", name=f"Map of {sum(PARTS.values())} codes")).to_be_visible()


def test_a_point_of_the_past_shows_its_image_and_class(tab, address, small):
    run = small[3]
    page = TimePage(tab, address, run).start()
    page.slider.focus()
    tab.keyboard.press("Home")
    page.at("epoch 1")
    page.canvas.scroll_into_view_if_needed()
    points = places_of(run, 0).reshape(-1, 2)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    lonely = int(np.sort(distances, axis=1)[:, 1].argmax())
    x, y = page.canvas.evaluate("({ latentLab }, [x, y]) => latentLab.pageOf(x, y)", points[lonely].tolist())
    tab.mouse.move(x, y)
    validation = open_run(run).splits.validation
    tip = tab.locator(".tip")
    expect(tip).to_have_text(validation.class_names[validation.labels[lonely]])
    drawn = "c => [c.height, c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    height, width, *data = tip.locator("canvas").evaluate(drawn)
    shown = np.array(data, np.uint8).reshape(height, width, 4)[..., :3]
    np.testing.assert_array_equal(shown, validation.images[lonely].transpose(1, 2, 0))


def test_a_run_under_way_shows_new_epochs_by_itself(tab, address, growing):
    tab.goto(f"{address}/latent_space?run={growing.id}")
    tab.get_by_text("Still training").wait_for(timeout=PATIENCE_MS)
    tab.get_by_role("tab", name="Time").click(timeout=PATIENCE_MS)
    slider = tab.get_by_role("slider", name=SLIDER)
    expect(slider).to_have_attribute("aria-valuetext", "epoch 2", timeout=PATIENCE_MS)
    shutil.move(growing.path / "kept", growing.snapshot_path(EPOCHS))
    os.utime(growing.path / "checkpoint.safetensors")
    expect(slider).to_have_attribute("aria-valuetext", "epoch 3", timeout=PATIENCE_MS)
    slider.focus()
    tab.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "epoch 1")


def test_epochs_without_decoder_move_and_say_that_they_cannot_be_decoded(tab, address, runs, small):
    run = runs.import_zip(runs.export_zip(small[3].id))
    for epoch in (1, 2, 3):
        kept = read_arrays(run.snapshot_path(epoch))
        bare = {name: each for name, each in kept.items() if not name.startswith("decoder.")}
        run.snapshot_path(epoch).write_bytes(to_bytes(bare))
    page = TimePage(tab, address, run).start()
    assert page.at("epoch 3")["image"] is not None
    page.slider.focus()
    tab.keyboard.press("ArrowLeft")
    state = page.at("epoch 2")
    assert state["image"] is None
    expect(tab.get_by_text("Only the last epoch can be decoded")).to_be_visible()
    np.testing.assert_allclose(state["places"], places_of(run, 1), atol=1e-5)
    tab.keyboard.press("End")
    assert page.at("epoch 3")["image"] is not None
    expect(tab.get_by_text("Only the last epoch can be decoded")).to_have_count(0)


def test_a_run_of_one_recorded_epoch_says_why_nothing_moves(tab, address, runs):
    run = train(runs, "simple", "Once", epochs=1)
    page = TimePage(tab, address, run)
    page.open.click()
    expect(tab.get_by_text("Epoch 1 alone was recorded, so that nothing moves.")).to_be_visible()
    expect(tab.get_by_role("slider", name=SLIDER)).to_be_hidden()
    expect(tab.get_by_role("button", name="Lasso", exact=True)).to_be_enabled()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_open_panel_breaks_no_rule_of_accessibility(open_tab, address, small, mode):
    tab = open_tab(dark=mode == "dark")
    TimePage(tab, address, small[40]).start()
    assert violations(tab, OF_LOOKS if mode == "dark" else None) == []
