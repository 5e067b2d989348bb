"""Filters of overcomplete runs side by side, and a linear probe's accuracy on their codes."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.charts import show_chart
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pictures import Picture, show_pictures
from pages.shared.points import finished, how_to_train, usual_recipe, with_choice
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.overcomplete_filters import Probed

MOST_RUNS = 3
FREE = "no constraint"


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.overcomplete_filters import shown_filters

    st.subheader("Filters of the first layer, and what the codes are good for", anchor=False)
    runs = _by_constraint(dataset)
    for column, (title, (run, _)) in zip(st.columns(len(runs) or 1), runs.items(), strict=False):
        shown = shown_filters(title, open_for_page(run))
        with column:
            st.markdown(f"**{title.capitalize()}**")
            show_pictures([Picture(each, f"Filter {n + 1}, {title}") for n, each in enumerate(shown.pictures)], 28)
            st.caption(
                f"{plain(run.about()['name'])}: {shown.latent:,} numbers for {shown.pixels:,} pixels. Of "
                f"{shown.units:,} filters the {len(shown.pictures)} with the largest weights; grey is 0."
            )
    _what_is_missing(runs, dataset)
    if runs:
        _probe(key, runs, dataset)


def _by_constraint(dataset: str) -> dict[str, tuple[Run, dict[str, Any]]]:
    """The newest overcomplete run for each constraint; the one without any comes first."""
    from aecore.analysis.demonstrations.overcomplete_filters import constraint_of

    found: dict[str, tuple[Run, dict[str, Any]]] = {}
    for run, recipe in finished(dataset):
        if recipe["variant"] == "overcomplete":
            found.setdefault(constraint_of(recipe), (run, recipe))
    return dict(sorted(found.items(), key=lambda each: each[0] != FREE)[:MOST_RUNS])


def _what_is_missing(runs: dict[str, tuple[Run, dict[str, Any]]], dataset: str) -> None:
    usual = next(iter(runs.values()))[1] if runs else usual_recipe("overcomplete", dataset)
    if FREE not in runs:
        st.caption("Not there yet: a run without a constraint, the preset of that name, or from a shell:")
        how_to_train({**usual, "parts": {**usual["parts"], "corruption": {"kind": "none"}}})
    if not set(runs) - {FREE}:
        st.caption("Not there yet: a run with noise, as it stands here, or from a shell:")
        how_to_train(with_choice(usual_recipe("overcomplete", dataset), "corruption", {}))


def _probe(key: str, runs: dict[str, tuple[Run, dict[str, Any]]], dataset: str) -> None:
    from aecore.plots.quality import bars

    names = tuple((title, str(run.path), run.starter, weights_version(run)) for title, (run, _) in runs.items())
    if not st.toggle("Linear probe", key=f"{key}.probe", help="Takes about half a minute the first time."):
        return
    found = _probed(names, dataset)
    if not found:
        st.caption("These images have no classes, so there is nothing that a probe could tell apart.")
        return
    shares = {each.title: 100 * each.probe.accuracy for each in found}
    own = max((each for each in found if each.title.startswith("codes")), key=lambda each: each.probe.accuracy)
    show_chart(
        bars(shares, "test images told right, %", palette(), own.title),
        key=f"{key}.accuracy",
        alt="Accuracy of a linear probe on codes, pixels and principal components",
    )
    first = found[0].probe
    st.caption(
        f"Logistic regression fitted on {first.train_images:,} labelled training images, its regularisation chosen on "
        f"{first.validation_images:,} validation images, measured on {first.test_images:,} test images. "
        f"Numbers per image: {', '.join(f'{each.title} {each.probe.size:,}' for each in found)}."
    )


@st.cache_data(max_entries=8, show_spinner="Fitting the probes, about half a minute …", show_time=True)
def _probed(names: tuple[tuple[str, str, bool, int], ...], dataset: str) -> "tuple[Probed, ...]":
    from pathlib import Path

    from aecore.analysis.demonstrations.overcomplete_filters import probed
    from aecore.data.catalog import load

    splits = load(dataset)
    if not splits.classes:
        return ()
    opened = [(title, open_for_page(Run(Path(path), starter))) for title, path, starter, _ in names]
    return probed(opened, splits)
