"""What lies between the images? Move a code under the pointer and watch its image.

Reads a run, its codes of all images, its encoder and decoder. Writes the groups of images and the projections that a
person keeps with the run. While a person moves, nothing is asked of the server: networks, codes and pictures travel to
the browser once for each checkpoint.

    ?run=ID         the run to look at
    ?run=ID&run=ID  and another on the same images beside it; their canvases are linked in the browser
    &plane=umap     the plane of its map, where that is not the first: umap or t-sne
    #…              where a person is in it (assets/browser/address.js); the server never sees it
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from aecore.browser.canvas import Scene, linked
from aecore.runs.folder import Run
from pages.shared.canvas import show_scene
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.latent_keeping import Keeping, kept, own_direction
from pages.shared.latent_scenes import Growing, Seen, grow, projected
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_encoder, has_places, newest_or, pick_pair
from pages.shared.projections import pick_projection
from pages.shared.takeaway import take_away
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.runs.kept_projections import CodeProjection
    from aecore.runs.opened import OpenRun

PAGE = "latent_space"
RENEW_S = 5.0
GROW_S = 0.5
HELD = 4  # scenes of a visit: two runs, each with the scene before


def show() -> None:
    """The pickers, a canvas for each run, and how to use it."""
    run, beside = pick_pair(PAGE, has_places, has_encoder, newest_or(lambda each: each.latent == 2))
    if run is None:
        return
    shown = [run, beside] if beside else [run]
    first = None
    for place, each in zip(st.columns(len(shown), gap="medium"), shown, strict=True):
        with place, errors_shown():
            growing = _show_run(each, shown)
            first = first or growing
    if first is not None:
        _how_to(first.seen.map.codes.shape[1], not first.seen.scene.header["drawn"])
        _lines(run, first)


def _show_run(run: Run, shown: Sequence[Run]) -> Growing:
    """The canvas of one of the runs; two of them are linked, and the first has the panels."""
    following = run.alive()
    version = weights_version(run)
    opened = open_for_page(run)
    alone = len(shown) == 1
    chosen = pick_projection(run, opened) if alone and run.summary().encodes else None
    growing = _current(run, following) if chosen is None else _projected(run, chosen)
    steps, seen = growing.steps, growing.seen
    keeping = Keeping(PAGE, opened)
    groups = keeping.groups()
    if not alone:
        st.header(plain(run.summary().name), anchor=False)
    canvas = st.container()
    own = own_direction(PAGE, opened, seen, groups) if run is shown[0] else ()
    scene = seen.scene.extended(kept(groups), (*own, *seen.principal))
    if not alone:
        scene = linked(scene, PAGE, f"{run.summary().name}, {run.id}", panels=run is shown[0])
    _hold(scene)
    with canvas:
        keeping.show_said()
        show_scene(scene, key=_canvas(run.id), on_act=keeping.act)
        keeping.walk(seen)
        st.caption(_about(seen, opened))
    if growing.failed:
        st.warning(growing.failed)
    if following:
        _follow(run, version, growing, steps)
    elif growing.doing or growing.steps != steps:
        _watch(run, growing, steps)
    if run is shown[0]:
        take_away(PAGE, opened, version)
    return growing


def _hold(scene: Scene) -> None:
    """Blocks exist as long as their scene: a browser still fetches them when a thread has made the next one."""
    held = st.session_state.setdefault(f"{PAGE}.held", [])
    held.append(scene)
    del held[:-HELD]


def _canvas(run_id: str) -> str:
    """Another run is another space: it gets a canvas of its own, so that probe and view begin anew."""
    return f"{PAGE}.canvas.{run_id}"


def _current(run: Run, following: bool) -> Growing:
    """The scene of the newest weights."""
    opened = open_for_page(run)
    doing = "Encoding the test images" if run.summary().encodes else "Drawing images"
    with st.spinner(f"{doing}, about 2 s …", show_time=True):
        return _growing(str(run.path), weights_version(run), following, opened)


def _projected(run: Run, kept: "CodeProjection") -> Growing:
    """The scene of a projection of the newest weights."""
    about, opened = kept.about, open_for_page(run)
    with st.spinner(f"Encoding the {about.images:,} images of the projection …", show_time=True):
        return _growing_projected(str(run.path), kept.fingerprint, opened, kept)


@st.cache_resource(max_entries=3, show_spinner=False)
def _growing_projected(path: str, fingerprint: str, _opened: "OpenRun", _kept: "CodeProjection") -> Growing:
    return projected(_opened, _canvas(_opened.run.id), _kept)


@st.cache_resource(max_entries=4, show_spinner=False)
def _growing(path: str, version: int, following: bool, _opened: "OpenRun") -> Growing:
    return grow(_opened, _canvas(_opened.run.id), following)


def _about(shown: Seen, opened: "OpenRun") -> str:
    seen = shown.map
    points, latent = seen.codes.shape
    size = "1 number" if latent == 1 else f"{latent:,} numbers"
    if shown.scene.header["drawn"]:
        return f"{points:,} images that the model draws after epoch {opened.epoch}; a code of {size}. {seen.note}"
    whole, kind = (len(opened.splits.test), "test images") if seen.split == "test" else (opened.splits.count, "images")
    part = f"{points:,}" if points == whole else f"{points:,} of {whole:,}"
    return f"{part} {kind} as the encoder places them after epoch {opened.epoch}; a code of {size}. {seen.note}"


def _watch(run: Run, growing: Growing, shown: int) -> None:
    """Show each further step of the scene when it is made."""

    @st.fragment(run_every=GROW_S, key=f"{PAGE}.growing.{run.id}")
    def watch() -> None:
        if growing.steps != shown or not growing.doing:
            st.rerun()
        st.caption(f":material/progress_activity: {growing.doing} …")

    watch()


def _follow(run: Run, shown: int, growing: Growing, steps: int) -> None:
    """Look for newer weights of a run under way; they are encoded here, so that the canvas itself never waits.

    A scene stays for RENEW_S: a run of short epochs would otherwise be shown anew before the browser has fetched it.
    """
    since = time.monotonic()

    @st.fragment(run_every=RENEW_S, key=f"{PAGE}.newer.{run.id}")
    def newer() -> None:
        summary = run.summary()
        doing = "Waits to be trained further" if summary.state == "queued" else "Still training"
        st.caption(
            f"{doing}, {summary.epochs_done} of {summary.epochs_total} epochs done. "
            "Newer weights take the place of these by themselves; the probe stays."
        )
        if time.monotonic() - since < RENEW_S:
            return
        following = run.alive()
        if not following or weights_version(run) != shown:
            _current(run, following)
            st.rerun()
        if growing.steps != steps:
            st.rerun()

    newer()


def _how_to(latent: int, encodes: bool) -> None:
    lines = (
        (
            "- **Probe**: drag on the map with mouse or finger; the code under the pointer is decoded as you move. "
            "Arrow keys move it too, with Shift in larger steps.",
            True,
        ),
        (
            "- **Diamond**: where the decoded image lies when it is encoded again; the dotted ellipse, of a "
            "variational model, one standard deviation around that.",
            encodes,
        ),
        (
            "- **Picture**: press a point, drag its picture away and let go: it returns, and its path stays on the "
            "map.",
            True,
        ),
        (
            "- **Lasso**: draw a line around points; below stand their pictures, classes and mean image. A group can "
            "be named and kept with the run; two groups make a direction with a slider of its own.",
            encodes,
        ),
        ("- **Lasso**: draw a line around points; below stand their pictures, classes and mean image.", not encodes),
        (
            "- **Zoom** with +, − or pinching, with the wheel once the map has been clicked; move the map with the "
            "right button or two fingers. Where there is room, pictures take the place of points.",
            True,
        ),
        (
            "- **Legend**: a press hides a class or shows it again, a double press or Shift shows it alone.",
            True,
        ),
        (
            "- **Over it**: decoded images side by side, or how far a place can be trusted: data nearby, how far the "
            "image moves when it is encoded again, how fast it changes.",
            encodes,
        ),
        ("- **Over it**: decoded images side by side, or how fast they change.", not encodes),
        (
            "- **Plane of the map**: principal components, or UMAP or t-SNE, in which any place is decoded too: by "
            "the images around it. How far off that is stands beside the picture. A dashed probe marks a code "
            "that is no place of such a map: it stands at the nearest image.",
            encodes and latent > 2,
        ),
        (
            f"- **Numbers**: sliders, one for each of the {latent:,} numbers of the code, the most active first. The "
            "map shows a plane through this space; a slider leads out of it.",
            latent > 2,
        ),
        (
            "- **Two runs**: **Compare with** sets another run on the same images beside this one. What the pointer "
            "is over, what is taken up and what the lasso holds is the same in both; each has a probe of its own.",
            encodes,
        ),
        ("- **Copy link**: the address leads back to this place: run, view, probe, choice and walk.", True),
        (
            "- **Walk**: from picture to picture over two or more stops, straight or along arcs, or along a line "
            "drawn on the map with **Line**; play it, or save it as a film.",
            True,
        ),
        (
            "- **Time**: the map, the probe's image and reconstructions as they were after each recorded epoch; drag "
            "the slider or a place on the loss curve, or let it play. Another panel leads back to the present.",
            encodes,
        ),
        ("- **Draw** an image, or on the picture that was taken up: the probe follows what is drawn.", encodes),
    )
    with st.expander("How to move"):
        st.markdown("\n".join(line for line, there in lines if there))


def _lines(run: Run, growing: Growing) -> None:
    from aecore.analysis.drawn import drawn_map
    from aecore.analysis.latent import latent_map
    from aecore.analysis.recipes_as_code import analysis_lines

    seen = growing.seen.map
    if growing.seen.scene.header["drawn"]:
        lines = analysis_lines(drawn_map, run.id, count=len(seen.codes))
    else:
        lines = analysis_lines(latent_map, run.id, split=seen.split, limit=len(seen.codes))
    as_code(lines, "latent_space")


with page("Latent space", "What lies between the images? Move a code and watch its image follow."):
    show()
