"""Pixel images on a page: enlarged by nearest neighbour, with a hairline frame and a text for those who cannot see.

Many small images go to the browser as one HTML block, whose styles follow light and dark by themselves.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from pages.shared.theme import CSS_VARIABLES

Pixels = npt.NDArray[np.uint8]

STYLE = (
    f"<style>:root {{ {CSS_VARIABLES}}}"
    + """
.lab-name { font-size: 0.75rem; line-height: 1.3; margin: 0.35rem 0 0.15rem; opacity: 0.85; }
.lab-row { display: flex; flex-wrap: wrap; gap: 0.75rem 0.5rem; align-items: flex-start; margin: 0; }
.lab-row figure { margin: 0; text-align: center; width: var(--side); }
.lab-row img { image-rendering: pixelated; display: block; width: 100%; height: auto; box-sizing: border-box;
  outline: 1px solid var(--lab-hairline); }
.lab-row figcaption { font-size: 0.8rem; line-height: 1.3; margin-top: 0.2rem; opacity: 0.85;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.lab-columns { max-width: calc(var(--columns) * (var(--side) + 0.5rem)); }
@media (max-width: 640px) { .lab-columns { max-width: calc(4 * (var(--side) + 0.5rem)); } }
.lab-row .lab-chosen img { outline: 3px solid var(--lab-accent); }
.lab-row .lab-chosen figcaption { font-weight: 600; opacity: 1; }
</style>"""
)


@dataclass(frozen=True)
class Picture:
    """uint8 pixels [channels, height, width], what is seen in them, a caption below and a hint under the pointer."""

    pixels: Pixels
    alt: str
    caption: str = ""
    hint: str = ""
    chosen: bool = False  # in a thicker frame of the accent's colour


def show_pictures(pictures: Sequence[Picture], side: int = 96, columns: int = 0) -> None:
    """Pictures in rows that wrap, each `side` CSS pixels wide; at most `columns` in a row, 4 on a phone."""
    st.html(STYLE + rows_of("".join(map(figure, pictures)), side, columns))


def rows_of(figures: str, side: int, columns: int = 0) -> str:
    """Figures in rows, as `show_pictures` arranges them: HTML."""
    row = f'<div class="lab-row" style="--side: {side}px">{figures}</div>'
    if not columns:
        return row
    return f'<div class="lab-columns" style="--columns: {columns}; --side: {side}px">{row}</div>'


def show_named_rows(rows: Mapping[str, Sequence[Picture]], side: int) -> None:
    """Rows of pictures, each with its name above it."""
    named = (
        f'<div class="lab-name">{html.escape(name)}</div>{rows_of("".join(map(figure, each)), side)}'
        for name, each in rows.items()
    )
    st.html(STYLE + "".join(named))


def data_uri(pixels: Pixels) -> str:
    """A PNG of uint8 pixels [channels, height, width], as an address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def png(pixels: Pixels) -> bytes:
    """A PNG file of uint8 pixels [channels, height, width]."""
    picture = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def figure(picture: Picture, press: int | None = None) -> str:
    """A picture with what is said of it: HTML. With `press` it is a button of that number."""
    hint = f' title="{html.escape(picture.hint)}"' if picture.hint else ""
    caption = f"<figcaption>{html.escape(picture.caption)}</figcaption>" if picture.caption else ""
    hint += ' class="lab-chosen"' if picture.chosen else ""
    image = f'<img src="{data_uri(picture.pixels)}" alt="{html.escape(picture.alt)}">'
    if press is not None:
        pressed = str(picture.chosen).lower()
        image = f'<button type="button" data-press="{press}" aria-pressed="{pressed}">{image}</button>'
    return f"<figure{hint}>{image}{caption}</figure>"
