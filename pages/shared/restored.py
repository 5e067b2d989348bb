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

FORMATS = {"png": "PNG", "webp": "WebP, lossless", "jpeg": "JPEG"}


def show_scores(known: Pixels, pictures: Mapping[str, Pixels], border: int, over: str, label: str) -> None:
    """PSNR and SSIM of the luma of each picture against the one that is known, less a border of so many pixels."""
    from aecore.analysis.restoring.protocol import luma_scores

    scores = [luma_scores(known, each, border) for each in pictures.values()]
    rows = [
        Numbers("PSNR", f"dB, luma, {over}", [decibels(psnr) for psnr, _ in scores]),
        Numbers("SSIM", f"1 is equal, {over}", [digits(ssim) for _, ssim in scores]),
    ]
    show_numbers(rows, list(pictures), label)


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
