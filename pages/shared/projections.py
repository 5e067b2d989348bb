"""Which plane the map of a code of more than two numbers shows: principal components, UMAP or t-SNE.

The first is there at once. The others are made by a job (the experiment "projection") and kept with the run, once for
its weights: what is not there can be made here, is followed and stopped here, and is shown as soon as it is done.
"""

from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.errors import LabError
from aecore.experiments.folder import Experiment, Task
from aecore.experiments.projection import PROJECTION, ProjectionSettings
from aecore.experiments.store import Experiments
from aecore.jobs.control import start
from aecore.runs.folder import Run
from aecore.runs.kept_projections import (
    TITLES,
    KeptProjection,
    delete_projection,
    list_projections,
    read_projection,
)
from aecore.runs.summary import UNDER_WAY
from aecore.settings import describe
from pages.shared.experiments import show_log, show_progress
from pages.shared.forms import setting_widget
from pages.shared.frame import errors_shown
from pages.shared.live import duration
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.runs.kept_projections import CodeProjection
    from aecore.runs.opened import OpenRun

PAGE = "latent_space"
PLANE = "plane"  # in the address
LINEAR = "pca"
PLANES = {LINEAR: "Principal components", **TITLES}
FORM = {
    "umap": ("images", "split", "neighbours", "min_dist"),
    "t-sne": ("images", "split", "perplexity"),
}
REFRESH_S = 1.0
RENEWED_S = 60.0  # an estimate, which depends on what else is done


def pick_projection(run: Run, opened: "OpenRun") -> "CodeProjection | None":
    """The projection that a person wants to see and that is there; None for the plane of principal components.

    Says below the choice how a projection is that cannot be shown yet, and what can be done about it.
    """
    latent = opened.composition.model.latent
    if latent <= 2:
        return None
    key = f"{PAGE}.plane"
    if key not in st.session_state:
        named = st.query_params.get(PLANE, LINEAR)
        st.session_state[key] = named if named in PLANES else LINEAR
    method = st.segmented_control(
        "Plane of the map",
        list(PLANES),
        required=True,
        format_func=PLANES.__getitem__,
        key=key,
        help="Principal components are there at once. UMAP and t-SNE keep neighbours together, take minutes, and are "
        "kept with the run.",
        persist_state="session",
    )
    _remember(str(method))
    if method in (None, LINEAR):
        return None
    try:
        return _projection(run, opened, str(method))
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _remember(method: str) -> None:
    """In the address, so that a link leads to the same plane."""
    if method in TITLES:
        st.query_params[PLANE] = method
    elif PLANE in st.query_params:
        del st.query_params[PLANE]


def _projection(run: Run, opened: "OpenRun", method: str) -> "CodeProjection | None":
    job = _newest_job(run, method)
    if job is not None and job.summary().state in UNDER_WAY:
        st.fragment(_follow, run_every=REFRESH_S, key=f"{PAGE}.projection.live")(job, method)
        return None
    line = next((each for each in list_projections(run) if each.method == method), None)
    if line is not None and not line.message:
        _kept(run, line)
        return read_projection(run, method)
    if line is not None:
        st.warning(plain(line.message), icon=":material/history:" if line.outdated else ":material/error:")
        if line.about is None:
            _delete(run, line)
    elif job is not None:
        _ended(job)
    _new(run, opened, method)
    return None


def _newest_job(run: Run, method: str) -> Experiment | None:
    """The newest experiment that makes this projection of the run."""
    for each in Experiments().list(PROJECTION.key):
        try:
            settings = each.task().settings
        except LabError:
            continue
        assert isinstance(settings, ProjectionSettings)
        if (settings.run, settings.method) == (run.id, method):
            return each
    return None


# --- on its way


def _follow(job: Experiment, method: str) -> None:
    """Renewed once a second until the job ends."""
    if job.summary().state not in UNDER_WAY:
        st.rerun()
    with st.container(border=True):
        st.markdown(f"**{TITLES[method]} is being made.** The map shows the principal components meanwhile.")
        show_progress(job, f"{PAGE}.projection")
        st.caption("It goes on when this tab is closed.")


def _ended(job: Experiment) -> None:
    """Why the last one left nothing."""
    summary = job.summary()
    match summary.state:
        case "stopped":
            st.info("The last one was stopped and left nothing: a projection begins anew.", icon=":material/stop:")
        case "failed" | "crashed":
            st.error(f"The last one {summary.state}: {plain(summary.message)}", icon=":material/error:")
            show_log(job)


# --- kept


def _kept(run: Run, line: KeptProjection) -> None:
    about = line.about
    assert about is not None
    how = ", ".join(f"{_words(name)} {value:g}" for name, value in about.settings.items())
    split = "" if about.split == "all" else f"{about.split} "
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{TITLES[about.method]} of {about.images:,} {split}images, {how}; made in {duration(about.seconds)}.",
            width="stretch",
        )
        _delete(run, line)


def _words(setting: str) -> str:
    (found,) = (each for each in describe(ProjectionSettings) if each.name == setting)
    return found.label.lower()


def _delete(run: Run, line: KeptProjection) -> None:
    """Asks back, for minutes of work are lost."""
    title = TITLES[line.method]
    with st.popover("Delete", icon=":material/delete:", key=f"{PAGE}.put_away.{run.id}.{line.method}"), errors_shown():
        st.write(f"Another one by {title}, with the same or other settings, has to be made anew.")
        if st.button(f"Delete the {title} projection", key=f"{PAGE}.delete_projection", type="primary"):
            delete_projection(run, line.method)
            st.rerun()


# --- a new one


def _new(run: Run, opened: "OpenRun", method: str) -> None:
    if run.alive():
        st.info("The run is under way, and its codes still move: project them when it has ended.")
        return
    with st.container(border=True):
        changes = _settings(method)
        if changes is None:
            return
        settings = ProjectionSettings.from_dict({**changes, "run": run.id, "method": method}, PROJECTION.key)
        task = Task(PROJECTION.key, opened.recipe.data.name, settings)
        with errors_shown():
            _require_possible(settings, opened)
            if st.button(f"Make the {TITLES[method]} projection", type="primary", key=f"{PAGE}.project"):
                _start(task, run)
            _cost(task)


def _settings(method: str) -> dict[str, Any] | None:
    """What a person chose; None while a field does not hold what it should."""
    described = {each.name: each for each in describe(ProjectionSettings)}
    names = FORM[method]
    places = st.columns(len(names))
    chosen = {}
    for name, place in zip(names, places, strict=True):
        with place:
            chosen[name] = setting_widget(described[name], f"{PAGE}.{method}.{name}", described[name].default)
    return None if any(value is None for value in chosen.values()) else chosen


def _require_possible(settings: ProjectionSettings, opened: "OpenRun") -> None:
    from aecore.experiments.projection_work import require_possible

    require_possible(settings, opened)


def _start(task: Task, run: Run) -> None:
    store = Experiments()
    start(store.unfinished(task) or store.create(task, f"{TITLES[_method(task)]} of {run.id}"))
    st.rerun()


def _method(task: Task) -> str:
    assert isinstance(task.settings, ProjectionSettings)
    return task.settings.method


def _cost(task: Task) -> None:
    with st.spinner("Estimating the time, about a second …"):
        seconds = _seconds(repr(task), task)
    st.caption(
        f"About {duration(seconds)} on this machine, as busy as it is now; it may be twice that or half. It goes on "
        "when this tab is closed and can be stopped at any time."
    )


@st.cache_data(max_entries=64, ttl=RENEWED_S, show_spinner=False)
def _seconds(task: str, _task: Task) -> float:
    return _task.kind.seconds(_task.settings, _task.dataset)
