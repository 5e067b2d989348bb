"""The latent canvas in a real browser: what is drawn is what torch decodes, at pointer rate, and nothing is sent."""

import math
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.scenes import Scene, scenes
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until

SAME = 1e-4  # largest difference between a value decoded in the browser and by torch


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The scenes by name, written where the server finds them."""
    folder = tmp_path_factory.mktemp("scenes")
    made = {scene.name: scene for scene in scenes()}
    for scene in made.values():
        scene.save(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANVAS_SCENES", str(folder))
        yield made


@pytest.fixture(scope="module")
def server(shown, tmp_path_factory):
    log = tmp_path_factory.mktemp("canvas") / "server.log"
    with serving(PROJECT / "tests" / "browser" / "canvas_server.py", log) as url:
        yield url


class Canvas:
    """The canvas in one tab, as a person and as the inspection hook see it."""

    def __init__(self, tab, url: str, scene: Scene):
        tab.goto(f"{url}/?scene={scene.name}")
        self.tab = tab
        self.scene = scene
        self.root = tab.locator(f"[data-lab={scene.name}][data-state=ready]")
        self.root.wait_for()

    def hook(self) -> dict:
        return self.root.evaluate(
            "e => ({...e.latentLab, code: [...e.latentLab.code], image: [...e.latentLab.image],"
            " imageCode: [...e.latentLab.imageCode], layer: null,"
            " again: [...e.latentLab.again ?? []], spread: [...e.latentLab.spread ?? []]})"
        )

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the plane is on the page."""
        return tuple(self.root.evaluate("(e, [x, y]) => e.latentLab.pageOf(x, y)", [float(x), float(y)]))

    def lonely_point(self) -> tuple[int, float, float]:
        """A point in view that is far from all others, and where it is on the page."""
        points = self.scene.plane()
        candidates = np.flatnonzero((np.abs(points) < 2.5 * points.std(axis=0)).all(axis=1))[:300]
        distances = np.linalg.norm(points[candidates, None] - points[None], axis=2)
        index = int(candidates[np.sort(distances, axis=1)[:, 1].argmax()])
        return index, *self.place(*points[index])

    def settle(self) -> dict:
        """Wait until the newest code is the one on screen."""
        self.wait_for("latentLab.imageCode === latentLab.code")
        return self.hook()

    def wait_for_image(self, expected: np.ndarray) -> None:
        """Wait until the picture on screen has these values."""
        self.wait_for("latentLab.image.every((value, i) => Math.abs(value - x[i]) < 1e-4)", expected.tolist())

    def wait_for(self, condition: str, value=None) -> None:
        """Wait until a condition on the hook and `x`, the value, holds."""
        wait_until(self.root, condition, value)

    def choose(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def open(self, panel: str) -> None:
        self.root.get_by_role("tab", name=panel).click()

    def drawn(self, label: str) -> np.ndarray:
        """The pixels of a picture on screen, [height, width, red green blue]."""
        return np.array(
            self.root.locator("figure")
            .filter(has_text=label)
            .locator("canvas")
            .evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"),
            np.uint8,
        ).reshape(*self.scene.shape[1:], 4)[..., :3]


def agrees_with_torch(state: dict, scene: Scene) -> bool:
    expected = scene.decode([state["imageCode"]])[0].ravel()
    return np.abs(np.array(state["image"]) - expected).max() < SAME


def spiral(canvas: Canvas, steps: int = 120):
    """Places on the page along a way through the middle of the map."""
    for step in range(steps):
        angle = step / steps * 4 * math.pi
        yield canvas.place(0.012 * step * math.cos(angle), 0.012 * step * math.sin(angle))


@pytest.mark.parametrize("name", ["grey", "colour", "sixteen"])
def test_dragging_the_probe_decodes_what_torch_decodes_and_sends_nothing(tab, server, shown, name):
    canvas = Canvas(tab, server, shown[name])
    way = list(spiral(canvas))
    sent = tab.traffic.sent
    tab.mouse.move(*way[0])
    tab.mouse.down()
    for place in way:
        tab.mouse.move(*place)
        if place in way[::30]:
            assert agrees_with_torch(canvas.settle(), shown[name])
    tab.mouse.up()
    state = canvas.settle()
    assert agrees_with_torch(state, shown[name])
    assert tab.traffic.sent == sent
    assert len(state["frames"]) > 100


def test_the_picture_on_screen_shows_the_decoded_values(tab, server, shown):
    canvas = Canvas(tab, server, shown["colour"])
    tab.mouse.click(*canvas.place(0.4, -0.3))
    decoded = np.array(canvas.settle()["image"]).reshape(shown["colour"].shape).transpose(1, 2, 0)
    assert np.abs(canvas.drawn("Decoded") / 255 - decoded).max() <= 0.5 / 255 + 1e-6


def test_the_probe_lands_on_the_code_under_the_pointer(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    tab.mouse.click(*canvas.place(0.75, -1.25))
    assert canvas.settle()["code"] == pytest.approx([0.75, -1.25], abs=0.02)


def test_the_probe_follows_a_mouse_that_is_not_pressed_when_asked_to(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    start = canvas.hook()["code"]
    tab.mouse.move(*canvas.place(0.5, 0.5))
    assert canvas.settle()["code"] == start
    canvas.root.get_by_label("follow the mouse").check()
    tab.mouse.move(*canvas.place(0.5, 0.5))
    assert canvas.settle()["code"] == pytest.approx([0.5, 0.5], abs=0.02)


def test_a_class_that_is_hidden_cannot_be_taken_up(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    tab.mouse.click(*canvas.place(0, 0))
    canvas.root.locator(".map").press("Enter")
    nearest = canvas.settle()["held"] % 10
    canvas.root.locator(".map").press("Escape")
    canvas.choose(f"class {nearest}")
    canvas.root.locator(".map").press("Enter")
    assert canvas.settle()["held"] % 10 != nearest
    expect(canvas.root.get_by_role("button", name=f"class {nearest}", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )


def test_a_class_that_is_shown_alone_is_the_only_one_to_be_taken_up(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    tab.mouse.click(*canvas.place(0, 0))
    canvas.root.get_by_role("button", name="class 7", exact=True).click(modifiers=["Shift"])
    canvas.root.locator(".map").press("Enter")
    assert canvas.settle()["held"] % 10 == 7


def test_a_picture_is_taken_up_dragged_away_and_returns_when_it_is_let_go(tab, server, shown):
    scene = shown["grey"]
    canvas = Canvas(tab, server, scene)
    index, x, y = canvas.lonely_point()
    canvas.choose("Picture")
    tab.mouse.move(x, y)
    tab.mouse.down()
    state = canvas.settle()
    assert state["held"] == index
    assert state["code"] == pytest.approx(scene.codes[index], abs=1e-6)
    assert (canvas.drawn("Original") == index % 256).all()
    reconstruction = scene.decode(scene.codes[[index]])[0, 0]
    assert np.abs(canvas.drawn("Reconstruction")[..., 0] / 255 - reconstruction).max() <= 0.51 / 255
    tab.mouse.move(x - 60, y + 40, steps=6)
    moved = canvas.settle()
    assert moved["held"] == index
    assert moved["code"] != pytest.approx(scene.codes[index], abs=0.1)
    assert agrees_with_torch(moved, scene)
    tab.mouse.up()
    canvas.wait_for("latentLab.code.every((value, i) => Math.abs(value - x[i]) < 1e-6)", scene.codes[index].tolist())
    assert canvas.hook()["held"] == index
    expect(canvas.root.locator("polyline.path")).to_be_visible()
    canvas.root.locator(".map").press("Escape")
    assert canvas.hook()["held"] == -1
    expect(canvas.root.locator("polyline.path")).to_be_hidden()


def test_a_picture_that_the_keys_moved_is_put_back(tab, server, shown):
    scene = shown["grey"]
    canvas = Canvas(tab, server, scene)
    tab.mouse.click(*canvas.place(0, 0))
    surface = canvas.root.locator(".map")
    surface.press("Enter")
    index = canvas.settle()["held"]
    surface.press("Shift+ArrowUp")
    assert canvas.settle()["code"] != pytest.approx(scene.codes[index], abs=0.01)
    canvas.choose("Put it back")
    assert canvas.settle()["code"] == pytest.approx(scene.codes[index], abs=1e-6)


def test_in_many_dimensions_a_picture_keeps_what_lies_beside_the_plane(tab, server, shown):
    scene = shown["sixteen"]
    canvas = Canvas(tab, server, scene)
    _, components = scene.projection()
    index, x, y = canvas.lonely_point()
    canvas.choose("Picture")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 50, y + 30, steps=4)
    state = canvas.settle()
    tab.mouse.up()
    assert state["held"] == index
    shift = np.array(state["code"]) - scene.codes[index]
    assert np.linalg.norm(shift) > 0.1
    in_plane = shift @ components.T @ components
    assert shift == pytest.approx(in_plane, abs=1e-4)


def test_a_slider_moves_one_number_of_the_code(tab, server, shown):
    scene = shown["sixteen"]
    canvas = Canvas(tab, server, scene)
    before = canvas.hook()["code"]
    sent = tab.traffic.sent
    slider = canvas.root.locator(".slider input").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=20)
    tab.mouse.up()
    state = canvas.settle()
    changed = np.flatnonzero(np.array(state["code"]) != np.array(before))
    assert changed.tolist() == [int(scene.codes.std(axis=0).argmax())]
    assert agrees_with_torch(state, scene)
    assert tab.traffic.sent == sent
    assert any(frame["cause"] == "slider" for frame in state["frames"])


def test_more_sliders_come_on_demand(tab, server, shown):
    canvas = Canvas(tab, server, shown["sixteen"])
    expect(canvas.root.locator(".slider")).to_have_count(12)
    canvas.choose("Show all 16")
    expect(canvas.root.locator(".slider")).to_have_count(16)


@pytest.mark.parametrize("way", ["Straight", "Spherical"])
def test_the_way_between_two_pictures_ends_at_their_codes(tab, server, shown, way):
    scene = shown["sixteen"]
    canvas = Canvas(tab, server, scene)
    canvas.open("Walk")
    sent = tab.traffic.sent
    canvas.choose(way)
    slider = canvas.root.get_by_label("Position on the walk")
    for end, key in [(0, "Home"), (1, "End")]:  # the first two pictures differ in class
        slider.press(key)
        state = canvas.settle()
        assert state["code"] == pytest.approx(scene.codes[end], abs=1e-5)
        assert agrees_with_torch(state, scene)
    expect(canvas.root.locator(".strip canvas")).to_have_count(9)
    assert tab.traffic.sent == sent


def test_arrow_keys_move_the_probe_and_shift_moves_it_farther(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    surface = canvas.root.locator(".map")
    tab.mouse.click(*canvas.place(0, 0))
    start = canvas.settle()["code"]
    surface.press("ArrowRight")
    near = canvas.settle()["code"]
    surface.press("Shift+ArrowRight")
    far = canvas.settle()["code"]
    assert near[1] == far[1] == start[1]
    assert far[0] - near[0] == pytest.approx(5 * (near[0] - start[0]), rel=1e-3)
    surface.press("Enter")
    assert canvas.settle()["held"] >= 0


def test_the_map_zooms_and_pans_without_moving_the_code(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    x, y = canvas.place(0.5, 0.5)
    tab.mouse.click(x, y)
    code = canvas.settle()["code"]
    tab.mouse.wheel(0, -400)
    assert canvas.place(0.5, 0.5) == pytest.approx((x, y), abs=2)  # the place under the pointer stays
    right = canvas.place(1, 0.5)[0] - canvas.place(0, 0.5)[0]
    tab.mouse.down(button="right")
    tab.mouse.move(x + 70, y - 30, steps=3)
    tab.mouse.up(button="right")
    assert canvas.place(0.5, 0.5) == pytest.approx((x + 70, y - 30), abs=2)
    assert canvas.settle()["code"] == code
    canvas.choose("Reset view")
    assert right > 1.2 * (canvas.place(1, 0.5)[0] - canvas.place(0, 0.5)[0])


def corners(middle: tuple[float, float], reach: float) -> np.ndarray:
    return np.array(middle) + reach * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def draw_around(canvas: Canvas, places) -> None:
    """A line from corner to corner, closed by letting go."""
    canvas.choose("Lasso")
    first, *others = (canvas.place(*place) for place in places)
    canvas.tab.mouse.move(*first)
    canvas.tab.mouse.down()
    for place in others:
        canvas.tab.mouse.move(*place, steps=5)
    canvas.tab.mouse.up()


def within(scene: Scene, middle, reach: float) -> list[int]:
    return np.flatnonzero((np.abs(scene.plane() - middle) < reach).all(axis=1)).tolist()


def test_a_line_around_points_chooses_them_and_shows_what_they_are(tab, server, shown):
    scene = shown["grey"]
    canvas = Canvas(tab, server, scene)
    sent = tab.traffic.sent
    draw_around(canvas, corners((0.5, 0.3), 0.4))
    chosen, expected = canvas.hook()["selected"], within(scene, (0.5, 0.3), 0.4)
    assert len(set(chosen) ^ set(expected)) < 0.03 * len(expected)  # a pixel's width at the edges
    group = canvas.root.get_by_role("region", name="Group")
    expect(group).to_contain_text(f"{len(chosen):,} images chosen")
    counts = np.bincount(scene.labels[chosen], minlength=10)
    for each, count in enumerate(counts):
        expect(group.get_by_role("listitem").nth(each)).to_contain_text(f"class {each}{count}")
    mean = scene.originals[chosen].mean()
    assert np.abs(canvas.drawn("Mean image") - mean).max() <= 1
    assert tab.traffic.sent == sent
    canvas.root.locator(".map").press("Escape")
    assert canvas.hook()["selected"] == []


def test_a_group_is_chosen_with_the_keyboard_alone(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    canvas.choose("Lasso")
    surface = canvas.root.locator(".map")
    for keys in ("Enter", 4 * "Shift+ArrowRight ", "Enter", 4 * "Shift+ArrowUp ", "Enter"):
        for key in keys.split():
            surface.press(key)
    for key in (4 * "Shift+ArrowLeft " + 4 * "Shift+ArrowDown ").split():
        surface.press(key)
    surface.press("Enter")
    assert len(canvas.hook()["selected"]) > 100


def test_keeping_a_group_is_the_one_thing_that_is_sent(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    draw_around(canvas, corners((0.5, 0.3), 0.4))
    chosen = canvas.hook()["selected"]
    sent = tab.traffic.sent
    canvas.root.get_by_label("Name of the group").fill("middle")
    canvas.choose("Keep with the run")
    tab.get_by_text(f"Kept middle: {len(chosen)} images").wait_for()
    assert tab.traffic.sent == sent + 1
    canvas.root.locator(".map").press("Escape")
    kept = canvas.root.get_by_role("button", name=f"middle, {len(chosen):,}")
    kept.click()
    assert canvas.hook()["selected"] == chosen
    canvas.choose("Delete the group middle")
    expect(kept).to_have_count(0)


def test_the_nearest_real_images_are_those_with_the_nearest_codes(tab, server, shown):
    for name in ("grey", "sixteen"):
        scene = shown[name]
        canvas = Canvas(tab, server, scene)
        tab.mouse.click(*canvas.place(0.31, -0.42))
        code = canvas.settle()["code"]
        nearest = np.linalg.norm(scene.codes - code, axis=1).argsort()[:5]
        buttons = canvas.root.get_by_role("group", name="Nearest real images").get_by_role("button")
        for place, index in enumerate(nearest):
            expect(buttons.nth(place)).to_have_attribute("data-index", str(index))


def test_the_decoded_image_is_encoded_again_as_torch_does_it(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    tab.mouse.click(*canvas.place(0.5, -0.6))
    canvas.wait_for("latentLab.againCode === latentLab.code")
    state = canvas.settle()
    mean, spread = scene.encode(np.array(state["image"]).reshape(1, *scene.shape))
    assert state["again"] == pytest.approx(mean[0].tolist(), abs=SAME)
    assert state["spread"] == pytest.approx(spread[0].tolist(), abs=SAME)
    distance = float(np.linalg.norm(mean[0] - state["code"]))
    expect(canvas.root.locator(".trust")).to_contain_text(f"encoded again it lies {distance:.2f} away")
    expect(canvas.root.locator("ellipse.spread")).to_be_visible()


def test_far_from_all_data_the_picture_is_marked_as_invented(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    tab.mouse.click(*canvas.place(0, 0))
    expect(canvas.root.locator(".trust")).to_contain_text("Near the data")
    for _ in range(3):
        canvas.choose("Zoom out")
    tab.mouse.click(*canvas.place(7, 7))
    expect(canvas.root.locator(".trust")).to_contain_text("Invented: the nearest image is")


def test_what_is_drawn_is_encoded_as_it_is_drawn(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    canvas.open("Draw")
    sent = tab.traffic.sent
    surface = canvas.root.locator("canvas.drawing")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    canvas.root.get_by_label("Colour of the brush").fill("#ff8000")
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=12)
    tab.mouse.up()
    pixels = drawing(surface, scene)
    assert pixels[0].max() == 255
    assert 100 < pixels[1].max() < 150
    assert pixels[2].max() == 0
    assert_drawing_is_the_code(canvas, pixels, 0.02)
    canvas.choose("Erase")
    tab.mouse.move(box["x"], box["y"] + 0.45 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"], box["y"] + 0.45 * box["height"], steps=12)
    tab.mouse.up()
    erased = drawing(surface, scene)
    assert erased.sum() < pixels.sum()
    assert_drawing_is_the_code(canvas, erased, 0.02)
    assert tab.traffic.sent == sent


def drawing(surface, scene: Scene) -> np.ndarray:
    flat = surface.evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
    return np.array(flat).reshape(*scene.shape[1:], 4)[..., : scene.shape[0]].transpose(2, 0, 1)


def assert_drawing_is_the_code(canvas: Canvas, pixels: np.ndarray, tolerance: float) -> None:
    expected = canvas.scene.encode(pixels[None] / 255)[0][0].tolist()
    canvas.wait_for(f"latentLab.code.every((value, i) => Math.abs(value - x[i]) < {tolerance})", expected)


def test_a_picture_is_drawn_on_with_the_keyboard_and_cleared(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    canvas.root.locator(".map").press("Enter")
    index = canvas.settle()["held"]
    canvas.open("Draw")
    canvas.choose("Start from the picture")
    surface = canvas.root.locator("canvas.drawing")
    assert_drawing_is_the_code(canvas, scene.originals[index], 1e-3)
    for key in ("Enter", "Shift+ArrowRight", "ArrowDown", "Enter", "ArrowLeft"):
        surface.press(key)
    pixels = drawing(surface, scene)
    assert (pixels != scene.originals[index]).any()
    assert_drawing_is_the_code(canvas, pixels, 0.02)
    canvas.choose("Clear")
    assert_drawing_is_the_code(canvas, np.zeros(scene.shape), 1e-3)


def test_tabs_are_chosen_with_the_arrow_keys(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    first = canvas.root.get_by_role("tab", name="Walk")
    expect(first).to_have_attribute("aria-selected", "true")
    first.press("ArrowRight")
    expect(canvas.root.get_by_role("tab", name="Draw")).to_be_focused()
    expect(canvas.root.get_by_role("tabpanel", name="Draw")).to_be_visible()
    expect(canvas.root.get_by_role("tabpanel", name="Walk")).to_be_hidden()


@pytest.mark.parametrize("layer", ["decoded images", "data nearby", "moved when encoded again", "speed of change"])
def test_the_plane_is_covered_by_what_the_model_makes_of_it_without_a_message(tab, server, shown, layer):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    sent = tab.traffic.sent
    canvas.root.get_by_label("Over it").select_option(label=layer)
    canvas.wait_for("latentLab.layer !== null && latentLab.layer.title === x", layer)
    grid = canvas.root.evaluate("({latentLab: {layer}}) => ({...layer, values: layer.values && [...layer.values]})")
    places = np.array(grid["places"], np.float32)
    decoded = scene.decode(places)
    if layer == "decoded images":
        drawn = canvas.root.locator("canvas.layer").evaluate(
            "(c, [x, y]) => c.getContext('2d').getImageData(x, y, 1, 1).data[0]", grid["middle"]
        )
        height, width = scene.shape[1:]
        assert drawn == pytest.approx(255 * decoded[grid["cell"], 0, height // 2, width // 2], abs=2)
    elif layer == "data nearby":
        near = (np.linalg.norm(scene.codes[None] - places[:, None], axis=2) <= 0.4).sum(1)
        assert np.abs(np.array(grid["values"]) - near).max() <= 1
    elif layer == "moved when encoded again":
        moved = np.linalg.norm(scene.encode(decoded)[0] - places, axis=1)
        np.testing.assert_allclose(grid["values"], moved, atol=1e-3)
    else:
        first = np.linalg.norm(decoded[1] - decoded[0]) / np.linalg.norm(places[1] - places[0])
        columns = grid["columns"]
        below = np.linalg.norm(decoded[columns] - decoded[0]) / np.linalg.norm(places[columns] - places[0])
        assert grid["values"][0] == pytest.approx(np.hypot(first, below), rel=1e-3)
    assert tab.traffic.sent == sent


def test_points_are_coloured_by_a_number(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    canvas.root.get_by_role("combobox", name="Colour").select_option(label="by height")
    expect(canvas.root.locator(".scale", has_text="Height, of the plane")).to_be_visible()
    canvas.root.get_by_role("combobox", name="Colour").select_option(label="by class")
    expect(canvas.root.locator(".scale", has_text="Height")).to_be_hidden()


def test_the_mouse_over_a_point_shows_its_picture_class_and_numbers(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    index, x, y = canvas.lonely_point()
    tab.mouse.move(x, y)
    tip = canvas.root.locator(".tip")
    expect(tip).to_contain_text(f"class {scene.labels[index]}")
    expect(tip).to_contain_text(f"Height {scene.codes[index, 1]:.2f}".replace("-", "−"))
    tab.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_where_there_is_room_pictures_take_the_place_of_points(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    index, x, y = canvas.lonely_point()
    middle = "(c, [x, y]) => [...c.getContext('2d').getImageData(x, y, 1, 1).data]"
    frame = canvas.root.locator(".map").bounding_box()
    inside = [round(x - frame["x"]), round(y - frame["y"]) + 3]
    drawn = canvas.root.locator(".map > canvas").first.evaluate(middle, inside)
    assert drawn[:3] == [index % 256] * 3
    canvas.root.get_by_label("pictures where there is room").uncheck()
    assert canvas.root.locator(".map > canvas").first.evaluate(middle, inside)[:3] != [index % 256] * 3


def test_when_a_run_has_learned_further_the_probe_stays_and_is_decoded_anew(tab, server, shown):
    canvas = Canvas(tab, server, shown["grey"])
    tab.mouse.click(*canvas.place(0.75, -0.5))
    before = canvas.settle()
    tab.get_by_role("button", name="Learn further").click()
    expected = shown["grey_later"].decode([before["code"]])[0].ravel()
    canvas.wait_for_image(expected)
    assert canvas.settle()["code"] == before["code"]


def test_a_code_of_one_number_has_a_map_too(tab, server, shown):
    canvas = Canvas(tab, server, shown["line"])
    tab.mouse.click(*canvas.place(0.5, 0))
    state = canvas.settle()
    assert state["code"] == pytest.approx([0.5], abs=0.02)
    assert agrees_with_torch(state, shown["line"])


def test_a_finger_drags_the_probe_and_two_fingers_move_the_map(open_tab, server, shown):
    tab = open_tab(width=390, height=844, touch=True)
    canvas = Canvas(tab, server, shown["grey"])
    tab.locator(".map").scroll_into_view_if_needed()
    touch = Fingers(tab)
    (x, y), (goal_x, goal_y) = canvas.place(0, 0), canvas.place(0.8, 0.6)
    touch.press((x, y))
    touch.move((goal_x, goal_y))
    touch.lift()
    assert canvas.settle()["code"] == pytest.approx([0.8, 0.6], abs=0.05)
    width = canvas.place(1, 0)[0] - canvas.place(0, 0)[0]
    touch.press((x - 30, y), (x + 30, y))
    touch.move((x - 60, y), (x + 60, y))
    touch.lift()
    assert canvas.place(1, 0)[0] - canvas.place(0, 0)[0] == pytest.approx(2 * width, rel=0.1)


def test_a_finger_uses_every_tool_on_a_phone(open_tab, server, shown):
    scene = shown["coded"]
    tab = open_tab(width=390, height=844, touch=True)
    canvas, touch, sent = Canvas(tab, server, scene), Fingers(tab), tab.traffic.sent
    surface = canvas.root.locator(".map")
    surface.scroll_into_view_if_needed()
    index, x, y = canvas.lonely_point()
    canvas.choose("Picture")
    touch.press((x, y))
    touch.move((x + 40, y - 30))
    assert canvas.settle()["held"] == index
    assert canvas.hook()["code"] != pytest.approx(scene.codes[index], abs=0.05)
    touch.lift()
    canvas.wait_for("latentLab.code.every((value, i) => Math.abs(value - x[i]) < 1e-6)", scene.codes[index].tolist())

    canvas.choose("Lasso")
    square = [canvas.place(*each) for each in corners((0.5, 0.3), 0.4)]
    touch.stroke(*square, square[0])
    chosen, expected = canvas.hook()["selected"], within(scene, (0.5, 0.3), 0.4)
    assert len(set(chosen) ^ set(expected)) < 0.06 * len(expected)

    canvas.choose("Line")
    touch.stroke(canvas.place(-1, 0), canvas.place(0.5, 0.5))
    canvas.root.get_by_label("Position on the walk").fill("1")
    assert canvas.settle()["code"] == pytest.approx([0.5, 0.5], abs=0.06)

    canvas.open("Draw")
    paper = canvas.root.locator("canvas.drawing")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    begun = (box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    touch.stroke(begun, (begun[0] + 0.4 * box["width"], begun[1] + 0.3 * box["height"]))
    pixels = drawing(paper, scene)
    assert pixels.max() > 200
    assert_drawing_is_the_code(canvas, pixels, 0.02)
    assert tab.traffic.sent == sent


class Fingers:
    """Several fingers at once, which Playwright itself does not have."""

    def __init__(self, tab):
        self.session = tab.context.new_cdp_session(tab)

    def press(self, *places):
        self._send("touchStart", places)

    def move(self, *places):
        self._send("touchMove", places)

    def lift(self):
        self._send("touchEnd", ())

    def stroke(self, *places):
        """One finger from the first place over all others."""
        self.press(places[0])
        for before, place in pairwise(places):
            for step in range(1, 6):
                self.move(tuple(a + (b - a) * step / 5 for a, b in zip(before, place, strict=True)))
        self.lift()

    def _send(self, kind, places):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_in_light_and_dark(open_tab, server, shown, dark):
    tab = open_tab(width=390, height=844, dark=dark)
    canvas = Canvas(tab, server, shown["sixteen"])
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    picture = canvas.root.locator("figure.large canvas").bounding_box()
    assert picture["y"] < canvas.root.locator(".map").bounding_box()["y"]  # the picture comes first


def test_without_webassembly_it_says_so_and_still_shows_the_map(open_tab, server, shown):
    tab = open_tab()
    tab.add_init_script("delete globalThis.WebAssembly")
    tab.goto(f"{server}/?scene=grey")
    canvas = tab.locator("[data-lab=grey][data-state=failed]")
    expect(canvas.get_by_text("The decoder does not run in this browser")).to_be_visible()
    expect(canvas.get_by_role("application")).to_be_visible()
    expect(canvas.get_by_role("group", name="Classes")).to_be_visible()
    tab.traffic.errors.clear()  # onnxruntime reports what is missing


def test_a_walk_over_three_stops_passes_each_and_a_stop_can_be_removed(tab, server, shown):
    scene = shown["coded"]
    canvas = Canvas(tab, server, scene)
    canvas.open("Walk")
    canvas.root.locator(".map").press("Enter")
    third = canvas.settle()["held"]
    canvas.choose("Add to the walk")
    slider = canvas.root.get_by_label("Position on the walk")
    for t, index in [("0", 0), ("0.5", 1), ("1", third)]:  # the first two pictures differ in class
        slider.fill(t)
        assert canvas.settle()["code"] == pytest.approx(scene.codes[index], abs=1e-5)
    canvas.choose("Remove stop B")
    slider.fill("0.5")
    assert canvas.settle()["code"] == pytest.approx((scene.codes[0] + scene.codes[third]) / 2, abs=1e-5)


def test_a_walk_along_a_drawn_line_is_evenly_paced_and_ends_where_the_line_does(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    canvas.choose("Line")
    places = [(-1, 0), (0, 0), (0, 3 / 4)]
    tab.mouse.move(*canvas.place(*places[0]))
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*canvas.place(*place), steps=8)
    tab.mouse.up()
    slider = canvas.root.get_by_label("Position on the walk")
    for t, expected in [("0", (-1, 0)), ("0.5", (-1 / 8, 0)), ("1", (0, 3 / 4))]:
        slider.fill(t)
        assert canvas.settle()["code"] == pytest.approx(expected, abs=0.06)
    expect(canvas.root.locator("polyline.way")).to_be_visible()


def test_a_walk_plays_and_pauses_and_stops_when_the_probe_is_moved(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    canvas.open("Walk")
    sent = tab.traffic.sent
    canvas.choose("Play")
    canvas.wait_for("latentLab.frames.filter(({cause}) => cause === 'walk').length > 20")
    canvas.choose("Pause")
    at = canvas.root.get_by_label("Position on the walk").input_value()
    canvas.choose("Play")
    canvas.wait_for("latentLab.frames.filter(({cause}) => cause === 'walk').length > 40")
    canvas.root.locator(".map").scroll_into_view_if_needed()
    tab.mouse.click(*canvas.place(0.5, 0.5))
    expect(canvas.root.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert canvas.settle()["code"] == pytest.approx([0.5, 0.5], abs=0.03)
    assert canvas.root.get_by_label("Position on the walk").input_value() != at
    assert tab.traffic.sent == sent


def test_a_walk_to_be_saved_is_told_by_its_stops(tab, server, shown):
    canvas = Canvas(tab, server, shown["coded"])
    canvas.open("Walk")
    canvas.choose("Spherical")
    canvas.root.get_by_label("Kind of file").select_option("mp4")
    canvas.choose("Save the walk")
    told = tab.get_by_test_id("stJson")
    for words in ('"mp4"', '"spherical"', "save_walk"):
        expect(told).to_contain_text(words)
