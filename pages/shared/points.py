"""The one picture that makes a variant's point, by the key the variant gives.

Each reads what is there (the data set, runs that are finished) and asks `aecore.analysis` once. Pictures that need
a run of the right kind take the newest one; where there is none they say which one to train.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.variants.variant import Variant
from pages.shared.charts import show_chart
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_weights
from pages.shared.pictures import Picture, show_pictures
from pages.shared.theme import palette

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.code_size import CodeSizePoint
    from aecore.runs.opened import OpenRun

SIDE = 72
NOISY = 6  # images under each kind of noise


def show_point(page: str, variant: Variant, dataset: str) -> None:
    """The picture of `variant`, on images of `dataset` where it needs some."""
    POINTS[variant.picture](f"{page}.point.{variant.key}", dataset)


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


def _code_sizes(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.code_size import code_size_curve
    from aecore.data.catalog import load
    from aecore.plots.quality import code_size_curve as drawn

    st.markdown("**Error against code size: shallow, deep, and principal components**")
    runs = Runs()
    fitting = [each for each in runs.list() if each.dataset == dataset and each.state == "finished"]
    if not st.toggle("Measure every finished run on the test images (a few seconds each)", key=f"{key}.measure"):
        fitting = []
    points = [_as_point(each, runs.get(each.id)) for each in fitting if not has_weights(each)]
    with st.spinner("Fitting the principal components, about 3 s …", show_time=True):
        curve = code_size_curve(load(dataset), points)
    show_chart(drawn(curve, palette()), key=key, alt="Squared error per test image against the size of the code")
    st.caption(f"Squared error, summed over pixels, mean over {curve.images:,} test images. {curve.note}")


def _as_point(summary: RunSummary, run: Run) -> "CodeSizePoint":
    return _measured(str(run.path), run.starter, weights_version(run), summary.name)


@st.cache_data(max_entries=64, show_spinner="Measuring a run on the test images …")
def _measured(path: str, starter: bool, version: int, name: str) -> "CodeSizePoint":
    from pathlib import Path

    from aecore.analysis.demonstrations.code_size import code_size_point
    from aecore.analysis.evaluate import evaluate

    opened = open_for_page(Run(Path(path), starter))
    return code_size_point(name, opened.recipe, evaluate(opened))


def _transposed(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.transposed import transposed_convolution
    from aecore.plots.demonstrations import transposed_convolution as drawn

    st.markdown("**A transposed convolution, step by step**")
    shown = transposed_convolution()
    step = st.slider("Step", 1, len(shown.steps), len(shown.steps), key=f"{key}.step")
    show_chart(
        drawn(shown, step - 1, palette()),
        key=key,
        alt=f"Input, its number {step} times the kernel, and the sum of all patches so far",
    )
    st.caption(
        "Every number of the small image is spread over a patch of the large one; where patches overlap they add up. "
        f"Kernel {shown.kernel.shape[0]}×{shown.kernel.shape[1]}, stride {shown.stride}, padding {shown.padding}."
    )


def _noises(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.noises import noise_kinds
    from aecore.data.catalog import load
    from aecore.plots.pictures import as_bytes

    st.markdown("**The same images under every kind of noise, at the same PSNR**")
    opened = _newest(lambda each: each.variant == "denoising" and each.dataset == dataset)
    images = load(dataset).test.images[:NOISY]
    shown = noise_kinds(images, trained={} if opened is None else {opened.run.about()["name"]: opened})
    st.caption(f"Original · every row below has about {shown.psnr_db:.1f} dB")
    show_pictures([Picture(each, f"Original {n + 1}") for n, each in enumerate(shown.original)], SIDE)
    for kind in shown.kinds:
        st.caption(f"{kind.title}, {kind.level:.2g} {kind.unit}, {kind.psnr_db:.1f} dB")
        show_pictures([Picture(each, f"{kind.title} {n + 1}") for n, each in enumerate(as_bytes(kind.corrupted))], SIDE)
        for name, restored in kind.reconstructions.items():
            st.caption(f"Reconstruction by {name}, {kind.reconstructed_psnr_db[name]:.1f} dB")
            show_pictures([Picture(each, f"Reconstruction {n + 1}") for n, each in enumerate(as_bytes(restored))], SIDE)
    if opened is None:
        st.caption("Train a denoising run on these images to see what it makes of each.")


def _draws(key: str, dataset: str) -> None:
    from aecore.analysis.demonstrations.draws import eight_draws
    from aecore.plots.demonstrations import eight_draws as drawn
    from aecore.plots.pictures import as_bytes

    st.markdown("**One image through the model eight times**")
    opened = _newest(lambda each: each.variant == "variational" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a variational run on these images to see it.")
        return
    test = opened.splits.test
    index = st.number_input("Test image", 0, len(test) - 1, 0, key=f"{key}.image")
    shown = eight_draws(opened, test.images[int(index)])
    pictures = [Picture(shown.original[0], "Original", "original")]
    pictures += [Picture(each, f"Draw {n + 1}", f"draw {n + 1}") for n, each in enumerate(as_bytes(shown.images))]
    show_pictures(pictures, SIDE)
    show_chart(drawn(shown, palette()), key=key, alt="The eight codes and the ellipse of one standard deviation")
    st.caption(f"The encoder of {opened.run.about()['name']} is sure of the code only up to this ellipse.")


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
