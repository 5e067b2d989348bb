"""What lies between the images? Move a code under the pointer and watch its image.

Reads a run, its test codes and its decoder. Writes nothing. While a person drags, nothing is asked of the server:
decoder, codes and pictures travel to the browser once for each checkpoint.
"""

from dataclasses import dataclass

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.frame import as_code, page
from pages.shared.latent_canvas import Projection, pack_scene, show_scene
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import pick_run

PAGE = "latent_space"
CANVAS = f"{PAGE}.canvas"
MOST_NUMBERS = 24_000_000  # of pixels that travel: 10,000 images of 28×28 with room to spare, fewer larger ones
MOST_POINTS = 10_000
REFRESH_S = 2.0


@dataclass(frozen=True)
class Scene:
    """A packed scene and what is said about it."""

    packed: bytes
    epoch: int
    points: int
    latent: int
    note: str


def show() -> None:
    """The picker, the canvas, and how to use it."""
    run = pick_run(PAGE)
    if run is None:
        return
    scene = _scene(str(run.path), run.starter, weights_version(run))
    show_scene(scene.packed, key=CANVAS)
    st.caption(
        f"{scene.points:,} test images as they are encoded after epoch {scene.epoch}, code of {scene.latent} "
        f"number{'' if scene.latent == 1 else 's'}. {scene.note}".strip()
    )
    if run.alive():
        _follow(run)
    _how_to()
    _lines(run)


@st.cache_resource(max_entries=4, show_spinner="Encoding the test images, about 3 s …")
def _scene(path: str, starter: bool, version: int) -> Scene:
    from math import prod
    from pathlib import Path

    from aecore.analysis.export import decoder_onnx
    from aecore.analysis.latent import latent_map

    opened = open_for_page(Run(Path(path), starter))
    limit = max(100, min(MOST_POINTS, MOST_NUMBERS // prod(opened.splits.shape)))
    seen = latent_map(opened, "test", limit)
    plane = seen.projection
    packed = pack_scene(
        key=CANVAS,
        decoder=decoder_onnx(opened),
        codes=seen.codes,
        thumbnails=opened.splits.test.images[seen.indices],
        labels=seen.labels,
        class_names=seen.class_names,
        projection=None if plane is None else Projection(plane.mean, plane.components),
        activity=seen.dimensions.spread,
        axes=seen.axes,
    )
    return Scene(packed, opened.epoch, len(seen.codes), seen.codes.shape[1], seen.note)


def _follow(run: Run) -> None:
    """Offer the newer weights when a run under way has written them."""

    @st.fragment(run_every=REFRESH_S, key=f"{PAGE}.newer")
    def newer(shown: int) -> None:
        summary = run.summary()
        if weights_version(run) != shown or not run.alive():
            st.rerun()
        st.caption(
            f"Still training: epoch {summary.epochs_done} of {summary.epochs_total}. New weights come by themselves."
        )

    newer(weights_version(run))


def _how_to() -> None:
    with st.expander("How to move"):
        st.markdown(
            "- **Drag** on the map with mouse or finger: the code under the pointer is decoded as you move.\n"
            "- **Take a point** and drag it away from its place: its own image stays beside the decoded one.\n"
            "- **Arrow keys** move the probe, with Shift in larger steps.\n"
            "- **Wheel, pinch, + and −** zoom; drag with the right button or two fingers to pan."
        )


def _lines(run: Run) -> None:
    from aecore.analysis.latent import latent_map
    from aecore.analysis.recipes_as_code import analysis_lines

    lines = analysis_lines(latent_map, run.id, split="test")
    as_code(lines.shell, lines.python)


with page("Latent space", "What lies between the images? Move a code and watch its image follow."):
    show()
