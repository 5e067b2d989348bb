"""Coarse styles of some images joined with fine styles of others."""

import streamlit as st

from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.words import plain

SIDE = 56


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.style_mixing import style_mixing, style_sizes
    from aecore.plots.pictures import as_bytes

    st.subheader("Coarse styles from the top row, fine styles from the left column", anchor=False)
    opened = newest(lambda each: each.variant == "stylegan" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a StyleGAN on these images: the styles of its samples can then be mixed here.")
        return
    sizes = style_sizes(opened)
    left, middle, right = st.columns(3)
    with left:
        level = st.select_slider(
            "Coarse styles up to",
            range(len(sizes) + 1),
            len(sizes) // 2,
            format_func=lambda each: sizes[each - 1] if each else "none",
            key=f"{key}.level.{opened.run.id}",
            help="The top row decides the sizes up to this one, the left column all larger ones.",
        )
    with middle:
        truncation = st.slider(
            "Truncation",
            0.0,
            1.5,
            1.0,
            0.1,
            key=f"{key}.truncation",
            help="Times the distance of every style from the mean: 0 is the mean style, 1 as trained.",
        )
    with right:
        seed = int(st.number_input("Samples", 0, 9999, 0, key=f"{key}.seed", help="Another number draws other codes."))
    shown = style_mixing(opened, int(level), float(truncation), seed=seed)
    top = [Picture(each, f"Coarse {n + 1}") for n, each in enumerate(as_bytes(shown.coarse))]
    rows = [Row("Coarse styles", ["", *top])]
    for i, (own, mixed) in enumerate(zip(as_bytes(shown.fine), shown.mixed, strict=True)):
        cells = [Picture(each, f"Coarse {j + 1} with fine {i + 1}") for j, each in enumerate(as_bytes(mixed))]
        rows.append(Row("Fine styles" if i == 0 else "", [Picture(own, f"Fine {i + 1}"), *cells]))
    show_matrix(rows, [], "Images with mixed styles", side_for(shown.mixed.shape[-1], SIDE))
    st.caption(
        f"Drawn by {plain(opened.run.about()['name'])}, with the same noise everywhere. Each image inside the table "
        "has the coarse styles of the one above it and the fine styles of the one on its left."
    )
