"""The canvas in a plane without components, as UMAP and t-SNE make it: any place is decoded by the way back."""

import numpy as np
import pytest
from playwright.sync_api import expect

from aecore.analysis.projections import inverse, inverse_errors
from tests.browser.test_latent_canvas import Canvas, agrees_with_torch, server, shown

__all__ = ["server", "shown"]

MIDDLES = [(-4, 0), (4, 1), (0, 6), (0, 2)]  # of the three groups, and between them


@pytest.fixture
def canvas(tab, server, shown):
    return Canvas(tab, server, shown["islands"])


def place_at(canvas, pixel) -> np.ndarray:
    """The place of the plane at a pixel of the page."""
    origin, other = (np.array(canvas.place(*place)) for place in [(0, 0), (1, 1)])
    return (np.array(pixel) - origin) / (other - origin)


def code_at(canvas, place) -> np.ndarray:
    scene = canvas.scene
    return inverse(scene.codes, scene.laid_out, np.array([place], np.float32))[0]


def pixel_of(canvas, place) -> list[int]:
    """The pixel of the page nearest to a place."""
    return [round(each) for each in canvas.place(*place)]


def probe(canvas) -> np.ndarray:
    """Where the probe is drawn in the next frame, as a place of the plane."""
    drawn_at = canvas.root.locator("g.probe").evaluate(
        """async probe => {
            await new Promise(requestAnimationFrame);
            const { e, f } = probe.transform.baseVal.consolidate().matrix;
            const { left, top } = probe.ownerSVGElement.getBoundingClientRect();
            return [e + left, f + top];
        }"""
    )
    return place_at(canvas, drawn_at)


def test_pressing_and_dragging_decodes_what_python_makes_of_the_place_and_sends_nothing(canvas, tab):
    sent = tab.traffic.sent
    tab.mouse.move(*pixel_of(canvas, MIDDLES[0]))
    tab.mouse.down()
    for middle in MIDDLES:
        pixel = pixel_of(canvas, middle)
        tab.mouse.move(*pixel, steps=10)
        expected = code_at(canvas, place_at(canvas, pixel)).tolist()
        canvas.wait_for("latentLab.code.every((value, i) => Math.abs(value - x[i]) < 1e-4)", expected)
        state = canvas.settle()
        assert agrees_with_torch(state, canvas.scene)
        assert probe(canvas) == pytest.approx(place_at(canvas, pixel), abs=0.02)
    tab.mouse.up()
    assert tab.traffic.sent == sent
    assert len(canvas.hook()["frames"]) > 20


def test_beside_the_image_stands_what_the_way_back_errs_there(canvas, tab):
    scene = canvas.scene
    errors = inverse_errors(scene.codes, scene.laid_out)[1]
    pixel = pixel_of(canvas, scene.laid_out[0])
    tab.mouse.click(*pixel)
    (expected,) = inverse(errors[:, None], scene.laid_out, place_at(canvas, pixel)[None].astype(np.float32))[0]
    words = canvas.root.locator(".way-back")
    expect(words).to_have_text(f"Place → code: typical error {expected:.2f}, the mean code's 2.75.")
    tab.mouse.click(*canvas.place(0, 2))
    expect(words).to_contain_text("No image lies here on the map.")
    expect(canvas.root.locator(".probe.approximate")).to_have_count(0)


def test_a_picture_is_dragged_through_the_plane_and_returns(canvas, tab):
    scene = canvas.scene
    index, x, y = canvas.lonely_point()
    canvas.choose("Picture")
    tab.mouse.move(x, y)
    tab.mouse.down()
    assert canvas.settle()["code"] == pytest.approx(scene.codes[index], abs=1e-6)
    expect(canvas.root.locator(".way-back")).to_have_text("The code is that of the image itself.")
    tab.mouse.move(x - 60, y + 40, steps=5)
    moved = canvas.settle()
    assert moved["held"] == index
    assert moved["code"] == pytest.approx(code_at(canvas, place_at(canvas, (x - 60, y + 40))), abs=0.05)
    assert moved["code"] != pytest.approx(scene.codes[index], abs=0.5)
    tab.mouse.up()
    canvas.wait_for("latentLab.code.every((value, i) => Math.abs(value - x[i]) < 1e-6)", scene.codes[index].tolist())


def test_a_code_from_elsewhere_is_marked_at_the_nearest_code_and_says_so(canvas):
    scene = canvas.scene
    slider = canvas.root.locator(".slider input").first
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    code = np.array(canvas.settle()["code"])
    distances = np.linalg.norm(scene.codes - code, axis=1)
    nearest = int(distances.argmin())
    words = f"the dashed marker is at the nearest image, {distances[nearest]:.2f} away."
    expect(canvas.root.locator(".way-back")).to_contain_text(words)
    expect(canvas.root.locator(".probe.approximate")).to_be_visible()
    assert probe(canvas) == pytest.approx(scene.laid_out[nearest], abs=0.02)


@pytest.mark.parametrize("layer", ["decoded images", "error of place → code"])
def test_the_plane_is_covered_by_what_lies_behind_its_places(canvas, layer):
    scene = canvas.scene
    canvas.root.get_by_label("Over it").select_option(label=layer)
    canvas.wait_for("latentLab.layer !== null && latentLab.layer.title === x", layer)
    grid = canvas.root.evaluate("({latentLab: {layer}}) => ({...layer, values: layer.values && [...layer.values]})")
    places = np.array(grid["places"], np.float32)
    if layer == "decoded images":
        drawn = canvas.root.locator("canvas.layer").evaluate(
            "(c, [x, y]) => c.getContext('2d').getImageData(x, y, 1, 1).data[0]", grid["middle"]
        )
        height, width = scene.shape[1:]
        decoded = scene.decode(inverse(scene.codes, scene.laid_out, places[[grid["cell"]]]))
        assert drawn == pytest.approx(255 * decoded[0, 0, height // 2, width // 2], abs=2)
    else:
        errors = inverse_errors(scene.codes, scene.laid_out)[1]
        expected = inverse(errors[:, None], scene.laid_out, places)[:, 0]
        np.testing.assert_allclose(grid["values"], expected, atol=1e-4)


def test_points_are_coloured_by_what_the_way_back_errs(canvas):
    canvas.root.get_by_role("combobox", name="Colour").select_option(label="by error of place → code")
    expect(canvas.root.locator(".scale", has_text="Error of place → code")).to_be_visible()


def test_a_walk_along_a_drawn_line_stays_on_it(canvas, tab):
    canvas.choose("Line")
    start, end = (pixel_of(canvas, place) for place in [(-4, 0), (4, 1)])
    places = [place_at(canvas, pixel) for pixel in (start, end)]
    tab.mouse.move(*start)
    tab.mouse.down()
    tab.mouse.move(*end, steps=8)
    tab.mouse.up()
    slider = canvas.root.get_by_label("Position on the walk")
    for t, place in zip("01", places, strict=True):
        slider.fill(t)
        assert canvas.settle()["code"] == pytest.approx(code_at(canvas, place), abs=1e-3)
        assert probe(canvas) == pytest.approx(place, abs=0.02)
    expect(canvas.root.locator(".probe.approximate")).to_have_count(0)


def test_the_keys_move_the_probe_through_the_plane(canvas, tab):
    pixel = pixel_of(canvas, MIDDLES[1])
    before = place_at(canvas, pixel)
    width = canvas.root.locator(".map").evaluate("map => map.clientWidth")
    after = place_at(canvas, np.array(pixel) - (0.05 * width, 0))
    tab.mouse.click(*pixel)
    canvas.settle()
    canvas.root.locator(".map").press("Shift+ArrowLeft")
    assert canvas.settle()["code"] == pytest.approx(code_at(canvas, after), abs=1e-3)
    assert probe(canvas) == pytest.approx(after, abs=0.02)
    assert after != pytest.approx(before, abs=0.1)
