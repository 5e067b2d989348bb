"""The one picture that makes a variant's point, by the key the variant gives.

Each reads what is there (the data set, runs that are finished) and asks `aecore.analysis` once. Pictures that need
a run of the right kind take the newest one; where there is none they say which one to train.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from aecore.errors import LabError
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary, text
from aecore.variants.catalog import VARIANTS
from aecore.variants.variant import Variant
from pages.shared.charts import show_chart
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_weights
from pages.shared.pictures import Picture, show_pictures
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.noises import NoiseKind, NoiseKinds
    from aecore.runs.opened import OpenRun

SIDE = 64
NOISY = 8  # images under each kind of noise
MOST_RUNS = 24  # measured for the curve, the newest
NO_POINTS = "Finished runs on these images become points."
DRAWN_STEP = 5  # of the transposed convolution, where patches begin to overlap in all directions


def show_point(page: str, variant: Variant, dataset: str) -> None:
    """The picture of `variant`, on images of `dataset` where it needs some."""
    POINTS[variant.picture](f"{page}.point.{variant.key}", dataset)


# --- simple


def _losses(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.losses import loss_comparison
    from aecore.plots.demonstrations import loss_comparison as drawn

    st.markdown("**What one pixel costs: squared error against cross-entropy**")
    show_chart(
        drawn(loss_comparison(), palette()),
        key=key,
        alt="Loss of one pixel and its slope against the prediction, for both losses and three targets",
    )
    st.caption(
        "Where a pixel is confidently wrong, the squared error's slope vanishes behind the sigmoid and nothing is "
        "learned; that of the cross-entropy does not."
    )


# --- deep


def _code_sizes(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.code_size import CodeSizePoint, code_size_curve
    from aecore.data.catalog import load
    from aecore.plots.quality import code_size_curve as drawn

    st.markdown("**Error against code size: shallow, deep, and principal components**")
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


# --- convolutional


def _transposed(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.transposed import transposed_convolution
    from aecore.plots.demonstrations import transposed_convolution as drawn

    st.markdown("**A transposed convolution, step by step**")
    shown = transposed_convolution()
    step = st.slider("Step", 1, len(shown.steps), DRAWN_STEP, key=f"{key}.step")
    show_chart(
        drawn(shown, step - 1, palette()),
        key=key,
        alt=f"Input, its number {step} times the kernel, and the sum of all patches so far",
    )
    st.caption(
        "Every number of the small image is spread over a patch of the large one; where patches overlap they add up. "
        f"Kernel {shown.kernel.shape[0]}×{shown.kernel.shape[1]}, stride {shown.stride}, padding {shown.padding}: "
        "what lies in the padding is cut off."
    )


# --- denoising


def _noises(key: str, dataset: str) -> None:
    st.markdown("**The same images under every kind of noise, at the same PSNR**")
    opened = _newest(lambda each: each.variant == "denoising" and each.dataset == dataset)
    name = "" if opened is None else opened.run.about()["name"]
    version = 0 if opened is None else weights_version(opened.run)
    shown = _noise_kinds(dataset, "" if opened is None else opened.run.id, version, opened)
    rows = [Row("Original", [Picture(each, f"Original {n + 1}") for n, each in enumerate(shown.original)])]
    for kind in shown.kinds:
        rows += _noise_rows(kind)
    side = side_for(shown.original.shape[3], SIDE)
    show_matrix(rows, [], "Images under every kind of noise, and their reconstructions", side)
    st.caption(
        f"PSNR over these {len(shown.original)} test images. "
        + (
            f"Reconstructions by {plain(name)}."
            if name
            else "Train a denoising run on them to see what it makes of each."
        )
    )


def _noise_rows(kind: "NoiseKind") -> list[Row]:
    from aecore.plots.pictures import as_bytes

    title = f"{kind.title} {kind.level:.2g} {kind.unit}"
    corrupted = [Picture(each, f"{kind.title} {n + 1}") for n, each in enumerate(as_bytes(kind.corrupted))]
    rows = [Row(title, corrupted, f"{kind.psnr_db:.1f} dB")]
    for name, restored in kind.reconstructions.items():
        pictures = [Picture(each, f"Reconstruction {n + 1}") for n, each in enumerate(as_bytes(restored))]
        rows.append(Row("Reconstruction", pictures, f"{kind.reconstructed_psnr_db[name]:.1f} dB"))
    return rows


@st.cache_data(max_entries=8, show_spinner="Adding noise, about a second …")
def _noise_kinds(dataset: str, run_id: str, version: int, _opened: "OpenRun | None") -> "NoiseKinds":
    from aecore.analysis.demonstrations.noises import noise_kinds
    from aecore.data.catalog import load

    images = load(dataset).test.images[:NOISY]
    return noise_kinds(images, trained={} if _opened is None else {run_id: _opened})


# --- variational


def _draws(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.draws import eight_draws
    from aecore.plots.demonstrations import eight_draws as drawn
    from aecore.plots.pictures import as_bytes

    st.markdown("**One image through the model eight times**")
    opened = _newest(lambda each: each.variant == "variational" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a variational run on these images: it draws another code, and so another image, each time.")
        return
    test = opened.splits.test
    index = st.number_input("Test image", 0, len(test) - 1, 0, key=f"{key}.image.{opened.run.id}")
    shown = eight_draws(opened, test.images[int(index)])
    pictures = [Picture(shown.original[0], "Original", "original")]
    pictures += [Picture(each, f"Draw {n + 1}", f"draw {n + 1}") for n, each in enumerate(as_bytes(shown.images))]
    show_pictures(pictures, side_for(shown.original.shape[3], SIDE))
    show_chart(drawn(shown, palette()), key=key, alt="The eight codes and the ellipses of one and two deviations")
    st.caption(
        f"The encoder of {plain(opened.run.about()['name'])} gives no single code but this cloud, "
        "from which one is drawn each time."
    )


def _newest(fits: Callable[[RunSummary], bool]) -> "OpenRun | None":
    """The newest run that fits and has weights."""
    runs = Runs()
    found = next((each for each in runs.list() if fits(each) and not has_weights(each)), None)
    return None if found is None else open_for_page(runs.get(found.id))


POINTS: dict[str, Callable[[str, str], None]] = {
    "loss_comparison": _losses,
    "code_size_curve": _code_sizes,
    "transposed_convolution": _transposed,
    "noise_kinds": _noises,
    "eight_draws": _draws,
}
