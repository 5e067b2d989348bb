"""The same styles written in every class."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.matrix import side_for
from pages.shared.pictures import Picture, Pixels, show_named_rows
from pages.shared.points import newest
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.trained import Floats

SIDE = 56
STYLES = 6


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.class_grid import class_grid
    from aecore.plots.pictures import as_bytes

    st.subheader("One style in every class", anchor=False)
    opened = newest(lambda each: each.variant == "conditional" and each.dataset == dataset)
    if opened is None:
        st.caption(
            "Train a conditional run on images with classes: each row is then one style, written in every class."
        )
        return
    columns = st.columns(2)
    seed = columns[0].number_input("Other styles", 0, 999, 0, key=f"{key}.seed.{opened.run.id}")
    truncation = columns[1].slider(
        "Truncation",
        0.0,
        1.0,
        1.0,
        0.05,
        key=f"{key}.truncation",
        help="Below 1 the styles are nearer to the usual one.",
    )
    shown = class_grid(opened, STYLES, truncation, int(seed))

    def named(images: "Floats") -> Iterator[tuple[Pixels, str]]:
        return zip(as_bytes(images), shown.class_names, strict=True)

    rows = {
        f"Style {n + 1}": [Picture(each, f"style {n + 1} as {name}", name) for each, name in named(images)]
        for n, images in enumerate(shown.images)
    }
    show_named_rows(rows, side_for(shown.images.shape[4], SIDE))
    st.caption(
        f"Drawn by {plain(opened.run.about()['name'])}. The pictures of a row share the numbers of the code that are "
        "drawn and differ only in the class that the decoder is told."
    )
