"""The address of a latent canvas: a reload, another tab and a copied link lead back to the same place."""

import pytest
from playwright.sync_api import expect

from tests.browser.scenes import scenes
from tests.browser.servers import PROJECT, serving
from tests.browser.waiting import wait_until

SHOWN = ("grey", "grey_later", "sixteen", "coded")
STATE = """(canvas) => {
    const { code, held, selected, pageOf } = canvas.latentLab;
    const frame = canvas.querySelector('.map').getBoundingClientRect();
    const onMap = (x, y) => [pageOf(x, y)[0] - frame.left, pageOf(x, y)[1] - frame.top];
    const chosen = [...selected].sort((a, b) => a - b);
    return { code: [...code], held, selected: chosen, corner: onMap(0, 0), unit: onMap(1, 1) };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("address")
    for scene in scenes():
        if scene.name in SHOWN:
            scene.save(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANVAS_SCENES", str(folder))
        with serving(PROJECT / "tests" / "browser" / "canvas_server.py", folder / "server.log") as url:
            yield url


def opened(tab, address):
    tab.goto(address)
    return ready(tab)


def ready(tab):
    canvas = tab.locator("[data-lab][data-state=ready]")
    canvas.wait_for()
    return canvas


def href(tab):
    return tab.evaluate("location.href")


def wait_for_address(tab, *parts):
    """Wait until the address says all this."""
    wait_until(tab.locator("body"), "x.every((part) => location.hash.includes(part))", list(parts))
    return href(tab)


def place(canvas, x, y):
    return tuple(canvas.evaluate("({latentLab}, [x, y]) => latentLab.pageOf(x, y)", [x, y]))


def draw_around(tab, canvas, corners):
    first, *others = [place(canvas, *corner) for corner in corners]
    tab.mouse.move(*first)
    tab.mouse.down()
    for other in (*others, first):
        tab.mouse.move(*other, steps=4)
    tab.mouse.up()


def pressed(canvas, name):
    return canvas.get_by_role("button", name=name, exact=True).get_attribute("aria-pressed") == "true"


def look_around(tab, canvas):
    """Zoom, hide a class, put colours and a layer on the map, take up a picture, draw a lasso, all by hand."""
    canvas.get_by_role("button", name="Zoom in").click()
    canvas.get_by_role("button", name="class 2", exact=True).click()
    canvas.get_by_role("combobox", name="Colour").select_option("height")
    canvas.get_by_label("Over it").select_option("near")
    tab.mouse.click(*place(canvas, 0.3, 0.2))
    canvas.locator(".map").press("Enter")
    canvas.locator(".map").press("Shift+ArrowUp")
    canvas.get_by_role("button", name="Lasso").click()
    draw_around(tab, canvas, [(-0.5, -0.5), (0.5, -0.5), (0.7, 0.4), (-0.4, 0.5)])


def same_place(canvas, before):
    after = canvas.evaluate(STATE)
    assert len(before["selected"]) > 5
    assert after["selected"] == before["selected"]
    assert after["held"] == before["held"] >= 0
    assert after["code"] == before["code"]
    assert after["corner"] == pytest.approx(before["corner"], abs=1)
    assert after["unit"] == pytest.approx(before["unit"], abs=1)
    assert pressed(canvas, "Lasso")
    assert not pressed(canvas, "class 2")
    expect(canvas.get_by_role("combobox", name="Colour")).to_have_value("height")
    expect(canvas.get_by_label("Over it")).to_have_value("near")
    expect(canvas.get_by_role("tab", name="Group")).to_have_attribute("aria-selected", "true")


def test_a_reload_and_another_tab_show_the_same_place(tab, open_tab, server):
    canvas = opened(tab, f"{server}/?scene=coded")
    sent = tab.traffic.sent
    look_around(tab, canvas)
    address = wait_for_address(
        tab, "view:", "hidden:2", "colour:height", "over:near", "probe:i", "lasso:", "tool:lasso"
    )
    before = canvas.evaluate(STATE)
    assert tab.traffic.sent == sent
    assert "?scene=coded#" in address
    tab.reload()
    same_place(ready(tab), before)
    other = open_tab()
    same_place(opened(other, address), before)
    assert href(other) == address


def test_an_address_that_is_put_in_by_hand_leads_there_at_once(tab, server):
    canvas = opened(tab, f"{server}/?scene=grey")
    tab.mouse.click(*place(canvas, 0.75, -0.5))
    away = wait_for_address(tab, "probe:c")
    code = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    canvas.get_by_role("button", name="To the mean code").click()
    wait_until(canvas, "!location.hash.includes('probe')")
    tab.evaluate("(address) => { location.href = address; }", away)
    tab.wait_for_url(away)
    assert canvas.evaluate("({latentLab}) => [...latentLab.code]") == code


def test_a_code_of_many_numbers_comes_back_with_what_lies_beside_the_plane(tab, server):
    canvas = opened(tab, f"{server}/?scene=sixteen")
    canvas.get_by_role("slider").first.focus()
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    wait_for_address(tab, "probe:c")
    code = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    tab.reload()
    assert ready(tab).evaluate("({latentLab}) => [...latentLab.code]") == code


def test_a_walk_comes_back_and_leaves_the_probe_where_it_is(tab, server):
    canvas = opened(tab, f"{server}/?scene=grey")
    canvas.get_by_role("button", name="Spherical").click()
    canvas.get_by_label("Position on the walk").press("ArrowRight")
    wait_for_address(tab, "walk:spherical,0.505,0.1", "probe:c")
    code = canvas.evaluate("({latentLab}) => [...latentLab.code]")
    tab.reload()
    canvas = ready(tab)
    assert pressed(canvas, "Spherical")
    expect(canvas.get_by_label("Position on the walk")).to_have_value("0.505")
    assert canvas.evaluate("({latentLab}) => [...latentLab.code]") == code


def test_newer_codes_keep_the_lasso(tab, server):
    canvas = opened(tab, f"{server}/?scene=grey")
    canvas.get_by_role("button", name="Lasso").click()
    draw_around(tab, canvas, [(0, 0), (1, 0), (1, 1), (0, 1)])
    before = canvas.evaluate("({latentLab}) => latentLab.selected.length")
    tab.get_by_role("button", name="Learn further").click()
    wait_until(canvas, "latentLab.selected.length > 0 && latentLab.selected.length < x / 2", before)


@pytest.mark.parametrize(
    "said",
    [
        "view:nothing,1;tool:hammer;hidden:x,-1,99;colour:shame;over:all;probe:cAAAA,x,y;lasso:1,2,3;panel:none;walk:a",
        "view:1,2,1e9;tool:constructor;probe:i999999;lasso:NaN,1,2,3,4,5;walk:toString,0.5,0.1;panel:group",
        "view:1,2,;probe:;;::;x",
        "%E0%A4%A",
    ],
)
def test_what_makes_no_sense_is_passed_over(tab, server, said):
    canvas = opened(tab, f"{server}/?scene=coded")
    tab.mouse.click(*place(canvas, 0.1, 0.1))
    name = wait_for_address(tab, "probe:").split("#")[1].split("=")[0]
    tab.goto("about:blank")
    canvas = opened(tab, f"{server}/?scene=coded#{name}={said}")
    state = canvas.evaluate(STATE)
    assert (state["held"], state["selected"]) == (-1, [])
    assert canvas.evaluate("({latentLab}) => latentLab.error") is None
    assert pressed(canvas, "Probe")
    tab.mouse.click(*place(canvas, 0.2, 0.2))
    wait_for_address(tab, "probe:c")


def test_the_place_in_one_space_is_not_taken_over_by_another(tab, server):
    canvas = opened(tab, f"{server}/?scene=coded")
    look_around(tab, canvas)
    address = wait_for_address(tab, "lasso:", "tool:lasso")
    tab.goto("about:blank")
    canvas = opened(tab, address.replace("coded", "grey"))
    assert canvas.evaluate(STATE)["selected"] == []
    assert pressed(canvas, "Probe")


def test_the_link_is_copied_as_it_is_after_the_last_movement(open_tab, server):
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    canvas = opened(tab, f"{server}/?scene=grey")
    tab.mouse.click(*place(canvas, 0.5, 0.5))
    canvas.get_by_role("button", name="Copy link").press("Enter")
    expect(canvas.get_by_role("status").filter(has_text="Link copied")).to_be_attached()
    assert tab.evaluate("navigator.clipboard.readText()") == href(tab)
    assert "probe:c" in href(tab)


def test_without_a_clipboard_the_link_is_shown_to_be_copied_by_hand(tab, server):
    tab.add_init_script(
        "delete Navigator.prototype.clipboard; Document.prototype.execCommand = () => false;",
    )
    canvas = opened(tab, f"{server}/?scene=grey")
    canvas.get_by_role("button", name="Copy link").click()
    field = canvas.get_by_label("Link to copy")
    expect(field).to_have_value(href(tab))
    assert field.evaluate("(e) => e.selectionEnd - e.selectionStart") == len(href(tab))
    expect(canvas.get_by_role("status").filter(has_text="Copy the link with Ctrl+C")).to_be_attached()
