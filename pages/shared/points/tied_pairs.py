"""Tied against untied: two runs that differ in nothing else."""

from typing import Any

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.charts import show_chart
from pages.shared.opened import open_for_page
from pages.shared.points import finished, how_to_train, usual_recipe, with_choice
from pages.shared.theme import palette
from pages.shared.words import plain


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.tied_pairs import tied_pair
    from aecore.plots.tied_pairs import tied_pairs as drawn

    st.subheader("Tied against untied: what is saved, and what it costs", anchor=False)
    one, other, recipe = _pair(dataset)
    if one is None or other is None:
        _what_is_missing(one, recipe or usual_recipe("tied", dataset))
        return
    with st.spinner("Measuring both on the test images, about two seconds …", show_time=True):
        sides = [(title, open_for_page(run), run.metrics()) for title, run in (("tied", one), ("untied", other))]
        pair = tied_pair(sides)
    show_chart(drawn(pair, palette()), key=key, alt="Parameters, time of an epoch and errors, tied and untied")
    st.caption(
        f"{plain(one.about()['name'])} and {plain(other.about()['name'])}: the same layers, a code of "
        f"{pair.code_size}, {pair.epochs} epochs, the same seed and images. Errors are {pair.unit}: of training the "
        f"mean over {pair.train_images:,} images as they were met in the last epoch, of test the mean over "
        f"{pair.test_images:,}. Times are as the runs recorded them, and depend on what else the machine was doing."
    )


def _pair(dataset: str) -> tuple[Run | None, Run | None, dict[str, Any] | None]:
    """The newest tied run with the newest that differs from it in nothing else, or alone; and its recipe."""
    from aecore.analysis.demonstrations.alike import apart_from

    runs = [(run, recipe, apart_from(recipe, "network.kind")) for run, recipe in finished(dataset)]
    untied = {same: run for run, recipe, same in reversed(runs) if recipe["parts"]["network"]["kind"] == "dense"}
    tied = [each for each in runs if each[1]["parts"]["network"]["kind"] == "tied"]
    for run, recipe, same in tied:
        if same in untied:
            return run, untied[same], recipe
    return (tied[0][0], None, tied[0][1]) if tied else (None, None, None)


def _what_is_missing(tied: Run | None, recipe: dict[str, Any]) -> None:
    untied = with_choice(recipe, "network", {"kind": "dense"})
    if tied is None:
        st.caption("Train two runs on these images, as it stands here and with the preset “Untied”, or from a shell:")
        how_to_train(recipe, untied)
    else:
        name = plain(tied.about()["name"])
        st.caption(
            f"{name} needs its untied partner, which differs in nothing else: the preset “Untied”, or in a shell"
        )
        how_to_train(untied)
