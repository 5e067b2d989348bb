"""Layer by layer, with and without fine-tuning, against end to end."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.charts import show_chart
from pages.shared.points import finished, how_to_train, usual_recipe, with_choice
from pages.shared.theme import palette
from pages.shared.words import plain

Found = tuple[Run, dict[str, Any]]


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.greedy_stages import greedy_stages
    from aecore.plots.greedy_stages import greedy_stages as drawn

    st.subheader("Layer by layer against end to end: error against time", anchor=False)
    found = _comparable(dataset)
    if found:
        images = int(next(iter(found.values()))[0].status().get("validation_images") or 0)
        runs = [(run.about()["name"], recipe, run.metrics()) for run, recipe in found.values()]
        stages = greedy_stages(runs, images)
        show_chart(drawn(stages, palette()), key=key, alt="Error of validation images against seconds of training")
        names = "; ".join(
            f"{each.way.capitalize()}: {plain(each.name)}, {len(each.seconds)} epochs" for each in stages.runs
        )
        st.caption(
            f"Mean over {stages.images:,} validation images. {names}. The networks, the images and the rest of the "
            "settings are the same. In every stage the error is that of the image, through the layers that have been "
            "trained by then. Times are as the runs recorded them, and depend on what else the machine was doing."
        )
    _what_is_missing(found, dataset)


def _comparable(dataset: str) -> dict[str, Found]:
    """By their way of training: the newest runs whose recipes differ in nothing else; of several sets the fullest.

    There is at least one that was trained layer by layer, or nothing.
    """
    from aecore.analysis.demonstrations.alike import apart_from
    from aecore.analysis.demonstrations.greedy_stages import GREEDY, TUNED, WHOLE, way_of

    sets: dict[str, dict[str, Found]] = {}
    for run, recipe in finished(dataset):
        way = way_of(recipe)
        if way:
            sets.setdefault(apart_from(recipe, "scheme", "training.epochs"), {}).setdefault(way, (run, recipe))
    greedy = [each for each in sets.values() if GREEDY in each or TUNED in each]
    best = max(greedy, key=len, default={})
    return {way: best[way] for way in (GREEDY, TUNED, WHOLE) if way in best}


def _what_is_missing(found: Mapping[str, Found], dataset: str) -> None:
    from aecore.analysis.demonstrations.greedy_stages import GREEDY, TUNED, WHOLE

    recipe = next(iter(found.values()))[1] if found else usual_recipe("greedy", dataset)
    schemes: dict[str, dict[str, object]] = {
        GREEDY: {"kind": "greedy", "fine_tuning": 0.0},
        TUNED: {"kind": "greedy", "fine_tuning": 0.25},
        WHOLE: {"kind": "end_to_end"},
    }
    missing = [way for way in schemes if way not in found]
    if missing:
        st.caption(f"Not there yet: {'; '.join(missing)}. Train it with the preset of that name, or from a shell:")
        how_to_train(*(_by(recipe, schemes[way]) for way in missing))


def _by(recipe: Mapping[str, Any], scheme: Mapping[str, object]) -> dict[str, Any]:
    """The recipe with another scheme altogether."""
    return with_choice({**recipe, "parts": {**recipe["parts"], "scheme": {}}}, "scheme", scheme)
