"""Walks on the page Latent space as films: what the page hands over, and what the command beside it makes."""

import shlex

from aecore.cli.main import main

LINE = [(0.25, 0.5), (0.5, 0.2), (0.7, 0.6)]  # shares of the map's width and height


def saved(tab) -> bytes:
    """The film that the page hands over."""
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download the walk").click()
    return download.value.path().read_bytes()


def shell_film(tab, out, runs) -> bytes:
    """The film that the command on the page makes."""
    words = shlex.split(tab.get_by_text("python -m aecore walk").inner_text())[3:]
    words[words.index("-o") + 1] = str(out)
    assert main([*words, "--runs", str(runs.root)]) == 0
    return out.read_bytes()


def draw_over(tab, canvas, tool, corners) -> None:
    """Draw a line with a tool over the map, from corner to corner: shares of its width and height."""
    canvas.get_by_role("button", name=tool, exact=True).click()
    surface = canvas.locator(".map")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    first, *others = ((box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners)
    tab.mouse.move(*first)
    tab.mouse.down()
    for place in others:
        tab.mouse.move(*place, steps=5)
    tab.mouse.up()


def line_drawn(tab, canvas) -> None:
    """Draw a bent line over the map, and ask for the walk along it."""
    draw_over(tab, canvas, "Line", LINE)
    canvas.get_by_role("button", name="Save the walk").click()
