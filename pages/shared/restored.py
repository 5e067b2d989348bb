"""What Enlarge and Denoise share: how a model is shown a picture, waiting for its answer, how far pictures are from the
one that is known, and the file to take away.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.shared.background import Progress
from pages.shared.matrix import Numbers, decibels, digits, show_numbers

if TYPE_CHECKING:
    from aecore.analysis.restoring.files import Made

Pixels = npt.NDArray[np.uint8]
Scores = dict[str, tuple[float, float]]  # PSNR in dB and SSIM of each method

FORMATS = {"png": "PNG", "webp": "WebP, lossless", "jpeg": "JPEG"}


def pick_orientations(key: str) -> int:
    """In how many orientations the model is shown a picture: 1 or 8."""
    averaged = st.toggle(
        "Average eight views (8 × the time)",
        key=f"{key}.orientations",
        help="The model is shown the picture upright, turned and mirrored, and its eight answers are averaged: about "
        "0.1 dB nearer to the truth, and the same whichever way the picture is held. Takes 8 times as long.",
    )
    return 8 if averaged else 1


@contextmanager
def progress_shown(waiting: str) -> Iterator[Progress]:
    """A bar while something is made here; whoever changes a choice meanwhile breaks it off."""
    bar = st.progress(0.0, waiting)

    def tell(done: float) -> None:
        bar.progress(min(done, 1.0), waiting)

    try:
        yield tell
    finally:
        bar.empty()


def scores_of(known: Pixels, pictures: Mapping[str, Pixels], border: int) -> Scores:
    """PSNR and SSIM of the luma of each picture against the one that is known, less a border of so many pixels."""
    from aecore.analysis.restoring.protocol import luma_scores

    return {name: luma_scores(known, each, border) for name, each in pictures.items()}


def show_scores(scores: Scores, over: str, label: str) -> None:
    """A table of them; `over` says what they are means over."""
    rows = [
        Numbers("PSNR", f"dB, luma, {over}", [decibels(psnr) for psnr, _ in scores.values()]),
        Numbers("SSIM", f"1 is equal, {over}", [digits(ssim) for _, ssim in scores.values()]),
    ]
    show_numbers(rows, list(scores), label)


def offer(made: "Made", name: str, ending: str, kind: str, key: str) -> None:
    """The button that takes a file away, named after the upload with `ending`."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    st.download_button(
        f"Download, {len(made.content) / 1e6:,.2f} MB",
        made.content,
        f"{stem}-{ending}.{'jpg' if kind == 'jpeg' else kind}",
        icon=":material/download:",
        key=key,
    )
