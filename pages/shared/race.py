"""A race on a page: how far it is, one chart and one matrix of pictures that compare all, and the numbers at its end.

Everything is read from the run folders, so that any tab shows the same. `offer_race` is the control that begins one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.errors import LabError
from aecore.experiments.folder import Experiment
from aecore.experiments.race import RACE, RaceSettings, compared_by, finishers, way_of
from aecore.experiments.store import Experiments
from aecore.jobs.control import start
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY
from aecore.training.events import Preview
from pages.shared.experiments import REFRESH_S, Results, show_log, show_progress
from pages.shared.frame import as_code, errors_shown
from pages.shared.keys import RUN
from pages.shared.matrix import Numbers, Row, digits, show_matrix, show_numbers, side_for
from pages.shared.pictures import Picture
from pages.shared.words import distinct, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from aecore.experiments.entrants import Candidate
    from aecore.plots.palette import Palette
    from aecore.training.recipe import Recipe

ADDRESS = "race"
SHOWN = 8  # validation images
SIDE = 56
MOST_EARLIER = 12  # the newest
Entrants = Mapping[str, Run]


def shown_race() -> Experiment | None:
    """The race that the address names, otherwise the newest one that is under way; None when there is neither."""
    races = {each.id: each for each in Experiments().list(RACE.key)}
    asked = st.query_params.get(ADDRESS, "")
    if asked in races:
        return races[asked]
    return next((each for each in races.values() if each.summary().state in UNDER_WAY), None)


def runs_of(race: Experiment) -> list[str]:
    """The ids of the runs that take part; none where the race cannot be read."""
    try:
        settings = race.task().settings
    except LabError:
        return []
    return settings.ids if isinstance(settings, RaceSettings) else []


def show_race(race: Experiment, page: str) -> None:
    """The race, renewed once a second as long as it is under way."""
    active = race.summary().state in UNDER_WAY
    st.fragment(_view, run_every=REFRESH_S if active else None, key=f"{page}.race.live")(race, page, active)


def _view(race: Experiment, page: str, active: bool) -> None:
    summary = race.summary()
    if (summary.state in UNDER_WAY) != active:
        st.rerun()
    st.header(plain(summary.name))
    with errors_shown():
        settings = race.task().settings
        assert isinstance(settings, RaceSettings)
        _state(race, page)
        entrants = _entrants(settings)
        results = race.results()
        _how(results, len(settings.ids) - len(entrants))
        _curves(race, entrants, page)
        _pictures(entrants)
        _numbers(entrants, results)
        _on(entrants, page)
    show_log(race)


def _entrants(settings: RaceSettings) -> dict[str, Run]:
    """The runs by their names in the race; those that were deleted are left out."""
    runs, found = Runs(), {}
    labels = distinct(dict(zip(settings.ids, settings.names, strict=True)))
    for key, name in labels.items():
        try:
            found[name] = runs.get(key)
        except LabError:
            continue
    return found


# --- how it is


def _state(race: Experiment, page: str) -> None:
    summary = race.summary()
    if summary.state in UNDER_WAY:
        show_progress(race, f"{page}.race")
        return
    match summary.state:
        case "finished":
            st.success("The race is over.", icon=":material/check:")
        case "stopped":
            st.info("The race was stopped. Every run kept a checkpoint of that moment.", icon=":material/stop:")
        case _:
            st.error(f"{summary.state.capitalize()}: {plain(summary.message)}", icon=":material/error:")
    with st.container(horizontal=True):
        if summary.state != "finished" and st.button("Resume", key=f"{page}.race.resume", icon=":material/play_arrow:"):
            start(race)
            st.rerun()
        with st.popover("Delete", icon=":material/delete:", key=f"{page}.race.put_away.{race.id}"), errors_shown():
            st.write("The race goes for good, its runs stay.")
            if st.button("Delete the race", key=f"{page}.race.delete"):
                Experiments().delete(race.id)
                _leave()
        if st.button(
            "Close", key=f"{page}.race.close", icon=":material/close:", help="Stop showing it here. The runs stay."
        ):
            _leave()


def _leave() -> None:
    st.query_params.pop(ADDRESS, None)
    st.rerun()


def _how(results: Results, gone: int) -> None:
    way, why = way_of(results)
    said = [f"Trained {way}: {plain(why)}. All meet the same images in the same order."] if way else []
    if gone:
        said.append("One run was deleted." if gone == 1 else f"{gone} runs were deleted.")
    if said:
        st.caption(" ".join(said))


# --- what compares them


def _curves(race: Experiment, entrants: Entrants, page: str) -> None:
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    metrics = {name: run.metrics() for name, run in entrants.items()}
    there = [rows[-1]["validation"] for rows in metrics.values() if rows]
    if not there:
        st.caption("The first points appear after the first epoch.")
        return
    by = compared_by(there)
    version = repr([(name, rows[-1:]) for name, rows in metrics.items()])
    figure = _figure(race.id, version, by, palette(), metrics)
    what = by.replace("_", " ")
    show_chart(
        figure, key=f"{page}.race.curves", alt=f"The {what} of {len(entrants)} runs on validation images, by epoch"
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _figure(
    race: str, version: str, by: str, colours: "Palette", _metrics: Mapping[str, Sequence[Mapping[str, Any]]]
) -> "Figure":
    """Drawn anew only when there is something new to draw."""
    from aecore.plots.race import race_curves

    return race_curves(_metrics, by, colours)


def _pictures(entrants: Entrants) -> None:
    """A row for each validation image: itself, then what every model makes of it."""
    found = {name: preview for name, run in entrants.items() if (preview := run.preview()) is not None}
    seen = {name: each for name, each in found.items() if len(each.reconstructions)}
    if not seen:
        return
    clean = next(iter(seen.values())).clean[:SHOWN]
    heads = ["Original", *seen]
    rows = [
        Row(
            f"Image {index + 1}",
            [Picture(image, f"Validation image {index + 1}"), *_made_of(index, seen)],
        )
        for index, image in enumerate(clean)
    ]
    show_matrix(rows, heads, "The same validation images reconstructed by every run", side_for(clean.shape[3], SIDE))
    epochs = sorted({each.epoch for each in seen.values()})
    after = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    st.caption(f"Reconstructions of validation images after {after}.{_of_corrupted(seen)}")


def _made_of(index: int, seen: Mapping[str, Preview]) -> list[Picture]:
    return [Picture(each.reconstructions[index], f"Image {index + 1} by {name}") for name, each in seen.items()]


def _of_corrupted(seen: Mapping[str, Preview]) -> str:
    if all((each.corrupted == each.clean).all() for each in seen.values()):
        return ""
    return " Each model was shown the image with its own corruption."


# --- in numbers


def _numbers(entrants: Entrants, results: Results) -> None:
    """Once there are results: the error of each on test images, the baseline beside it."""
    known = finishers(results)
    rows = [
        Numbers(name, str(result.get("note") or ""), [_cell(result, key) for key in CELLS])
        for name, run in entrants.items()
        if (result := known.get(run.id)) is not None
    ]
    if not rows:
        return
    show_numbers(rows, list(CELLS.values()), "The runs on test images, the baseline beside them")
    images = next((each["images"] for each in known.values() if each.get("images")), None)
    over = f", mean over {images:,} test images" if isinstance(images, int) else ""
    st.caption(
        f"Squared error, summed over pixels{over}; principal components with as many numbers per code beside it. "
        "Seconds are those of the race up to the end of the run: together all take the same time."
    )


CELLS = {
    "test_error": "Squared error",
    "pca_error": "PCA",
    "code_size": "Code",
    "seconds": "Seconds",
}


def _cell(result: Mapping[str, Any], key: str) -> str:
    value = result.get(key)
    if isinstance(value, int):
        return f"{value:,}"
    return digits(float(value)) if isinstance(value, float) else "–"


def _on(entrants: Entrants, page: str) -> None:
    """The way to the runs themselves."""
    if st.button("Compare on test images", key=f"{page}.race.compare", icon=":material/compare:"):
        st.session_state.pop("runs.selected", None)  # what the address names is selected there
        st.switch_page("runs.py", query_params={RUN: [each.id for each in entrants.values()]})


# --- a new one


def offer_race(recipe: "Recipe", name: str, device: str, page: str) -> None:
    """Choose what is to be varied and by which values; one click starts it."""
    from aecore.analysis.recipes_as_code import race_lines
    from aecore.experiments.entrants import read_values, vary
    from aecore.experiments.suggestions import suggestions
    from aecore.training.together import why_apart

    offered = {each.name: each for each in suggestions(recipe)}
    titles = distinct({key: each.label for key, each in offered.items()})
    with st.container(border=True, key=f"{page}.race"):
        st.markdown("**Race**", help="Several recipes that differ in one setting, trained at once and compared live.")
        varied = str(
            st.selectbox(
                "Vary",
                list(offered),
                format_func=titles.__getitem__,
                key=f"{page}.race.vary.{recipe.variant}",
                persist_state="session",
            )
        )
        text = st.text_input(
            "Values",
            offered[varied].values,
            key=f"{page}.race.values.{recipe.variant}.{varied}",
            help="With commas between them, or 1..8; lists with semicolons. 2 to 16 of them.",
            persist_state="session",
        )
        with errors_shown():
            made = vary([recipe], {varied: read_values(offered[varied].label, text)})
            why = why_apart([each.recipe for each in made])
            pressed = st.button("Start the race", key=f"{page}.race.start", icon=":material/flag:", width="stretch")
            st.caption(
                f"{len(made)} runs, one after the other: {why}." if why else f"{len(made)} runs, trained together."
            )
            if pressed:
                _start(made, name, device)
            as_code(race_lines(recipe, varied, text, device, name or None), f"{page}.race")
        _earlier(page)


def _earlier(page: str) -> None:
    """The way back to races that are not shown."""
    races = [each for each in Experiments().list(RACE.key) if each.id != st.query_params.get(ADDRESS)]
    if not races:
        return
    with st.popover(f"Earlier races ({len(races)})", icon=":material/history:"):
        for each in races[:MOST_EARLIER]:
            summary = each.summary()
            label = f"{plain(summary.name)}, {summary.created[:16].replace('T', ' ')} UTC, {summary.state}"
            if st.button(label, key=f"{page}.race.show.{each.id}"):
                st.query_params[ADDRESS] = each.id
                st.rerun()


def _start(made: "Sequence[Candidate]", name: str, device: str) -> None:
    from aecore.experiments.entrants import create_race

    race = create_race(made, name=name or None, device=device)
    start(race)
    st.query_params[ADDRESS] = race.id
    st.rerun()
