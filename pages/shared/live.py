"""Runs while they train: how far each is, its curves, its reconstructions, and the map while it forms.

Everything is read from the run folders, so that any tab, opened at any time, shows the same, also after the server
was started again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.data.image_set import Pixels
from aecore.jobs.control import resume, stop
from aecore.runs.folder import PREVIEW, Run
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY, RunSummary
from aecore.training.events import Preview
from pages.shared.frame import errors_shown
from pages.shared.keys import RUN, remember_run
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.pictures import Picture
from pages.shared.places import buttons
from pages.shared.words import distinct, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from aecore.plots.palette import Palette

Codes = npt.NDArray[np.float32]
Lines = list[dict[str, Any]]

TITLE = "Latent Lab"
SHOWN = 10  # reconstructions in a row
SIDE = 56
REFRESH_S = 1.0
MOST_FIGURES = 32
MOST_ACROSS = 3  # panels of curves in a row
PATIENCE_S = 2.0  # for a run that was asked to stop, before the page goes on without its answer


def show_runs(runs: Sequence[Run], page: str) -> None:
    """The live view of one of `runs`, which a person can switch between.

    It renews itself once a second as long as one of them is under way.
    """
    under_way = _under_way({run.id: run.summary() for run in runs})
    st.fragment(_view, run_every=REFRESH_S if under_way else None, key=f"{page}.live")(runs, page, under_way)


def deleted_notice(page: str) -> None:
    """The run that was just deleted here, and the way to bring it back."""
    run_id, name = st.session_state.get(f"{page}.deleted", ("", ""))
    if run_id not in Runs().trashed():
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{page}.notice"), errors_shown():
        st.markdown(f"Deleted: {plain(name)}. This can be undone until the lab is started again.", width="stretch")
        if st.button("Undo", key=f"{page}.undo", icon=":material/undo:"):
            remember_run(Runs().undo(run_id).id)
            st.rerun()


def duration(seconds: float) -> str:
    """A time as a person says it: 45 s, 3 min, 2 h 5 min."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _view(runs: Sequence[Run], page: str, known: frozenset[str]) -> None:
    summaries = {run.id: run.summary() for run in runs if run.path.is_dir()}
    if len(summaries) < len(runs) or _under_way(summaries) != known:
        st.rerun()  # begins or ends the renewing, and lets the rest of the page know
    run = _picked(runs, summaries, page)
    summary = summaries[run.id]
    st.set_page_config(page_title=_tab_title(summary))
    _state(summary)
    _buttons(run, summary, page)
    _learned(run, summary, page)
    if summary.damaged or summary.state in ("failed", "crashed"):
        with st.expander("Log", expanded=True):
            st.code(run.log_tail(30) or "The log is empty.", language=None, wrap_lines=True)


def _under_way(summaries: dict[str, RunSummary]) -> frozenset[str]:
    return frozenset(run_id for run_id, summary in summaries.items() if summary.state in UNDER_WAY)


# --- which


def _picked(runs: Sequence[Run], summaries: dict[str, RunSummary], page: str) -> Run:
    """The run to show; with several of them as it was chosen among their names."""
    key = f"{page}.watch"
    ids = [run.id for run in runs]
    if st.session_state.get(key) not in ids:
        st.session_state[key] = ids[0]
    if len(runs) > 1:
        labels = distinct({each: _label(summaries[each]) for each in ids})
        st.segmented_control("Runs", ids, format_func=labels.__getitem__, key=key, required=True, wrap=True)
    run = runs[ids.index(st.session_state[key])]
    remember_run(run.id)
    return run


def _label(summary: RunSummary) -> str:
    """What tells runs of the same name apart and does not change while they train."""
    try:
        made = datetime.fromisoformat(summary.created).astimezone()
    except ValueError:
        return plain(summary.name)
    return f"{plain(summary.name)} · {made:%H:%M:%S}"


# --- how far


def _tab_title(summary: RunSummary) -> str:
    """What the browser's tab says: the time left while there is some."""
    if summary.state == "running" and summary.progress:
        return f"{duration(summary.progress.get('seconds_left', 0.0))} left · {TITLE}"
    return f"Waiting · {TITLE}" if summary.state == "queued" else TITLE


def _state(summary: RunSummary) -> None:
    title = f"**{plain(summary.name)}**"
    far = f"{summary.epochs_done} of {_epochs(summary.epochs_total)}"
    match summary.state:
        case "queued":
            place = f", place {summary.place} in the line" if summary.place else ""
            st.progress(0.0, f"{title}: waits for the device{place}")
        case "running":
            st.progress(*_progress(title, summary))
        case "finished":
            st.success(f"{title}: finished after {_epochs(summary.epochs_done)}.", icon=":material/check:")
        case "stopped":
            st.info(f"{title}: stopped after {far}.", icon=":material/stop:")
        case state:
            st.error(f"{title}: {state} after {far}. {plain(summary.message)}", icon=":material/error:")
    if summary.message and summary.state in ("queued", "running", "finished", "stopped"):
        st.caption(plain(summary.message))
    st.caption(plain(_facts(summary)))


def _progress(title: str, summary: RunSummary) -> tuple[float, str]:
    progress = summary.progress or {}
    if not progress:
        return 0.0, f"{title}: starting on {plain(summary.device or 'the device')}, about 5 s"
    return (
        min(max(float(progress.get("done", 0.0)), 0.0), 1.0),
        f"{title}: epoch {min(summary.epochs_done + 1, summary.epochs_total)} of {summary.epochs_total}, "
        f"{progress.get('images_per_second', 0.0):,.0f} images/s, "
        f"about {duration(progress.get('seconds_left', 0.0))} left",
    )


def _facts(summary: RunSummary) -> str:
    return " · ".join(
        filter(
            None,
            (
                summary.dataset,
                f"code of {summary.latent} number{'' if summary.latent == 1 else 's'}" if summary.latent else "",
                f"{summary.parameters:,} parameters" if summary.parameters else "",
                summary.device if summary.parameters else "",  # before the first start only what was asked for
            ),
        )
    )


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


# --- what can be done


def _buttons(run: Run, summary: RunSummary, page: str) -> None:
    with st.container(horizontal=True), errors_shown():
        buttons(summary, page)
        if summary.state in UNDER_WAY:
            if st.button("Stop", key=f"{page}.stop", icon=":material/stop:"):
                stop(run, PATIENCE_S)
                st.rerun()
        elif not summary.starter and not summary.damaged:
            _go_on(run, summary, page)
        if not summary.starter:
            _rename(run, summary, page)
        if summary.state not in UNDER_WAY:
            _put_away(run, summary, page)


def _go_on(run: Run, summary: RunSummary, page: str) -> None:
    """Resume where it was stopped; train a finished run on for a number of epochs that one gives."""
    if summary.state != "finished":
        if st.button("Resume", key=f"{page}.resume", icon=":material/play_arrow:"):
            resume(run)
            st.rerun()
        return
    with st.popover("Train on", icon=":material/play_arrow:"), errors_shown():
        epochs = st.number_input("Further epochs", 1, 10_000, max(1, summary.epochs_done), key=f"{page}.further")
        st.caption("A second stage begins, with a learning-rate schedule of its own. It becomes part of the recipe.")
        if st.button("Train on", key=f"{page}.stage"):
            resume(run, int(epochs))
            st.rerun()


def _rename(run: Run, summary: RunSummary, page: str) -> None:
    with st.popover("Rename", icon=":material/edit:"), st.form(f"{page}.rename.{run.id}", border=False), errors_shown():
        name = st.text_input("Name", summary.name, max_chars=80, key=f"{page}.new_name.{run.id}")
        if st.form_submit_button("Rename"):
            Runs().rename(run.id, name)
            st.rerun()


def _put_away(run: Run, summary: RunSummary, page: str) -> None:
    """Delete the run, or only leave it to itself."""
    if not summary.starter and st.button("Delete", key=f"{page}.delete", icon=":material/delete:"):
        Runs().delete(run.id)
        st.session_state[f"{page}.deleted"] = (run.id, summary.name)
        _leave()
    if st.button("Close", key=f"{page}.close", icon=":material/close:", help="Stop showing it here. The run stays."):
        _leave()


def _leave() -> None:
    st.query_params.pop(RUN, None)
    st.rerun()


# --- what it has learned


def _learned(run: Run, summary: RunSummary, page: str) -> None:
    metrics, steps = run.metrics(), run.steps()
    if metrics or steps:
        _curves(run, metrics, steps, page)
    preview = run.preview()
    if preview is not None:
        _pictures(preview, summary)
        if len(preview.codes):
            _map(run, preview, page)


def _curves(run: Run, metrics: Lines, steps: Lines, page: str) -> None:
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    shown = repr((len(metrics), metrics[-1:], len(steps), steps[-1:]))
    panels = _curve_figures(str(run.path), shown, palette(), metrics, steps)
    each_panel = list(enumerate(panels.items()))
    across = min(len(panels), MOST_ACROSS)
    for first in range(0, len(panels), across):
        for column, (index, (title, figure)) in zip(st.columns(across), each_panel[first:], strict=False):
            with column:
                st.markdown(f"**{title}**")
                alt = f"{title}, against epochs, for training and validation images"
                show_chart(figure, key=f"{page}.curves.{index}", alt=alt)


@st.cache_resource(max_entries=MOST_FIGURES, show_spinner=False)
def _curve_figures(path: str, shown: str, colours: "Palette", _metrics: Lines, _steps: Lines) -> "dict[str, Figure]":
    """Drawn anew only when there is something new to draw, not once a second for every tab."""
    from aecore.plots.training import loss_panels

    return loss_panels(_metrics, _steps, colours)


def _pictures(preview: Preview, summary: RunSummary) -> None:
    if len(preview.reconstructions):
        rows = {"Original": preview.clean, "Corrupted": preview.corrupted, "Reconstruction": preview.reconstructions}
        if (preview.corrupted == preview.clean).all():
            del rows["Corrupted"]
        st.markdown(f"**Validation images after epoch {preview.epoch}**")
        _matrix(rows, f"Validation images reconstructed by {summary.name} after epoch {preview.epoch}")
    if len(preview.samples):
        st.markdown(f"**Drawn images after epoch {preview.epoch}**")
        rows = (
            {"Drawn": preview.samples}
            if len(preview.reconstructions)
            else {"Drawn": preview.samples, "Real": preview.clean}
        )
        _matrix(rows, f"Images drawn by {summary.name} after epoch {preview.epoch}, always from the same codes")


def _matrix(rows: Mapping[str, Pixels], caption: str) -> None:
    show_matrix(
        [
            Row(name, [Picture(each, f"{name} {index + 1}") for index, each in enumerate(images[:SHOWN])])
            for name, images in rows.items()
        ],
        [],
        caption,
        side_for(next(iter(rows.values())).shape[3], SIDE),
    )


def _map(run: Run, preview: Preview, page: str) -> None:
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    st.markdown("**Where the codes lie**")
    st.caption(f"{len(preview.codes):,} validation images after epoch {preview.epoch}, {_plane(preview.codes)[2]}")
    figure = _map_figure(str(run.path), _preview_version(run), palette(), run, preview.codes)
    show_chart(figure, key=f"{page}.map", alt="Map of the codes of validation images, coloured by class")


@st.cache_resource(max_entries=MOST_FIGURES, show_spinner=False)
def _map_figure(path: str, version: int, colours: "Palette", _run: Run, _codes: Codes) -> "Figure":
    from aecore.plots.latent import code_map

    plane, axes, _ = _plane(_codes)
    names = _run.status().get("class_names")
    return code_map(plane, _run.preview_labels(), axes, colours, tuple(names) if isinstance(names, list) else ())


def _preview_version(run: Run) -> int:
    """Changes whenever the run has written a new preview."""
    try:
        return (run.path / PREVIEW).stat().st_mtime_ns
    except OSError:
        return 0


def _plane(codes: Codes) -> tuple[Codes, tuple[str, str], str]:
    """Two numbers of each code [n, 2], the names of the axes, and what they are in words.

    Not the principal components: their directions would turn from epoch to epoch.
    """
    latent = codes.shape[1]
    if latent == 1:
        heights = (np.arange(len(codes)) * 0.6180339887498949) % 1 * codes.std()
        plane = np.column_stack([codes[:, 0], heights]).astype(np.float32)
        return plane, ("z1", "chance"), "the one number of the code; heights only keep points apart"
    first, second = (int(index) for index in np.argsort(-codes.std(0), kind="stable")[:2])
    if latent == 2:
        first, second = 0, 1
    what = "the two numbers of the code" if latent == 2 else f"the two most active of {latent} numbers"
    return codes[:, [first, second]], (f"z{first + 1}", f"z{second + 1}"), what
