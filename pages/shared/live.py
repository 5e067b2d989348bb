"""A run while it trains: how far it is, its curves, its reconstructions, and the map while it forms.

Everything is read from the run folder, so that any tab, opened at any time, shows the same.
"""

import numpy as np
import streamlit as st

from aecore.jobs.control import resume, stop
from aecore.runs.folder import Run
from aecore.runs.summary import UNDER_WAY, RunSummary
from aecore.training.events import Preview
from pages.shared.frame import errors_shown
from pages.shared.keys import RUN
from pages.shared.pictures import Picture, show_pictures

SHOWN = 8  # reconstructions in a row
REFRESH_S = 1.0


def show_run(run: Run, page: str) -> None:
    """The live view of one run; it renews itself once a second as long as the run is under way."""
    every = REFRESH_S if run.alive() else None
    st.fragment(_view, run_every=every)(run, page, every is not None)


def duration(seconds: float) -> str:
    """A time as a person says it: 45 s, 3 min, 2 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _view(run: Run, page: str, renewing: bool) -> None:
    summary = run.summary()
    if renewing and summary.state not in UNDER_WAY:
        st.rerun()  # ends the renewing, and lets the rest of the page know
    _state(summary)
    _buttons(run, summary, page)
    metrics = run.metrics()
    steps = run.steps()
    if metrics or steps:
        _curves(metrics, steps, page)
    preview = run.preview()
    if preview is not None:
        _pictures(preview, summary)
        _map(run, preview, page)
    if summary.state in ("failed", "crashed"):
        with st.expander("Log", expanded=True):
            st.code(run.log_tail(30) or "The log is empty.", language=None)


def _state(summary: RunSummary) -> None:
    progress = summary.progress or {}
    title = f"**{summary.name}** on {summary.dataset}"
    match summary.state:
        case "queued":
            place = f", place {summary.place}" if summary.place else ""
            st.progress(0.0, f"{title}: waits for the device{place}")
        case "running" if progress:
            left = duration(progress.get("seconds_left", 0.0))
            rate = progress.get("images_per_second", 0.0)
            done = float(progress.get("done", 0.0))
            st.progress(
                min(max(done, 0.0), 1.0),
                f"{title}: epoch {summary.epochs_done + 1} of {summary.epochs_total}, "
                f"{rate:,.0f} images/s, about {left} left, on {summary.device}",
            )
            st.set_page_config(page_title=f"{left} left · Latent Lab")
        case "running":
            st.progress(0.0, f"{title}: starting on {summary.device or 'the device'}, about 5 s")
        case "finished":
            st.success(f"{title}: finished after {summary.epochs_done} epochs.", icon=":material/check:")
        case "stopped":
            st.info(f"{title}: stopped after {summary.epochs_done} of {summary.epochs_total} epochs.")
        case _:
            st.error(f"{title}: {summary.message or summary.state}", icon=":material/error:")
    if summary.message and summary.state in ("queued", "running", "stopped", "finished"):
        st.caption(summary.message)


def _buttons(run: Run, summary: RunSummary, page: str) -> None:
    with st.container(horizontal=True), errors_shown():
        if summary.state in UNDER_WAY:
            if st.button("Stop", key=f"{page}.stop", icon=":material/stop:"):
                stop(run, timeout_s=2.0)
                st.rerun()
        elif _resumable(summary) and st.button("Resume", key=f"{page}.resume", icon=":material/play_arrow:"):
            resume(run)
            st.rerun()
        if summary.epochs_done:
            if st.button("Latent space", key=f"{page}.latent", icon=":material/drag_pan:"):
                st.switch_page("latent_space.py", query_params={RUN: run.id})
            if st.button("Reconstruct", key=f"{page}.reconstruct", icon=":material/compare:"):
                st.switch_page("reconstruct.py", query_params={RUN: run.id})


def _resumable(summary: RunSummary) -> bool:
    return not summary.starter and summary.state != "finished"


def _curves(metrics: list[dict[str, object]], steps: list[dict[str, object]], page: str) -> None:
    from aecore.plots.training import loss_curves
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    show_chart(
        loss_curves(metrics, steps, palette()),
        key=f"{page}.curves",
        alt="Loss against epochs, for training and validation images",
    )


def _pictures(preview: Preview, summary: RunSummary) -> None:
    st.markdown(f"**Validation images after epoch {preview.epoch}**")
    corrupted = bool((preview.corrupted != preview.clean).any())
    rows = [("Original", preview.clean), ("Reconstruction", preview.reconstructions)]
    if corrupted:
        rows.insert(1, ("Corrupted", preview.corrupted))
    for name, images in rows:
        st.caption(name)
        show_pictures([Picture(each, f"{name} {n + 1}") for n, each in enumerate(images[:SHOWN])], side=56)


def _map(run: Run, preview: Preview, page: str) -> None:
    from aecore.plots.latent import code_map
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    latent = preview.codes.shape[1]
    if latent < 2:
        return
    st.markdown("**Where the codes lie**")
    if latent > 2:
        spread = np.argsort(preview.codes.std(0))[::-1][:2]
        st.caption(f"{len(preview.codes):,} validation images, the two most active of {latent} numbers")
    else:
        spread = np.array([0, 1])
        st.caption(f"{len(preview.codes):,} validation images, the two numbers of the code")
    axes = (f"number {spread[0] + 1}", f"number {spread[1] + 1}")
    figure = code_map(preview.codes[:, spread], run.preview_labels(), axes, palette())
    show_chart(figure, key=f"{page}.map", alt="Map of the codes of validation images, coloured by class")
