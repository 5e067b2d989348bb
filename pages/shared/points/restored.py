"""Images that lost something, and what a network that was trained to restore them gives back."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.opened import weights_version
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.restored import Level, RestoredLevels
    from aecore.runs.opened import OpenRun

SIDE = 96
SHOWN = 6


def show(key: str, dataset: str) -> None:
    """The picture, by the newest run of the variant on this data set."""
    variant = key.rpartition(".")[2]
    st.subheader("What was lost, and what is given back", anchor=False)
    opened = newest(lambda each: each.variant == variant and each.dataset == dataset)
    if opened is None:
        st.caption("Train this variant on this data set to see what it gives back.")
        return
    shown = _restored(dataset, opened.run.id, weights_version(opened.run), opened)
    rows = [Row("Original", [Picture(each, f"Original {n + 1}") for n, each in enumerate(shown.original)])]
    for level in shown.levels:
        rows += _rows(shown, level)
    side = side_for(shown.original.shape[3], SIDE)
    show_matrix(rows, [], "Images, what was left of them, and what the network gives back", side)
    st.caption(f"PSNR over these {len(shown.original)} test images. By {plain(opened.run.about()['name'])}.")


def _rows(shown: "RestoredLevels", level: "Level") -> list[Row]:
    from aecore.plots.pictures import as_bytes

    said = f"{shown.title} {level.strength:.2g} {shown.unit}"
    guess = "" if level.estimate is None else f", estimated {level.estimate:.2f}"
    return [
        Row(
            said,
            [Picture(each, f"{said}, {n + 1}") for n, each in enumerate(as_bytes(level.corrupted))],
            f"{level.corrupted_db:.2f} dB",
        ),
        Row(
            "Restored",
            [Picture(each, f"Restored {n + 1}") for n, each in enumerate(as_bytes(level.restored))],
            f"{level.restored_db:.2f} dB{guess}",
        ),
    ]


@st.cache_data(max_entries=8, show_spinner="Restoring images …")
def _restored(dataset: str, run_id: str, version: int, _opened: "OpenRun") -> "RestoredLevels":
    from aecore.analysis.demonstrations.restored import restored_levels

    return restored_levels(_opened, _opened.splits.test.images[:SHOWN])
