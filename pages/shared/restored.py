"""What Enlarge and Denoise share: how far pictures are from the one that is known, and the file to take away."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.shared.matrix import Numbers, decibels, digits, show_numbers

if TYPE_CHECKING:
    from aecore.analysis.restoring.files import Made

Pixels = npt.NDArray[np.uint8]
Scores = dict[str, tuple[float, float]]  # PSNR in dB and SSIM of each method

FORMATS = {"png": "PNG", "webp": "WebP, lossless", "jpeg": "JPEG"}


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
