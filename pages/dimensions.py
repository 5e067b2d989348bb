"""What do codes of different methods and sizes keep of the neighbourhoods of the images?

Reads the experiments on dimensions: one's own and the one that ships. Starts, stops, resumes and deletes them as
`pages.shared.experiments` says.
"""

import math
from typing import TYPE_CHECKING

import streamlit as st

from aecore.data.catalog import datasets
from aecore.experiments.dimensions import DIMENSIONS, DimensionsSettings
from aecore.experiments.folder import Task
from pages.shared.charts import show_chart
from pages.shared.experiments import Form, Results, show_experiments
from pages.shared.frame import page
from pages.shared.matrix import Numbers, show_numbers
from pages.shared.theme import palette

if TYPE_CHECKING:
    from aecore.analysis.dimensions import Comparison, Row

FORM = Form(first=("sizes", "fitted", "measured", "epochs"))
ALT = "What codes keep of neighbourhoods against their size, a line for each method"
NEAR = 0.02  # of the accuracy of the pixels themselves


def show(task: Task, results: Results) -> None:
    """The chart, the table, how to read them, and how they were made."""
    from aecore.analysis.dimensions import Comparison, Row
    from aecore.plots.dimensions import dimension_curves

    settings = task.settings
    assert isinstance(settings, DimensionsSettings)
    known = {each.key: each for each in datasets()}
    images = min(settings.measured, known[task.dataset].test) if task.dataset in known else settings.measured
    comparison = Comparison(tuple(map(Row.from_dict, results)), task.dataset, images)
    if not comparison.fitted:
        st.caption("The first points appear in a moment.")
        return
    show_chart(dimension_curves(comparison, palette()), key=f"{DIMENSIONS.key}.curves", alt=ALT)
    k = comparison.neighbours
    accuracy = f"Accuracy: share of {images:,} test images whose class most of their {k} nearest codes have. "
    st.caption(
        (accuracy if comparison.measure == "accuracy" else "")
        + f"Trustworthiness: 1 when the {k} nearest codes belong to the {k} nearest images, about 0.5 by chance. "
        "Below the same in numbers."
    )
    _table(comparison)
    if comparison.runs:
        _runs(comparison)
    _read(comparison)
    _about(settings, comparison)


# --- in numbers


def _table(comparison: "Comparison") -> None:
    """A row for each method; accuracy, trustworthiness and time at each size."""
    from aecore.analysis.dimensions import Row

    accuracy = comparison.measure == "accuracy"
    groups = [*(["Accuracy, %"] if accuracy else []), "Trustworthiness", "Seconds"]
    shown = []
    for method in comparison.methods:
        # What is not measured yet is as empty as what cannot be.
        rows = [comparison.at(method, size) or Row(method, size) for size in comparison.sizes]
        values = [_percent(row.accuracy) for row in rows] if accuracy else []
        values += [_share(row.trustworthiness) for row in rows]
        values += [_seconds(row.seconds) for row in rows]
        fitted = sorted({row.fitted_on for row in rows if row.fitted_on})
        images_each = f"{' and '.join(f'{each:,}' for each in fitted)}\N{NO-BREAK SPACE}images" if fitted else ""
        shown.append(Numbers(method, images_each, values))
    heads = [f"{size:,}" for size in comparison.sizes] * len(groups)
    show_numbers(shown, heads, "What codes keep, by method and numbers per code", groups=groups)
    st.caption(
        "Columns are numbers per code. Below each method how many images it was fitted on; seconds to fit it and to "
        f"place the measured images, for autoencoders to train them.{_own_accuracy(comparison)}"
    )


def _own_accuracy(comparison: "Comparison") -> str:
    pixels = comparison.pixels
    if pixels is None or pixels.accuracy is None:
        return ""
    return f" The {pixels.size:,} pixels themselves have an accuracy of {_percent(pixels.accuracy)}\N{NO-BREAK SPACE}%."


def _runs(comparison: "Comparison") -> None:
    accuracy = comparison.measure == "accuracy"
    with st.expander(f"Finished runs ({len(comparison.runs)})"):
        show_numbers(
            [
                Numbers(
                    row.method,
                    f"{row.fitted_on:,}\N{NO-BREAK SPACE}images",
                    [
                        f"{row.size:,}",
                        *([_percent(row.accuracy)] if accuracy else []),
                        _share(row.trustworthiness),
                        _seconds(row.seconds),
                    ],
                )
                for row in comparison.runs
            ],
            ["Numbers per code", *(["Accuracy, %"] if accuracy else []), "Trustworthiness", "Seconds"],
            "What the codes of finished runs keep",
        )
        st.caption(
            "Runs that were finished when this was measured, trained on clean images of all classes without labels. "
            "Each was trained in its own way: it stands beside the methods and is no point of their lines."
        )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}" if value < 10 else f"{value:,.0f}"


# --- how to read it


def _read(comparison: "Comparison") -> None:
    """What a person should take from it, in the numbers of this experiment."""
    few, many = comparison.sizes[0], comparison.sizes[-1]
    said = [_short_codes(comparison, few), _autoencoders(comparison), _long_codes(comparison, many)]
    st.header("How to read it")
    st.write(" ".join(filter(None, said)) or "There is too little yet to compare.")


def _short_codes(comparison: "Comparison", size: int) -> str:
    """What methods that look for neighbours gain over PCA where there is little room."""
    from aecore.analysis.dimensions import PCA, TSNE, UMAP

    pca, *others = (_measured(comparison, method, size) for method in (PCA, UMAP, TSNE))
    there = [row for row in others if row is not None]
    if pca is None or not there:
        return ""
    gains = " and ".join(f"{row.method} {_said(comparison, row)} ({_gap(comparison, row, pca)})" for row in there)
    names = " and ".join(row.method for row in there)
    what = "an accuracy" if comparison.measure == "accuracy" else "a trustworthiness"
    return (
        f"With {_numbers(size)} PCA reaches {what} of {_said(comparison, pca)}, {gains}: PCA keeps the "
        f"directions of largest variance, {names} {'arrange' if len(there) > 1 else 'arranges'} neighbours."
    )


def _autoencoders(comparison: "Comparison") -> str:
    """At which sizes an autoencoder passes PCA, and by how much."""
    from aecore.analysis.dimensions import CLASSICAL, PCA

    leads = []
    for size in comparison.sizes:
        pca = _measured(comparison, PCA, size)
        coders = [row for row in _best_first(comparison, size) if row.method not in CLASSICAL]
        if pca is not None and coders:
            leads.append((size, coders[0], pca))
    if not leads:
        return ""
    passed = [f"{size:,}" for size, best, pca in leads if _value(comparison, best) > _value(comparison, pca)]
    if not passed:
        head = "No autoencoder passes PCA"
    elif len(passed) == len(leads) > 1:
        head = "An autoencoder passes PCA at every size"
    else:
        head = f"An autoencoder passes PCA with {' and '.join(passed)} numbers"
    each = ", ".join(f"{best.method} with {size:,} ({_gap(comparison, best, pca)})" for size, best, pca in leads)
    return f"{head}. The best one against PCA: {each}."


def _long_codes(comparison: "Comparison", size: int) -> str:
    """How many methods come near the pixels themselves where there is much room."""
    pixels, rows = comparison.pixels, _best_first(comparison, size)
    if comparison.measure != "accuracy" or pixels is None or len(rows) < 2:
        return ""
    near = sum(_value(comparison, row) >= _value(comparison, pixels) - NEAR for row in rows)
    return (
        f"With {_numbers(size)} {near or 'none'} of {len(rows)} methods {'comes' if near == 1 else 'come'} within "
        f"{100 * NEAR:.0f} percentage points of the {pixels.size:,} pixels themselves ({_said(comparison, pixels)}) "
        f"or {'passes' if near == 1 else 'pass'} them; the best is {rows[0].method} with {_said(comparison, rows[0])}."
    )


def _measured(comparison: "Comparison", method: str, size: int) -> "Row | None":
    row = comparison.at(method, size)
    return None if row is None or getattr(row, comparison.measure) is None else row


def _best_first(comparison: "Comparison", size: int) -> "list[Row]":
    found = [_measured(comparison, method, size) for method in comparison.methods]
    return sorted((row for row in found if row is not None), key=lambda row: -_value(comparison, row))


def _value(comparison: "Comparison", row: "Row") -> float:
    return float(getattr(row, comparison.measure))


def _said(comparison: "Comparison", row: "Row") -> str:
    value = _value(comparison, row)
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%" if comparison.measure == "accuracy" else f"{value:.3f}"


def _gap(comparison: "Comparison", row: "Row", other: "Row") -> str:
    gap = _value(comparison, row) - _value(comparison, other)
    said = f"{100 * gap:+.1f} points" if comparison.measure == "accuracy" else f"{gap:+.3f}"
    return said.replace("-", "−")


def _numbers(size: int) -> str:
    return "1 number" if size == 1 else f"{size:,} numbers"


# --- how it was made


def _about(settings: DimensionsSettings, comparison: "Comparison") -> None:
    from aecore.analysis.dimensions import CLASSICAL, UMAP

    notes: dict[str, list[str]] = {}
    for row in comparison.fitted:
        if row.method in CLASSICAL and row.note:
            notes.setdefault(row.method, []).append(row.note)
    if UMAP in comparison.methods:
        notes.setdefault(UMAP, []).append("The first time includes what it compiles at its first use.")
    st.caption(
        f"Each method was fitted once, from one seed{_spread(comparison)}; autoencoders were trained for "
        f"{settings.epochs:,} {'epoch' if settings.epochs == 1 else 'epochs'}. "
        + " ".join(f"{method}: {' '.join(dict.fromkeys(said))}" for method, said in notes.items())
    )
    commands = {row.note: None for row in comparison.fitted if row.method not in CLASSICAL and row.note}
    if commands:
        with st.expander("The autoencoders as commands"):
            st.code("\n".join(f"python -m aecore {each}" for each in commands), language="bash", wrap_lines=True)


def _spread(comparison: "Comparison") -> str:
    """How exact accuracies are, for so few images: two standard errors of the least certain one."""
    shares = [row.accuracy for row in comparison.fitted if row.accuracy is not None]
    if not shares:
        return ""
    most = max(2 * math.sqrt(each * (1 - each) / comparison.images) for each in shares)
    return (
        f", and {comparison.images:,} images tell an accuracy to within {100 * most:.1f} percentage points (two "
        "standard errors)"
    )


with page("Dimensions", "What do codes of different methods and sizes keep of the neighbourhoods of the images?"):
    show_experiments(DIMENSIONS, FORM, show)
