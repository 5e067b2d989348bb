"""The main path, as a newcomer walks it: open the lab, train a model, drag through its latent space."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from aecore.data.intake import OwnSettings, add_own
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until
from tests.photographs import photographs

SAME = 1e-4  # largest difference between a value decoded in the browser and by torch
TRAINING_MS = 120_000


@pytest.fixture(scope="module")
def runs_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("main-path") / "runs"


@pytest.fixture(scope="module")
def server(runs_folder):
    with serving(PROJECT / "app.py", runs_folder.parent / "server.log", AECORE_RUNS=str(runs_folder)) as url:
        yield url


@pytest.fixture(scope="module")
def own_pictures(tmp_path_factory) -> str:
    """300 colour photographs as a data set of 64×64."""
    folder = photographs(tmp_path_factory.mktemp("photographs"), 300)
    for _ in add_own(folder, "photographs", OwnSettings(size=64)):
        pass
    return "photographs"


def number(tab, label: str, value: int) -> None:
    field = tab.get_by_role("spinbutton", name=label)
    expect(field).to_have_count(1)  # while a form is drawn anew the old one is still there
    field.fill(str(value))
    field.press("Tab")


def train(tab, epochs: int) -> None:
    """Press Train and wait for the end, having seen progress on the way."""
    number(tab, "Epochs", epochs)
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.get_by_text("images/s").or_(tab.get_by_text("finished after")).first.wait_for(timeout=TRAINING_MS)
    tab.get_by_text(f"finished after {epochs} epoch").wait_for(timeout=TRAINING_MS)


def images_of_torch(runs_folder: Path, run_id: str, codes: list[list[float]]) -> np.ndarray:
    opened = open_run(Runs(runs_folder).get(run_id))
    with torch.inference_mode():
        return opened.composition.model.decode(torch.tensor(codes)).numpy()


def drag(tab, canvas) -> list[tuple[list[float], list[float]]]:
    """Drag the probe along a spiral; returns a few codes and the images decoded for them."""
    start = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    seen = []
    for step in range(120):
        angle, radius = step / 10, step / 300
        place = [start[0] + radius * math.cos(angle), start[1] + radius * math.sin(angle)]
        tab.mouse.move(*canvas.evaluate("({latentLab}, [x, y]) => latentLab.pageOf(x, y)", place))
        if step == 0:
            tab.mouse.down()
        if step % 30 == 29:
            wait_until(canvas, "latentLab.imageCode === latentLab.code")
            seen.append(canvas.evaluate("({latentLab}) => [[...latentLab.imageCode], [...latentLab.image]]"))
    tab.mouse.up()
    return seen


def walk(tab, runs_folder: Path) -> None:
    """From the finished run to its latent space, and through it."""
    tab.get_by_role("button", name="Latent space", exact=True).click()
    canvas = tab.locator("[data-lab][data-state=ready]")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    run_id = tab.evaluate("new URL(location).searchParams.get('run')")
    tab.get_by_text(re.compile("Encoding all|Measuring the error|Reading the recorded")).wait_for(state="detached")
    tab.wait_for_timeout(1500)  # whatever the page itself still has to say to the server
    sent = tab.traffic.sent
    seen = drag(tab, canvas)
    assert tab.traffic.sent == sent
    expected = images_of_torch(runs_folder, run_id, [code for code, _ in seen])
    for (_, image), wanted in zip(seen, expected, strict=True):
        assert np.abs(np.array(image) - wanted.ravel()).max() < SAME
    assert np.abs(expected[0] - expected[-1]).max() > 0.05  # the picture did change on the way


def test_train_a_vae_on_mnist_and_drag_through_it(tab, server, runs_folder):
    tab.goto(server)
    tab.get_by_role("heading", name="Latent Lab").wait_for()
    tab.get_by_role("link", name="Train", exact=True).click()
    tab.get_by_role("heading", name="Train", exact=True).wait_for()
    train(tab, epochs=1)
    walk(tab, runs_folder)


def test_train_a_vae_on_own_colour_pictures_and_drag_through_it(tab, server, runs_folder, own_pictures):
    tab.goto(f"{server}/train?data={own_pictures}")
    tab.get_by_role("heading", name="Train", exact=True).wait_for()
    tab.get_by_text("Convolutional", exact=True).click()
    tab.get_by_role("textbox", name="Channels").wait_for()
    train(tab, epochs=6)
    walk(tab, runs_folder)
