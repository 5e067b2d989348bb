"""Which runs are there, how good are they, and how do they compare?

Reads every run. Writes names, starts and stops processes, moves runs to the trash and back, takes zips in.

    ?run=ID   the run that is selected at first
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from aecore.errors import LabError
from aecore.jobs.control import resume, stop
from aecore.runs.files import megabytes
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY, RunSummary, number
from aecore.variants.catalog import VARIANTS
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.keys import RUN, chosen_runs, remember_run
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.pictures import Picture
from pages.shared.places import buttons
from pages.shared.words import plain

PAGE = "runs"
SELECTED, DELETED, SAID = f"{PAGE}.selected", f"{PAGE}.deleted", f"{PAGE}.said"
REFRESH_S = 1.0
RESTORABLE = 20  # of the trash, the newest
SHOWN = 16  # validation images of the selected run
SIDE = 56


def show() -> None:
    """What has just happened, what is under way, the table, and what is selected in it."""
    runs = Runs()
    listed = runs.list()
    if SELECTED not in st.session_state:
        st.session_state[SELECTED] = chosen_runs()
    trashed = runs.trashed()
    _notices(runs, trashed)
    fitting = _toolbar(runs, listed, trashed)
    if not listed:
        st.info("There is no run yet. Train a model; a small one takes about a minute.", icon=":material/info:")
        st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")
        return
    _under_way(runs, [each for each in listed if each.state in UNDER_WAY])
    chosen = _table(fitting) if fitting else []
    if not fitting:
        st.info("No run fits these filters: clear one of them.", icon=":material/filter_alt_off:")
    elif len(chosen) == 1:
        with errors_shown():
            _one(runs, chosen[0])
    elif chosen:
        _several(runs, chosen)
    else:
        st.caption("Select a run to open it; select two or more to compare them.")


# --- what has just happened


def _notices(runs: Runs, trashed: Sequence[str]) -> None:
    said = st.session_state.pop(SAID, "")
    if said:
        st.toast(said, icon=":material/check:")
    deleted: dict[str, str] = st.session_state.get(DELETED, {})
    still = {run_id: name for run_id, name in deleted.items() if run_id in trashed}
    if still:
        names = ", ".join(map(plain, still.values())) if len(still) < 4 else f"{len(still)} runs"
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{PAGE}.notice"):
            st.markdown(f"Deleted: {names}. This can be undone until the lab is started again.", width="stretch")
            if st.button("Undo", key=f"{PAGE}.undo", icon=":material/undo:"):
                _bring_back(runs, list(still))


def _bring_back(runs: Runs, ids: Sequence[str]) -> None:
    with errors_shown():
        for run_id in ids:
            runs.undo(run_id)
            st.session_state.get(DELETED, {}).pop(run_id, None)
        st.session_state[SELECTED] = list(ids)
        st.rerun()


def _upload(runs: Runs) -> None:
    """The uploader gets another key after each run, which empties it."""
    key = f"{PAGE}.uploads"
    count = int(st.session_state.setdefault(key, 0))
    file = st.file_uploader("A zip that was downloaded here or on another machine", ["zip"], key=f"{PAGE}.zip.{count}")
    if file is None:
        return
    with errors_shown(), st.spinner(f"Unpacking {file.name} …", show_time=True):
        run = runs.import_zip(file)
        st.session_state[key] = count + 1
        st.session_state[SELECTED] = [run.id]
        st.session_state[SAID] = f"{plain(run.about()['name'])} was brought in."
        st.rerun()


def _trash(runs: Runs, trashed: Sequence[str]) -> None:
    st.caption("Deleted runs are kept until the lab is started again.")
    for run_id in sorted(trashed, reverse=True)[:RESTORABLE]:
        if st.button(f"Bring back {run_id}", key=f"{PAGE}.back.{run_id}", icon=":material/undo:"):
            _bring_back(runs, [run_id])
    if len(trashed) > RESTORABLE:
        st.caption(f"And {len(trashed) - RESTORABLE} older ones: python -m aecore undo RUN.")


def _under_way(runs: Runs, active: Sequence[RunSummary]) -> None:
    """Progress of what trains or waits. Only these are read once a second; the table follows when one has moved on."""
    if not active:
        return

    @st.fragment(run_every=REFRESH_S, key=f"{PAGE}.under_way")
    def follow(known: dict[str, tuple[str, int]]) -> None:
        for run_id, before in known.items():
            try:
                now = runs.get(run_id).summary()
            except LabError:
                st.rerun()
            if (now.state, now.epochs_done) != before:
                st.rerun()
            done = float((now.progress or {}).get("done", now.epochs_done / max(now.epochs_total, 1)))
            st.progress(
                min(max(done, 0.0), 1.0), f"{plain(now.name)}: {_state(now)}{' epochs' * (now.state == 'running')}"
            )

    follow({each.id: (each.state, each.epochs_done) for each in active})


# --- the table


def _toolbar(runs: Runs, listed: Sequence[RunSummary], trashed: Sequence[str]) -> list[RunSummary]:
    """Search and filters, the way in for zips, the trash; returns the runs that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fitting = _filtered(listed) if listed else []
        with st.popover("Bring a run in", icon=":material/upload:"):
            _upload(runs)
        if trashed:
            with st.popover(f"Trash ({len(trashed)})", icon=":material/delete:"):
                _trash(runs, trashed)
    return fitting


def _filtered(listed: Sequence[RunSummary]) -> list[RunSummary]:
    words = st.text_input(
        "Search", key=f"{PAGE}.text", placeholder="Name, id or message", label_visibility="collapsed", width=280
    )
    ways: dict[str, tuple[str, Callable[[RunSummary], str]]] = {
        "state": ("State", _kind),
        "variant": ("Variant", _variant),
        "data": ("Data set", lambda each: each.dataset),
    }
    active = sum(bool(st.session_state.get(f"{PAGE}.{name}")) for name in ways)
    fitting = [
        each
        for each in listed
        if all(word in f"{each.name} {each.id} {each.message}".lower() for word in words.lower().split())
    ]
    with st.popover(f"Filter ({active})" if active else "Filter", icon=":material/filter_alt:", key=f"{PAGE}.filter"):
        for name, (title, value) in ways.items():
            wanted = st.multiselect(title, _known(map(value, listed)), key=f"{PAGE}.{name}", placeholder="All")
            fitting = [each for each in fitting if not wanted or value(each) in wanted]
    return fitting


def _known(values: Iterable[str]) -> list[str]:
    return sorted({each for each in values if each})


def _table(fitting: Sequence[RunSummary]) -> list[RunSummary]:
    """The runs as a table whose columns sort at a click; returns those that are selected.

    A selection is kept as positions by the browser: another list of runs is another table, with the same runs
    selected in it.
    """
    ids = [each.id for each in fitting]
    wanted = [ids.index(each) for each in st.session_state[SELECTED] if each in ids]
    event = st.dataframe(
        _columns(fitting),
        key=f"{PAGE}.table.{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}",
        hide_index=True,
        column_config=_column_config(),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": wanted}},
        placeholder="–",
        alt=f"{len(fitting)} runs with variant, data, state, numbers and size on disk",
    )
    chosen = [fitting[row] for row in event["selection"]["rows"] if row < len(fitting)]
    st.session_state[SELECTED] = [each.id for each in chosen]
    return chosen


def _columns(fitting: Sequence[RunSummary]) -> dict[str, list[Any]]:
    return {
        "name": [each.name for each in fitting],
        "state": [_state(each) for each in fitting],
        "variant": [_variant(each) for each in fitting],
        "data": [each.dataset for each in fitting],
        "epochs": [each.epochs_done for each in fitting],
        "code": [each.latent or None for each in fitting],
        "squared_error": [_validated(each, "squared_error") for each in fitting],
        "cross_entropy": [_validated(each, "cross_entropy") for each in fitting],
        "kl": [_validated(each, "kl") for each in fitting],
        "parameters": [each.parameters or None for each in fitting],
        "size": [each.bytes / 1e6 for each in fitting],
        "created": [_time(each.created) for each in fitting],
        **({"message": [each.message for each in fitting]} if any(each.message for each in fitting) else {}),
    }


def _time(created: str) -> datetime | None:
    try:
        return datetime.fromisoformat(created)
    except ValueError:
        return None


def _column_config() -> dict[str, Any]:
    column = st.column_config
    over = "on the validation images after the last epoch, mean over the images"
    return {
        "name": column.TextColumn("Name", width="medium"),
        "state": column.TextColumn("State"),
        "variant": column.TextColumn("Variant"),
        "data": column.TextColumn("Data"),
        "epochs": column.NumberColumn("Epochs", help="done"),
        "code": column.NumberColumn("Code", format="localized", help="numbers that an image is decoded from"),
        "squared_error": column.NumberColumn("Squared error", format="%.2f", help=f"summed over pixels, {over}"),
        "cross_entropy": column.NumberColumn("Cross-entropy", format="%.2f", help=f"nats, summed over pixels, {over}"),
        "kl": column.NumberColumn("KL", format="%.2f", help=f"divergence in nats, {over}"),
        "parameters": column.NumberColumn("Parameters", format="localized", help="weights and biases"),
        "size": column.NumberColumn("MB", format="%.1f", help="on disk"),
        "created": column.DatetimeColumn("Created", format="D MMM YYYY, HH:mm", timezone=st.context.timezone),
        "message": column.TextColumn("What to know"),
    }


def _kind(summary: RunSummary) -> str:
    """What the filter of states knows: damaged and starter runs are kinds of their own."""
    return "damaged" if summary.damaged else "starter" if summary.starter else summary.state


def _state(summary: RunSummary) -> str:
    """The state in words, with how far the run is where that is not to the end."""
    kind = _kind(summary)
    far = f"{summary.epochs_done} of {summary.epochs_total}"
    match kind:
        case "queued":
            return f"queued, place {summary.place}" if summary.place else "queued"
        case "running":
            return f"running, {far}"
        case "stopped" | "failed" | "crashed":
            return f"{kind} at {far}"
        case _:
            return kind


def _variant(summary: RunSummary) -> str:
    return VARIANTS[summary.variant].title if summary.variant in VARIANTS else summary.variant


def _validated(summary: RunSummary, name: str) -> float | None:
    return number(summary.metrics, "validation", name)


# --- one run


def _one(runs: Runs, summary: RunSummary) -> None:
    """Open it, or do something with it; below what it is and how it learned."""
    run = runs.get(summary.id)
    remember_run(run.id)
    st.header(plain(summary.name))
    _what_to_know(summary)
    with st.container(horizontal=True), errors_shown():
        _open(summary)
        _manage(runs, run, summary)
    st.caption(plain(_facts(summary)))
    _preview(run, summary)
    with errors_shown():
        _curves(run, summary)
    if summary.damaged or summary.state in ("failed", "crashed"):
        with st.expander("Log", expanded=True):
            st.code(run.log_tail(30) or "The log is empty.", language=None, wrap_lines=True)
    if not summary.damaged:
        _lines(run)


def _what_to_know(summary: RunSummary) -> None:
    if summary.damaged or summary.state in ("failed", "crashed"):
        st.error(f"{_state(summary).capitalize()}. {plain(summary.message)}", icon=":material/error:")
    elif summary.starter:
        st.caption(":material/lock: A starter run: it ships with the lab and stays as it is.")
    elif summary.message:
        st.info(plain(summary.message), icon=":material/info:")


def _open(summary: RunSummary) -> None:
    """The primary action of the page, as soon as there are weights to look at."""
    buttons(summary, PAGE, primary=True)


def _manage(runs: Runs, run: Run, summary: RunSummary) -> None:
    if summary.state in UNDER_WAY:
        if st.button("Watch", key=f"{PAGE}.watch", icon=":material/visibility:"):
            st.switch_page("train.py", query_params={RUN: run.id})
        if st.button("Stop", key=f"{PAGE}.stop", icon=":material/stop:"):
            stop(run, timeout_s=2.0)
            st.rerun()
    elif not summary.starter and not summary.damaged:
        _resume(run, summary)
    if not summary.starter:
        _rename(runs, run, summary)
    st.download_button(
        "Download",
        lambda: runs.export_zip(run.id).open("rb"),
        f"{run.id}.zip",
        "application/zip",
        key=f"{PAGE}.download",
        icon=":material/download:",
        on_click="ignore",
        help="The run as a zip, with all that is needed to resume it on another machine.",
    )
    if (
        not summary.starter
        and summary.state not in UNDER_WAY
        and st.button("Delete", key=f"{PAGE}.delete", icon=":material/delete:")
    ):
        _delete(runs, [summary])


def _resume(run: Run, summary: RunSummary) -> None:
    """Go on where it was stopped; a finished run is trained on for a number of epochs that one gives."""
    if summary.state != "finished":
        if st.button("Resume", key=f"{PAGE}.resume", icon=":material/play_arrow:"):
            resume(run)
            st.rerun()
        return
    with st.popover("Train on", icon=":material/play_arrow:"), errors_shown():
        epochs = st.number_input("Further epochs", 1, 10_000, max(1, summary.epochs_done), key=f"{PAGE}.epochs")
        st.caption("A second stage begins, with a learning-rate schedule of its own. It becomes part of the recipe.")
        if st.button("Train on", key=f"{PAGE}.stage", type="primary"):
            resume(run, int(epochs))
            st.rerun()


def _rename(runs: Runs, run: Run, summary: RunSummary) -> None:
    with st.popover("Rename", icon=":material/edit:"), errors_shown(), st.form(f"{PAGE}.rename.{run.id}", border=False):
        name = st.text_input("Name", summary.name, max_chars=80, key=f"{PAGE}.name.{run.id}")
        if st.form_submit_button("Rename"):
            runs.rename(run.id, name)
            st.rerun()


def _delete(runs: Runs, chosen: Sequence[RunSummary]) -> None:
    deleted = st.session_state.setdefault(DELETED, {})
    for each in chosen:
        deleted[runs.delete(each.id)] = each.name
    st.session_state[SELECTED] = []
    st.rerun()


def _facts(summary: RunSummary) -> str:
    shape = ""
    if summary.image_shape is not None:
        channels, height, width = summary.image_shape
        shape = f", {height}×{width} pixels, {'grey' if channels == 1 else 'colour'}"
    facts = [
        _variant(summary),
        f"{summary.dataset}{shape}" if summary.dataset else "",
        f"code of {summary.latent}" if summary.latent else "",
        f"{summary.parameters:,} parameters" if summary.parameters else "",
        f"{summary.epochs_done} epochs" if summary.epochs_done != 1 else "1 epoch",
        f"seed {summary.seed}" if summary.variant else "",
        summary.device,
        f"{megabytes(summary.bytes)} on disk",
        summary.id,
    ]
    return " · ".join(filter(None, facts))


def _curves(run: Run, summary: RunSummary) -> None:
    metrics, steps = run.metrics(), run.steps()
    if not metrics and not steps:
        return
    from aecore.plots.training import loss_curves
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    show_chart(
        loss_curves(metrics, steps, palette()),
        key=f"{PAGE}.curves",
        alt=f"Loss of {summary.name} against epochs, for training and validation images",
    )


def _preview(run: Run, summary: RunSummary) -> None:
    preview = run.preview()
    if preview is None:
        return
    rows = [("Original", preview.clean), ("Corrupted", preview.corrupted), ("Reconstruction", preview.reconstructions)]
    if (preview.corrupted == preview.clean).all():
        del rows[1]
    show_matrix(
        [
            Row(name, [Picture(each, f"{name} {index + 1}") for index, each in enumerate(pixels[:SHOWN])])
            for name, pixels in rows
        ],
        [],
        f"Validation images reconstructed by {summary.name}",
        side_for(preview.clean.shape[3], SIDE),
    )
    st.caption(f"Validation images after epoch {preview.epoch}")


def _lines(run: Run) -> None:
    with errors_shown():
        from aecore.analysis.recipes_as_code import train_lines

        lines = train_lines(run.recipe())
        as_code(lines, "runs")


# --- several


def _several(runs: Runs, chosen: Sequence[RunSummary]) -> None:
    from pages.shared.comparison import show_comparison

    st.header(f"{len(chosen)} runs compared")
    show_comparison(runs, chosen, PAGE)
    own = [each for each in chosen if not each.starter and each.state not in UNDER_WAY]
    which = plain(own[0].name) if len(own) == 1 else f"these {len(own)} runs"
    if own and st.button(f"Delete {which}", key=f"{PAGE}.delete_all", icon=":material/delete:"):
        with errors_shown():
            _delete(runs, own)


with page("Runs", "Which runs are there, how good are they, and how do they compare?"):
    show()
