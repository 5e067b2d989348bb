"""Three ways to a sparse code, compared at the same number of units in use."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aecore.errors import LabError
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary, text
from pages.shared.charts import show_chart
from pages.shared.matrix import Numbers, digits, show_numbers
from pages.shared.opened import weights_version
from pages.shared.pickers import has_encoder
from pages.shared.points import newest
from pages.shared.theme import palette

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.sparse_codes import SparseCodes
    from aecore.runs.opened import OpenRun

WAYS = {
    ("sigmoid", "l1"): "L1",
    ("sigmoid", "kl_rate"): "KL to a target rate",
    ("top_k", "none"): "Top-k",
}


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.plots.sparsity import error_by_activity, histograms

    st.subheader("Does L1 make the code sparse? Three ways at the same number of units in use", anchor=False)
    found = {title: newest(partial(_fits, dataset, way)) for way, title in WAYS.items()}
    runs = {title: opened for title, opened in found.items() if opened is not None}
    missing = [title for title, opened in found.items() if opened is None]
    if missing:
        st.caption(f"Train a sparse run on these images with {_listed(missing)}, and it is compared here.")
    if not runs:
        return
    shown = _compared(tuple((title, each.run.id, weights_version(each.run)) for title, each in runs.items()), runs)
    left, right = st.columns(2)
    with left:
        show_chart(
            histograms(shown, palette()),
            key=f"{key}.histogram",
            alt="How often activations of each size occur, one curve for each way",
        )
    with right:
        show_chart(
            error_by_activity(shown, palette()),
            key=f"{key}.error",
            alt="Squared error against the number of units that an image may use, with principal components",
        )
    _table(shown)


def _fits(dataset: str, way: tuple[str, str], summary: RunSummary) -> bool:
    if summary.dataset != dataset or summary.state != "finished" or has_encoder(summary):
        return False
    try:
        recipe = Runs().get(summary.id).recipe_values()
    except LabError:
        return False
    return way == (text(recipe, "parts", "bottleneck", "kind"), text(recipe, "parts", "penalty", "kind"))


def _listed(titles: list[str]) -> str:
    *first, last = (f"“{each}”" for each in titles)
    return f"{', '.join(first)} and {last}" if first else last


def _table(shown: "SparseCodes") -> None:
    over = f"{shown.images:,} test images"
    seen = [each.sparsity for each in shown.runs]
    share = f"{100 * seen[0].share:.0f} % of the run's largest activation"
    rows = [
        Numbers("Active units", f"above {share}, mean over {over}", [digits(each.active_per_image) for each in seen]),
        Numbers("Dead units", f"never above it, of {_sizes(shown)}", [f"{len(each.dead):,}" for each in seen]),
        Numbers("Lifetime sparsity", "0 to 1, mean over living units", [digits(each.lifetime_mean) for each in seen]),
        Numbers(
            "Squared error", f"summed over pixels, mean over {over}", [digits(float(r.errors[-1])) for r in shown.runs]
        ),
    ]
    for count in (8, 16, 32):
        if all(count in run.kept for run in shown.runs):
            at = [digits(float(run.errors[list(run.kept).index(count)])) for run in shown.runs]
            rows.append(Numbers(f"Squared error, {count} units", "all others at their median", at))
    show_numbers(rows, [each.name for each in shown.runs], "Sparsity and error of the ways to a sparse code")
    st.caption(
        "An activation's size means nothing by itself: larger weights of the decoder make up for it. So a unit is "
        f"counted as active relative to the largest activation. PCA: {shown.note}"
    )


def _sizes(shown: "SparseCodes") -> str:
    sizes = sorted({each.sparsity.units for each in shown.runs})
    return " or ".join(f"{each:,}" for each in sizes)


@st.cache_data(max_entries=8, show_spinner="Measuring the runs, a few seconds …")
def _compared(which: tuple[tuple[str, str, int], ...], _runs: "dict[str, OpenRun]") -> "SparseCodes":
    from aecore.analysis.demonstrations.sparse_codes import sparse_codes

    return sparse_codes(_runs)
