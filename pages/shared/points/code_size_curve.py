"""Error against code size."""

import streamlit as st

from aecore.errors import LabError
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary, text
from aecore.variants.catalog import VARIANTS
from pages.shared.charts import show_chart
from pages.shared.opened import weights_version
from pages.shared.pickers import has_weights
from pages.shared.theme import palette

MOST_RUNS = 24  # measured for the curve, the newest
NO_POINTS = "Finished runs on these images become points."


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.code_size import CodeSizePoint, code_size_curve
    from aecore.data.catalog import load
    from aecore.plots.quality import code_size_curve as drawn

    st.subheader("Error against code size: shallow, deep, and principal components", anchor=False)
    runs = Runs()
    comparable = [each for each in runs.list() if _is_comparable(each, dataset) and _sees_all(runs.get(each.id))]
    with st.spinner("Measuring runs on the test images, about a second each …", show_time=True):
        measured = [(each, _error(runs.get(each.id))) for each in comparable[:MOST_RUNS]]
    best: dict[tuple[str, int], CodeSizePoint] = {}
    for each, error in measured:
        known = best.get((each.variant, each.latent))
        if error is not None and (known is None or error < known.sse_per_image):
            title = VARIANTS[each.variant].title
            best[each.variant, each.latent] = CodeSizePoint(each.name, title, each.latent, error)
    points = list(best.values())
    with st.spinner("Fitting the principal components, about 3 s …", show_time=True):
        curve = code_size_curve(load(dataset), points)
    show_chart(drawn(curve, palette()), key=key, alt="Squared error per test image against the size of the code")
    st.caption(
        f"Squared error, summed over pixels, mean over {curve.images:,} test images. {curve.note} "
        + ("Points are finished runs, the best of each variant and size." if points else NO_POINTS)
    )


def _is_comparable(summary: RunSummary, dataset: str) -> bool:
    return summary.dataset == dataset and summary.state == "finished" and not has_weights(summary)


def _sees_all(run: Run) -> bool:
    """Whether it was trained on clean images of all classes, as the principal components are."""
    try:
        recipe = run.recipe_values()
    except LabError:
        return False
    data = recipe.get("data")
    return text(recipe, "parts", "corruption", "kind") == "none" and isinstance(data, dict) and not data.get("classes")


def _error(run: Run) -> float | None:
    return _measured(str(run.path), run.starter, weights_version(run))


@st.cache_data(max_entries=256, show_spinner=False)
def _measured(path: str, starter: bool, version: int) -> float | None:
    """Squared error per test image; None for a run that cannot be measured on the images of the others."""
    from pathlib import Path

    from aecore.analysis.reconstruct import image_errors
    from aecore.runs.opened import open_run

    try:
        opened = open_run(Run(Path(path), starter))
    except LabError:
        return None
    return None if opened.fallback_note else float(image_errors(opened).mean())
