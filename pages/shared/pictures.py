"""Pixel images on a page: enlarged by nearest neighbour, with a hairline frame and a text for those who cannot see.

Many small images go to the browser as one HTML block; the styles use Streamlit's own theme variables, so that they
follow light and dark by themselves.
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

Pixels = npt.NDArray[np.uint8]

STYLE = """<style>
.lab-row { display: flex; flex-wrap: wrap; gap: 0.75rem 0.5rem; align-items: flex-start; margin: 0; }
.lab-row figure { margin: 0; text-align: center; }
.lab-row img { image-rendering: pixelated; display: block; width: var(--side); height: auto;
  border: 1px solid var(--st-border-color, #8886); border-radius: 2px; }
.lab-row figcaption { font-size: 0.8rem; line-height: 1.3; margin-top: 0.2rem; max-width: var(--side);
  opacity: 0.85; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
</style>"""


@dataclass(frozen=True)
class Picture:
    """uint8 pixels [channels, height, width], what is seen in them, and a caption below."""

    pixels: Pixels
    alt: str
    caption: str = ""


def show_pictures(pictures: Sequence[Picture], side: int = 96) -> None:
    """Pictures in a row that wraps, each `side` CSS pixels wide."""
    figures = "".join(
        f'<figure><img src="{data_uri(each.pixels)}" alt="{html.escape(each.alt)}">'
        + (f"<figcaption>{html.escape(each.caption)}</figcaption>" if each.caption else "")
        + "</figure>"
        for each in pictures
    )
    st.html(f'{STYLE}<div class="lab-row" style="--side: {side}px">{figures}</div>')


def data_uri(pixels: Pixels) -> str:
    """A PNG of uint8 pixels [channels, height, width], as an address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def png(pixels: Pixels) -> bytes:
    """A PNG file of uint8 pixels [channels, height, width]."""
    picture = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
