"""The latent canvas on a page: shows a scene (`aecore.browser.canvas`) and takes what a person asked for.

show_scene(scene, key="page.canvas")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from aecore.browser.canvas import Scene
from aecore.places import ASSETS
from pages.shared.serving import component_script


@dataclass(frozen=True)
class Act:
    """What a person asked for: kind and values as the canvas sends them (assets/browser/canvas.js).

    keep_group  name, ids: numbers of images in their data set
    drop_group  name
    save_walk   format ("gif", "mp4" or "png"), way ("straight", "spherical" or "drawn"), stops: numbers of images,
                line: places in the plane of the map
    """

    kind: str
    values: Mapping[str, Any]


def show_scene(scene: Scene, *, key: str, on_act: Callable[[Act], None] | None = None) -> None:
    """Show a scene; `key` is the one it was made with.

    `on_act` is called with what a person asked for, before the page runs again.
    """

    def told() -> None:
        given = st.session_state[key].act
        if given and on_act:
            on_act(Act(str(given["kind"]), given))

    _CANVAS(key=key, data=scene.message, on_act_change=told)


_CANVAS = st.components.v2.component(
    "latent_canvas",
    css=(ASSETS / "browser" / "canvas.css").read_text(encoding="utf-8"),
    js=component_script("canvas.js"),
)
