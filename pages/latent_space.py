"""What lies between the images? Move a code under the pointer and watch its image.

Reads a run, its test codes and its decoder. Writes nothing. While a person drags, nothing is asked of the server:
decoder, codes and pictures travel to the browser once for each checkpoint.

    ?run=ID   the run to look at
"""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.frame import as_code, page
from pages.shared.latent_canvas import Projection, pack_scene, show_scene
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_encoder, pick_run

if TYPE_CHECKING:
    from aecore.runs.opened import OpenRun

PAGE = "latent_space"
MOST_NUMBERS = 24_000_000  # of pixels that travel: 10,000 images of 28×28 with room to spare, fewer larger ones
MOST_POINTS = 10_000
POINTS_IN_TRAINING = 2_000  # they are encoded and sent again after each epoch
LEAST_POINTS = 100
RENEW_S = 5.0


@dataclass(frozen=True)
class Scene:
    """A packed scene and what is said about it."""

    packed: bytes
    epoch: int
    points: int
    images: int  # in the test split
    latent: int
    note: str


def show() -> None:
    """The picker, the canvas, and how to use it."""
    run = pick_run(PAGE, has_encoder)
    if run is None:
        return
    following = run.alive()
    version = weights_version(run)
    scene = _current(run, following)
    show_scene(scene.packed, key=_canvas(run.id))
    st.caption(_about(scene))
    if following:
        _follow(run, version)
    _how_to(scene)
    _lines(run, scene)


def _canvas(run_id: str) -> str:
    """Another run is another space: it gets a canvas of its own, so that probe and view begin anew."""
    return f"{PAGE}.canvas.{run_id}"


def _current(run: Run, following: bool) -> Scene:
    """The scene of the newest weights."""
    opened = open_for_page(run)
    most = POINTS_IN_TRAINING if following else MOST_POINTS
    limit = max(LEAST_POINTS, min(most, MOST_NUMBERS // prod(opened.splits.shape)))
    with st.spinner("Encoding the test images, about 2 s …", show_time=True):
        return _scene(str(run.path), weights_version(run), limit, opened)


@st.cache_resource(max_entries=4, show_spinner=False)
def _scene(path: str, version: int, limit: int, _opened: "OpenRun") -> Scene:
    from aecore.analysis.export import decoder_onnx
    from aecore.analysis.latent import latent_map

    seen = latent_map(_opened, "test", limit)
    plane = seen.projection
    test = _opened.splits.test
    packed = pack_scene(
        key=_canvas(_opened.run.id),
        decoder=decoder_onnx(_opened),
        codes=seen.codes,
        thumbnails=test.images[seen.indices],
        labels=seen.labels,
        class_names=seen.class_names,
        projection=None if plane is None else Projection(plane.mean, plane.components),
        activity=seen.dimensions.spread,
        axes=seen.axes,
    )
    return Scene(packed, _opened.epoch, len(seen.codes), len(test), seen.codes.shape[1], seen.note)


def _about(scene: Scene) -> str:
    part = f"{scene.points:,}" if scene.points == scene.images else f"{scene.points:,} of {scene.images:,}"
    size = "1 number" if scene.latent == 1 else f"{scene.latent:,} numbers"
    return f"{part} test images as the encoder places them after epoch {scene.epoch}; a code of {size}. {scene.note}"


def _follow(run: Run, shown: int) -> None:
    """Look for newer weights of a run under way; they are encoded here, so that the canvas itself never waits."""

    @st.fragment(run_every=RENEW_S, key=f"{PAGE}.newer")
    def newer() -> None:
        summary = run.summary()
        doing = "Waits to be trained further" if summary.state == "queued" else "Still training"
        st.caption(
            f"{doing}, {summary.epochs_done} of {summary.epochs_total} epochs done. "
            "Newer weights take the place of these by themselves; the probe stays."
        )
        following = run.alive()
        if not following or weights_version(run) != shown:
            _current(run, following)
            st.rerun()

    newer()


def _how_to(scene: Scene) -> None:
    with st.expander("How to move"):
        st.markdown(
            "- **Probe**: drag on the map with mouse or finger; the code under the pointer is decoded as you move. "
            "Arrow keys move it too, with Shift in larger steps.\n"
            "- **Picture**: press a point to take up its image and drag it away from its place; original and "
            "reconstruction stay beside the image decoded on the way.\n"
            "- **Zoom** with +, − or pinching, with the wheel once the map has been clicked; move the map with the "
            "right button or two fingers.\n"
            + (
                f"- **Sliders**: one for each of the {scene.latent:,} numbers of the code, the most active first. The "
                "map shows a plane through this space; a slider leads out of it.\n"
                if scene.latent > 2
                else ""
            )
            + "- **Between two pictures**: choose A and B, then slide from one code to the other, straight or along an "
            "arc."
        )


def _lines(run: Run, scene: Scene) -> None:
    from aecore.analysis.latent import latent_map
    from aecore.analysis.recipes_as_code import analysis_lines

    lines = analysis_lines(latent_map, run.id, split="test", limit=scene.points)
    as_code(lines.shell, lines.python)


with page("Latent space", "What lies between the images? Move a code and watch its image follow."):
    show()
