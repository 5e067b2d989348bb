"""A latent space in one file, opened from disk with the network off: a person drags the probe and walks."""

import jaxtyping
import numpy as np
import pytest
from playwright.sync_api import expect

from aecore.analysis.latent import latent_map
from aecore.analysis.takeaway import takeaway
from aecore.analysis.trained import decode
from tests.analysis.conftest import make
from tests.browser.axe import OF_LOOKS, violations
from tests.browser.waiting import wait_until

SAME = 1e-4  # largest difference between a value decoded in the browser and by torch
MADE = {
    "dense": lambda: make("variational", fit=30, bottleneck__code_size=2),
    "convolutional, colour": lambda: make("convolutional", (3, 64, 64), fit=3, bottleneck__code_size=5),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Models and their files, made once."""
    folder = tmp_path_factory.mktemp("away")
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # see tests/analysis/test_export.py
        for name, maker in MADE.items():
            trained = maker()
            (folder / f"{name}.html").write_bytes(takeaway(trained, name))
            made[name] = trained, folder / f"{name}.html"
    return made


def opened(open_tab, file, **look):
    """The canvas in a tab that has no network, and keeps what it asked for."""
    tab = open_tab(offline=True, **look)
    tab.asked = []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.goto(file.as_uri())
    canvas = tab.locator("[data-lab=takeaway][data-state=ready]")
    canvas.wait_for()
    return tab, canvas


def settled(canvas):
    """Code and image when the newest code is the one on screen."""
    wait_until(canvas, "latentLab.imageCode === latentLab.code")
    return canvas.evaluate("({ latentLab }) => [[...latentLab.code], [...latentLab.image]]")


def assert_as_torch(trained, code, image):
    expected = decode(trained, np.array([code], np.float32)).ravel()
    assert np.abs(np.array(image) - expected).max() < SAME


@pytest.mark.parametrize("kind", MADE)
def test_the_probe_is_dragged_and_decodes_as_torch_does_without_asking_for_anything(open_tab, files, kind):
    trained, file = files[kind]
    tab, canvas = opened(open_tab, file)
    start, _ = settled(canvas)
    plane = latent_map(trained).plane
    places = [canvas.evaluate("(e, [x, y]) => e.latentLab.pageOf(x, y)", plane[i].tolist()) for i in (0, 1, 2)]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places:
        tab.mouse.move(*place, steps=5)
        code, image = settled(canvas)
        assert_as_torch(trained, code, image)
    tab.mouse.up()
    assert np.abs(np.subtract(code, start)).max() > 1e-3
    assert {url.split(":")[0] for url in tab.asked} <= {"file", "blob", "data"}
    assert [url for url in tab.asked if url.startswith("file:")] == [file.as_uri()]


@pytest.mark.parametrize("kind", MADE)
def test_a_walk_moves_and_its_images_are_those_of_torch(open_tab, files, kind):
    trained, file = files[kind]
    _, canvas = opened(open_tab, file)
    start, _ = settled(canvas)
    canvas.get_by_role("tab", name="Walk").click()
    canvas.get_by_label("Position on the walk").press("Home")
    code, image = settled(canvas)
    assert np.abs(np.subtract(code, start)).max() > 1e-3
    assert_as_torch(trained, code, image)


def test_only_a_file_with_the_encoder_is_drawn_in(open_tab, files):
    _, plain = opened(open_tab, files["dense"][1])
    expect(plain.get_by_role("tab", name="Walk")).to_have_count(1)
    expect(plain.get_by_role("tab", name="Draw")).to_have_count(0)
    _, whole = opened(open_tab, files["convolutional, colour"][1])
    expect(whole.get_by_role("tab", name="Draw")).to_have_count(1)


def test_the_plane_is_covered_by_decoded_images(open_tab, files):
    _, canvas = opened(open_tab, files["dense"][1])
    canvas.get_by_label("Over it").select_option("decoded images")
    wait_until(canvas, "latentLab.layer?.title === 'decoded images'")
    expect(canvas).to_have_attribute("data-state", "ready")


def test_it_follows_the_system_from_light_to_dark_and_axe_finds_nothing(open_tab, files):
    tab, canvas = opened(open_tab, files["dense"][1], width=390, height=844)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.evaluate(ground) == "rgb(255, 255, 255)"
    assert violations(tab) == []
    tab.emulate_media(color_scheme="dark")
    wait_until(canvas, f"{ground} === 'rgb(19, 23, 28)'")
    assert violations(tab, OF_LOOKS) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
