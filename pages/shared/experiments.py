"""A page about one kind of experiment: which one is looked at, how far it is, and the form for a new one.

Experiments are one's own or ship with the lab. They are started, stopped, resumed and deleted here; they run as jobs.
What came out is shown by the page that calls `show_experiments`.

    ?experiment=ID   the experiment to look at; "shipped" for the first that comes with the lab
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.experiments.catalog import find_kind
from aecore.experiments.experiment import Kind
from aecore.experiments.folder import Experiment, ExperimentSummary, Task
from aecore.experiments.store import Experiments, Shipped
from aecore.jobs.control import start, stop
from aecore.runs.summary import UNDER_WAY
from aecore.settings import describe
from pages.shared.forms import setting_widget
from pages.shared.frame import as_code, errors_shown
from pages.shared.live import duration
from pages.shared.words import distinct, plain

Results = Sequence[Mapping[str, Any]]

ADDRESS = "experiment"
REFRESH_S = 1.0
PATIENCE_S = 2.0  # for an experiment that was asked to stop
SHIPPED = "shipped"


@dataclass(frozen=True)
class Form:
    """What a kind's form shows: settings at once, and the data sets that `fits` takes, which `data_help` describes."""

    first: tuple[str, ...]
    fits: Callable[[DatasetInfo], bool] = lambda _: True
    data_help: str | None = None


@dataclass(frozen=True)
class Shown:
    """What is looked at: an experiment of one's own, or one that ships."""

    key: str
    label: str
    experiment: Experiment | None
    shipped: Shipped | None

    @property
    def results(self) -> Results:
        """All results so far."""
        if self.shipped is not None:
            return self.shipped.results
        assert self.experiment is not None
        return self.experiment.results()

    def task(self) -> Task:
        """RunError when it cannot be read."""
        if self.shipped is not None:
            return self.shipped.task
        assert self.experiment is not None
        return self.experiment.task()


def show_experiments(kind: Kind, form: Form, show: Callable[[Task, Results], None]) -> None:
    """The results of an experiment on the left, as `show` draws them; the choices for a new one on the right."""
    store = Experiments()
    picture, controls = st.columns([3, 2], gap="large")
    with picture:
        shown = _pick(store, kind)
        if shown is None:
            st.info("No experiment has been made yet: choose the settings and start one.", icon=":material/info:")
        elif shown.experiment is not None and shown.experiment.summary().state in UNDER_WAY:
            st.fragment(_live, run_every=REFRESH_S, key=f"{kind.key}.live")(shown, kind, show)
        else:
            _view(shown, kind, show)
    with controls:
        _new(store, kind, form)


def newest_results(kind: Kind, dataset: str) -> tuple[Results, str]:
    """Results on a data set, those of one's own experiments first, and where they come from; empty without any."""
    store = Experiments()
    for each in store.list(kind.key):
        summary = each.summary()
        if summary.dataset == dataset and summary.state == "finished":
            return each.results(), f"Measured here: {summary.name}."
    for shipped in store.shipped(kind.key):
        if shipped.task.dataset == dataset:
            return shipped.results, f"Measured when the lab was made; the {kind.title} page measures it anew."
    return [], ""


# --- which


def _pick(store: Experiments, kind: Kind) -> Shown | None:
    """The experiment that the address names, otherwise the newest; None when there is none."""
    titles = {each.key: each.title for each in datasets()}
    known = {each.id: Shown(each.id, _label(each.summary(), titles), each, None) for each in store.list(kind.key)}
    for number, each in enumerate(store.shipped(kind.key), start=1):
        name = titles.get(each.task.dataset, each.task.dataset)
        key = SHIPPED if number == 1 else f"{SHIPPED}-{number}"
        known[key] = Shown(key, f"{plain(name)}, ships with the lab", None, each)
    if not known:
        return None
    key, seen = f"{kind.key}.shown", f"{kind.key}.asked"
    asked = st.query_params.get(ADDRESS, "")
    if asked in known and asked != st.session_state.get(seen):
        st.session_state[key] = st.session_state[seen] = asked
    if st.session_state.get(key) not in known:
        st.session_state[key] = next(iter(known))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = distinct({each: shown.label for each, shown in known.items()})
        st.selectbox("Experiment", list(known), format_func=labels.__getitem__, key=key)
        shown = known[str(st.session_state[key])]
        if shown.experiment is not None:
            _delete(shown.experiment, kind.key)
    return shown


def _label(summary: ExperimentSummary, titles: Mapping[str, str]) -> str:
    name = titles.get(summary.dataset, summary.dataset)
    return f"{plain(name)}, {summary.created[:16].replace('T', ' ')} UTC, {summary.state}"


# --- how it is, and what came out


def _live(shown: Shown, kind: Kind, show: Callable[[Task, Results], None]) -> None:
    """Renewed once a second until the experiment ends."""
    assert shown.experiment is not None
    if shown.experiment.summary().state not in UNDER_WAY:
        st.rerun()
    _view(shown, kind, show)


def _view(shown: Shown, kind: Kind, show: Callable[[Task, Results], None]) -> None:
    if shown.experiment is not None:
        _state(shown.experiment, kind.key)
    with errors_shown():
        show(shown.task(), shown.results)
    if shown.experiment is not None:
        show_log(shown.experiment)


def show_progress(experiment: Experiment, page: str) -> None:
    """How far one is that is under way, and the button that stops it."""
    summary = experiment.summary()
    if summary.state == "queued":
        place = f", place {summary.place} in the line" if summary.place else ""
        st.progress(0.0, f"Waits for the device{place}")
    else:
        left = f", about {duration(summary.seconds_left)} left" if summary.seconds_left else ""
        st.progress(min(max(summary.done, 0.0), 1.0), f"{plain(summary.doing or 'starting')}{left}")
    with errors_shown():
        if st.button("Stop", key=f"{page}.stop", icon=":material/stop:"):
            stop(experiment, PATIENCE_S)
            st.rerun()


def _state(experiment: Experiment, page: str) -> None:
    summary = experiment.summary()
    if summary.state in UNDER_WAY:
        show_progress(experiment, page)
        return
    match summary.state:
        case "stopped":
            kept = "It is kept." if summary.results == 1 else "They are kept."
            st.info(f"Stopped with {_many(summary)}. {kept}", icon=":material/stop:")
        case "failed" | "crashed":
            st.error(f"{summary.state.capitalize()}: {plain(summary.message)}", icon=":material/error:")
    with errors_shown():
        if summary.state != "finished" and st.button("Resume", key=f"{page}.resume", icon=":material/play_arrow:"):
            start(experiment)
            st.rerun()


def _many(summary: ExperimentSummary) -> str:
    return "one result" if summary.results == 1 else f"{summary.results} results"


def show_log(experiment: Experiment) -> None:
    """The end of the log of one that went wrong."""
    if experiment.status()["state"] in ("failed", "crashed"):
        with st.expander("Log", expanded=True):
            st.code(experiment.log_tail(30) or "The log is empty.", language=None, wrap_lines=True)


def _delete(experiment: Experiment, page: str) -> None:
    """Asks back, for it cannot be undone; one that is under way is refused."""
    # A popover that was open on another experiment is closed on this one.
    with st.popover("Delete", icon=":material/delete:", key=f"{page}.put_away.{experiment.id}"), errors_shown():
        summary = experiment.summary()
        st.write(f"{plain(summary.name)} has {_many(summary)}. Deleting cannot be undone.")
        if st.button("Delete the experiment", key=f"{page}.delete", type="primary"):
            Experiments(experiment.runs_folder).delete(experiment.id)
            _forget(page)
            st.rerun()


def _forget(page: str) -> None:
    st.query_params.pop(ADDRESS, None)
    for name in ("shown", "asked"):
        st.session_state.pop(f"{page}.{name}", None)


# --- a new one


def _new(store: Experiments, kind: Kind, form: Form) -> None:
    st.header("A new experiment")
    info = _pick_data(kind, form)
    changes = _settings(kind, form)
    with errors_shown():
        if changes is None or info is None:
            return
        task = Task(kind.key, info.key, kind.settings.from_dict(changes, kind.key))
        waiting = store.unfinished(task)
        if st.button("Start", type="primary", icon=":material/play_arrow:", key=f"{kind.key}.start", width="stretch"):
            _start(waiting or store.create(task), kind.key)
        if waiting is not None:
            st.caption("One with these settings is not finished: starting goes on with it.")
        _cost(task)
        _lines(task)


def _pick_data(kind: Kind, form: Form) -> DatasetInfo | None:
    known = {each.key: each for each in datasets() if form.fits(each)}
    picked = st.selectbox(
        "Data set",
        list(known),
        format_func=lambda each: known[each].title,
        key=f"{kind.key}.data",
        help=form.data_help,
        persist_state="session",
    )
    return known.get(str(picked))


def _settings(kind: Kind, form: Form) -> dict[str, Any] | None:
    """All settings; None while a field does not hold what it should."""
    described = {each.name: each for each in describe(kind.settings)}
    chosen: dict[str, Any] = {}
    for name in form.first:
        chosen[name] = setting_widget(described[name], f"{kind.key}.{name}", described[name].default)
    with st.expander("All settings"):
        for name, each in described.items():
            if name not in form.first:
                chosen[name] = setting_widget(each, f"{kind.key}.{name}", each.default)
    return None if any(value is None for value in chosen.values()) else chosen


def _start(experiment: Experiment, page: str) -> None:
    start(experiment)
    st.query_params[ADDRESS] = experiment.id
    st.session_state.pop(f"{page}.asked", None)
    st.rerun()


def _cost(task: Task) -> None:
    with st.spinner("Estimating the time, about a second …"):
        seconds = _seconds(task.experiment, task.dataset, repr(task.settings), task)
    st.caption(
        f"About {duration(seconds)} on this machine. It goes on when this tab is closed, can be stopped at any time, "
        "and keeps every result."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _seconds(kind: str, dataset: str, settings: str, _task: Task) -> float:
    return find_kind(kind).seconds(_task.settings, dataset)


def _lines(task: Task) -> None:
    from aecore.analysis.recipes_as_code import Lines

    usual = task.kind.settings().to_dict()
    changed = {name: value for name, value in task.settings.to_dict().items() if value != usual[name]}
    typed = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in changed.items()
    }
    words = "".join(f" --set {name}={value}" for name, value in typed.items())
    shell = f"python -m aecore experiment {task.experiment} --dataset {task.dataset}{words}"
    python = "\n".join(
        [
            "from aecore.experiments.store import Experiments, make_task",
            "from aecore.jobs.foreground import experiment_here",
            "",
            f"experiment = Experiments().create(make_task({task.experiment!r}, {task.dataset!r}, {typed!r}))",
            "for event in experiment_here(experiment):",
            "    print(event)",
        ]
    )
    as_code(Lines(shell, python), f"experiment.{task.experiment}")
