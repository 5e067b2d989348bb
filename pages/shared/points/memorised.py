"""Known by heart: two errors drift apart, and whatever comes out is a training image."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.matrix import Row, digits, show_matrix, side_for
from pages.shared.opened import weights_version
from pages.shared.pictures import Picture
from pages.shared.points import how_to_train, newest, usual_recipe
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.memorised import Memorised, Nearest
    from aecore.runs.opened import OpenRun

SIDE = 56


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.greedy_stages import error_of
    from aecore.plots.memorised import two_errors

    st.subheader("Known by heart: the training images, and nothing else", anchor=False)
    opened = newest(lambda each: each.variant == "memorising" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a memorising run on these images, as it stands here or from a shell:")
        how_to_train(usual_recipe("memorising", dataset))
        return
    shown = _memorised(opened.run.id, weights_version(opened.run), opened)
    show_chart(
        two_errors(opened.run.metrics(), error_of(opened.recipe.to_dict()), palette()),
        key=f"{key}.errors",
        alt="Error of training and of validation images against epochs",
    )
    st.caption(
        f"{plain(opened.run.about()['name'])}, trained on {shown.train_images:,} images. Both errors are means over "
        "images as the run recorded them."
    )
    _outputs(shown)
    _walk(shown)


def _outputs(shown: "Memorised") -> None:
    from aecore.plots.pictures import as_bytes

    outputs = as_bytes(shown.outputs.images)
    rows = [
        Row("Test image", [Picture(each, f"Test image {n + 1}") for n, each in enumerate(shown.test)]),
        Row(
            "Output",
            [Picture(each, f"Output {n + 1}", digits(float(shown.output_errors[n]))) for n, each in enumerate(outputs)],
            "error against the test image",
        ),
        _nearest_row(shown.outputs, "against the output"),
    ]
    show_matrix(rows, [], "Test images, outputs, and the nearest training images", side_for(shown.test.shape[3], SIDE))
    st.caption(
        "Squared error, summed over pixels. A training image and the nearest other one differ by "
        f"{digits(shown.between)} on average."
    )


def _walk(shown: "Memorised") -> None:
    from aecore.plots.pictures import as_bytes

    st.subheader("A walk along the code", anchor=False)
    images = as_bytes(shown.walk.images)
    rows = [
        Row("Decoded", [Picture(each, f"Step {n + 1}", digits(float(shown.codes[n]))) for n, each in enumerate(images)],
            "at the code below"),
        _nearest_row(shown.walk, "against the decoded"),
    ]  # fmt: skip
    show_matrix(rows, [], "Decoded codes and the nearest training images", side_for(shown.test.shape[3], SIDE))
    seen = len(set(shown.walk.indices.tolist()))
    st.caption(
        f"{len(images)} equal steps from the first training image's code to the last: {seen} different training images "
        f"are met. The mean distance to the nearest is {digits(float(shown.walk.errors.mean()))}."
    )


def _nearest_row(found: "Nearest", note: str) -> Row:
    pictures = [
        Picture(each, f"Training image {found.indices[n] + 1}", digits(float(found.errors[n])))
        for n, each in enumerate(found.nearest)
    ]
    return Row("Nearest training image", pictures, f"error {note}")


@st.cache_data(max_entries=8, show_spinner="Looking for the nearest training images, about a second …")
def _memorised(run_id: str, version: int, _opened: "OpenRun") -> "Memorised":
    from aecore.analysis.demonstrations.memorised import memorised

    return memorised(_opened)
