"""How much are labels worth, and what does pretraining without them save?

Reads the experiments on few labels: one's own and the one that ships. Starts, stops and resumes them as jobs.

    ?experiment=ID   the experiment to look at; "shipped" for the one that comes with the lab
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.experiments.catalog import find_kind
from aecore.experiments.few_labels import FewLabelsSettings, encoder_of
from aecore.experiments.folder import Experiment, ExperimentSummary, Task
from aecore.experiments.store import Experiments, Shipped
from aecore.jobs.control import start, stop
from aecore.runs.summary import UNDER_WAY
from aecore.settings import describe
from pages.shared.few_labels import KIND, Results, show_curve, show_errors
from pages.shared.forms import setting_widget
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.live import duration
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.few_labels import FewLabelsCurve

PAGE = "few_labels"
ADDRESS = "experiment"
REFRESH_S = 1.0
PATIENCE_S = 2.0  # for an experiment that was asked to stop
SHIPPED = "shipped"
FIRST = ("labels", "draws", "code_size", "epochs")  # settings that are shown at once


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


def show() -> None:
    """The results on the left, the choices on the right."""
    store = Experiments()
    picture, controls = st.columns([3, 2], gap="large")
    with picture:
        shown = _pick(store)
        if shown is None:
            _empty()
        elif shown.experiment is not None and shown.experiment.summary().state in UNDER_WAY:
            st.fragment(_live, run_every=REFRESH_S, key=f"{PAGE}.live")(shown)
        else:
            _view(shown)
    with controls:
        _form(store)


# --- which


def _pick(store: Experiments) -> Shown | None:
    """The experiment that the address names, otherwise the newest; None when there is none."""
    titles = {each.key: each.title for each in datasets()}
    known = {each.id: Shown(each.id, _label(each.summary(), titles), each, None) for each in store.list(KIND)}
    for each in store.shipped(KIND):
        name = titles.get(each.task.dataset, each.task.dataset)
        known[SHIPPED] = Shown(SHIPPED, f"{plain(name)}, ships with the lab", None, each)
    if not known:
        return None
    key = f"{PAGE}.shown"
    asked = st.query_params.get(ADDRESS, "")
    if asked in known and asked != st.session_state.get(f"{PAGE}.asked"):
        st.session_state[key] = st.session_state[f"{PAGE}.asked"] = asked
    if st.session_state.get(key) not in known:
        st.session_state[key] = next(iter(known))
    if len(known) > 1:
        st.selectbox("Experiment", list(known), format_func=lambda each: known[each].label, key=key)
    return known[str(st.session_state[key])]


def _label(summary: ExperimentSummary, titles: dict[str, str]) -> str:
    name = titles.get(summary.dataset, summary.dataset)
    return f"{plain(name)}, {summary.created[:16].replace('T', ' ')} UTC, {summary.state}"


def _empty() -> None:
    st.info("No experiment has been made yet: choose the settings and start one.", icon=":material/info:")


# --- what came out


def _live(shown: Shown) -> None:
    """Renewed once a second until the experiment ends."""
    assert shown.experiment is not None
    if shown.experiment.summary().state not in UNDER_WAY:
        st.rerun()
    _view(shown)


def _view(shown: Shown) -> None:
    if shown.experiment is not None:
        _state(shown.experiment)
    with errors_shown():
        task = shown.task()
        results = shown.results
        curve = _chart(task, results)
        if curve is not None:
            _read(curve)
            _about(task, results)


def _state(experiment: Experiment) -> None:
    summary = experiment.summary()
    match summary.state:
        case "queued":
            place = f", place {summary.place} in the line" if summary.place else ""
            st.progress(0.0, f"Waits for the device{place}")
        case "running":
            left = f", about {duration(summary.seconds_left)} left" if summary.seconds_left else ""
            st.progress(min(max(summary.done, 0.0), 1.0), f"{plain(summary.doing or 'starting')}{left}")
        case "stopped":
            st.info(f"Stopped with {summary.results} results. They are kept.", icon=":material/stop:")
        case "failed" | "crashed":
            st.error(f"{summary.state.capitalize()}: {plain(summary.message)}", icon=":material/error:")
    with errors_shown():
        if summary.state in UNDER_WAY:
            if st.button("Stop", key=f"{PAGE}.stop", icon=":material/stop:"):
                stop(experiment, PATIENCE_S)
                st.rerun()
        elif summary.state != "finished" and st.button("Resume", key=f"{PAGE}.resume", icon=":material/play_arrow:"):
            start(experiment)
            st.rerun()
    if summary.state in ("failed", "crashed"):
        with st.expander("Log", expanded=True):
            st.code(experiment.log_tail(30) or "The log is empty.", language=None)


def _chart(task: Task, results: Results) -> "FewLabelsCurve | None":
    if not any("error_percent" in each for each in results):
        st.caption("The first point appears when the encoder is trained.")
        return None
    images = {each.key: each.test for each in datasets()}.get(task.dataset, 0)
    curve = show_curve(results, images, f"{PAGE}.curve")
    st.caption(
        f"Images of the test split put into a wrong class, in percent of {images:,}; mean and standard deviation over "
        "draws of the labelled images. Both axes are logarithmic. Below the same in numbers: a column for each number "
        "of labelled images."
    )
    show_errors(curve)
    return curve


def _read(curve: "FewLabelsCurve") -> None:
    """What a person should take from it, in the numbers of this experiment."""
    few, many = curve.labels[0], curve.labels[-1]
    best = curve.best(few)
    lines = {line.method: line for line in curve.lines}
    st.markdown("**How to read it**")
    said = []
    if best is not None:
        error = float(best.mean[best.labels == few][0])
        name = best.title[0].lower() + best.title[1:]
        said.append(f"With {few:,} labels {name} is best: {error:.1f}\N{NO-BREAK SPACE}% wrong.")
    gained = _gap(lines, few), _gap(lines, many)
    if few != many and gained[0] is not None and gained[1] is not None:
        said.append(
            f"Pretraining takes {gained[0]:.1f} percentage points off the error of the same network with {few:,} "
            f"labels and {gained[1]:.1f} with {many:,}: what it saves shrinks as labels become plenty."
            if gained[0] > gained[1]
            else f"The same network gains {gained[0]:.1f} percentage points from pretraining with {few:,} labels and "
            f"{gained[1]:.1f} with {many:,}."
        )
    said.append(
        "Grey lines know no encoder: a method that does not fall below them has learned nothing worth its training. "
        "Bars show how much depends on which images happen to be labelled."
    )
    st.write(" ".join(said))


def _gap(lines: "dict[str, Any]", labels: int) -> float | None:
    """How much lower the error is fine-tuned than from scratch, in percentage points."""
    both = [lines.get(each) for each in ("scratch", "tuned")]
    found = [float(each.mean[each.labels == labels][0]) for each in both if each is not None and labels in each.labels]
    return found[0] - found[1] if len(found) == 2 else None


def _about(task: Task, results: Results) -> None:
    encoder = encoder_of(results)
    settings = task.settings
    assert isinstance(settings, FewLabelsSettings)
    seconds = encoder.get("seconds")
    trained = f" in {duration(float(seconds))}" if isinstance(seconds, (int, float)) else ""
    st.caption(
        f"One encoder ({settings.network}, code of {settings.code_size} numbers) was trained for {settings.epochs} "
        f"epochs on all training images without labels{trained}; every draw of labelled images shares it, since labels "
        "have no part in it. Both networks see the labelled images slightly shifted and turned. Label propagation also "
        "uses the codes of the unlabelled training images."
    )


# --- a new one


def _form(store: Experiments) -> None:
    st.subheader("A new experiment")
    info = _pick_data()
    changes = _settings()
    with errors_shown():
        if changes is None:
            return
        task = Task(KIND, info.key, FewLabelsSettings.from_dict(changes, KIND))
        waiting = store.unfinished(task)
        if st.button("Start", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.start", width="stretch"):
            _start(waiting or store.create(task))
        if waiting is not None:
            st.caption("One with these settings is not finished: starting goes on with it.")
        _cost(task)
        _lines(task)


def _pick_data() -> DatasetInfo:
    known = {each.key: each for each in datasets() if len(each.class_names) > 1}
    picked = st.selectbox(
        "Data set",
        list(known),
        format_func=lambda each: known[each].title,
        key=f"{PAGE}.data",
        help="Those with two or more classes.",
        persist_state="session",
    )
    return known[str(picked)]


def _settings() -> dict[str, Any] | None:
    """All settings; None while a field does not hold what it should."""
    described = {each.name: each for each in describe(FewLabelsSettings)}
    chosen: dict[str, Any] = {}
    for name in FIRST:
        chosen[name] = setting_widget(described[name], f"{PAGE}.{name}", described[name].default)
    with st.expander("All settings"):
        for name, each in described.items():
            if name not in FIRST:
                chosen[name] = setting_widget(each, f"{PAGE}.{name}", each.default)
    return None if any(value is None for value in chosen.values()) else chosen


def _start(experiment: Experiment) -> None:
    start(experiment)
    st.query_params[ADDRESS] = experiment.id
    st.session_state.pop(f"{PAGE}.asked", None)
    st.rerun()


def _cost(task: Task) -> None:
    with st.spinner("Estimating the time, about a second …"):
        seconds = _seconds(task.dataset, repr(task.settings), task)
    st.caption(
        f"About {duration(seconds)} on this machine. It goes on when this tab is closed, can be stopped at any time, "
        "and keeps every result."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _seconds(dataset: str, settings: str, _task: Task) -> float:
    return find_kind(KIND).seconds(_task.settings, dataset)


def _lines(task: Task) -> None:
    usual = FewLabelsSettings()
    changed = {name: value for name, value in task.settings.to_dict().items() if value != usual.to_dict()[name]}
    typed = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in changed.items()
    }
    words = "".join(f" --set {name}={value}" for name, value in typed.items())
    shell = f"python -m aecore experiment {KIND} --dataset {task.dataset}{words}"
    python = "\n".join(
        [
            "from aecore.experiments.store import Experiments, make_task",
            "from aecore.jobs.foreground import experiment_here",
            "",
            f"experiment = Experiments().create(make_task({KIND!r}, {task.dataset!r}, {typed!r}))",
            "for event in experiment_here(experiment):",
            "    print(event)",
        ]
    )
    as_code(shell, python)


with page("Few labels", "How much are labels worth, and what does pretraining without them save?"):
    show()
