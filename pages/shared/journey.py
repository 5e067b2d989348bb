"""The idea of an autoencoder in one picture: an image, the place of its code on a plane, and what is decoded there.

original  -- encoder -->  map of codes with the one of this image  -- decoder -->  reconstruction
"""

import base64
import html

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.browser.colours import Colours, class_colour
from aecore.training.events import Array, Preview
from pages.shared.pictures import Pixels, data_uri
from pages.shared.theme import CSS_VARIABLES

Labels = npt.NDArray[np.int64]

MOST_POINTS = 2000
MOST_NAMED = 12  # classes; the names of more would cover the points
SHOWN = (0.5, 99.5)  # percentiles of the codes that the map shows: a stray one must not shrink the others
MARGIN = 0.05
WIDTH, HEIGHT = 280, 210
LETTER, LINE = 7.6, 12.0  # about the size of the letters of a name

STYLE = (
    f"<style>:root {{ {CSS_VARIABLES}}}"
    + """
.lab-journey { display: grid; grid-template: "original encoder map decoder reconstruction" / 3fr 2fr 8fr 2fr 3fr;
  align-items: center; max-width: 680px; font-size: 0.8rem; line-height: 1.3; text-align: center; }
.lab-journey figure { margin: 0; }
.lab-journey figcaption { margin-top: 0.25rem; }
.lab-journey img { display: block; width: 100%; height: auto; outline: 1px solid var(--lab-hairline); }
.lab-journey .lab-pixels { image-rendering: pixelated; }
.lab-journey .lab-arrow { padding: 0 0.3rem; }
.lab-journey i { display: block; height: 0.6rem; margin-top: 0.2rem; background: currentColor; opacity: 0.75;
  clip-path: polygon(0 42%, 86% 42%, 86% 0, 100% 50%, 86% 100%, 86% 58%, 0 58%); }
@media (max-width: 640px) {
  .lab-journey { grid-template: "map map map map" "original encoder decoder reconstruction" / 3fr 2fr 2fr 3fr;
    row-gap: 0.5rem; }
  .lab-journey .lab-plane { width: 80%; margin: 0 auto; }
}
</style>"""
)


def show_journey(preview: Preview, labels: Labels | None, names: tuple[str, ...], colours: Colours) -> None:
    """One typical image of a run with a code of two numbers, on its way through the model."""
    index = typical(preview)
    drawn = code_map_uri(preview.codes, labels, names, colours, marked=index)
    alt = f"Codes of {len(preview.codes):,} images on a plane, coloured by class, that of the original marked"
    st.html(
        f'{STYLE}<div class="lab-journey">'
        + _pixels(preview.clean[index], "Original")
        + _arrow("encoder")
        + f'<figure class="lab-plane" style="grid-area: map"><img src="{drawn}" alt="{alt}">'
        + "<figcaption>Code: two numbers, a place on a plane</figcaption></figure>"
        + _arrow("decoder")
        + _pixels(preview.reconstructions[index], "Reconstruction")
        + "</div>"
    )


def typical(preview: Preview) -> int:
    """The image whose reconstruction is neither among the best nor among the worst: that of median error."""
    difference = preview.clean.astype(np.float32) - preview.reconstructions
    errors = np.square(difference).mean((1, 2, 3))
    return int(np.argsort(errors)[len(errors) // 2])


def code_map_uri(
    codes: Array, labels: Labels | None, names: tuple[str, ...], colours: Colours, marked: int | None = None
) -> str:
    """The codes [count, 2] as an SVG picture of 4 to 3, as an address. Classes are named where they lie."""
    places = _places(codes[:MOST_POINTS])
    groups = _groups(len(places), labels)
    parts = [_points(places[members], class_colour(label, colours)) for label, members in groups]
    if labels is not None and len(names) <= MOST_NAMED:
        middles = [(names[label], np.median(places[members], axis=0)) for label, members in groups]
        parts += [_name(name, x, y, colours) for name, x, y in _apart(middles)]
    if marked is not None:
        parts.append(_mark(places[marked], colours))
    content = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{2 * WIDTH}" '
        f'height="{2 * HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="{colours.background}"/>'
        f"{''.join(parts)}</svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(content.encode()).decode()


def _places(codes: Array) -> Array:
    """Where the codes lie in the picture: x to the right and, as in every picture, y down."""
    low, high = np.percentile(codes, SHOWN, axis=0)
    size = np.array([WIDTH, HEIGHT], np.float32)
    inside = (codes - low) / np.maximum(high - low, 1e-6)
    inside[:, 1] = 1 - inside[:, 1]
    placed: Array = (size * (MARGIN + (1 - 2 * MARGIN) * inside)).astype(np.float32)
    return placed


def _apart(middles: list[tuple[str, Array]]) -> list[tuple[str, float, float]]:
    """Names at their places, moved into the picture and down from under each other."""
    placed: list[tuple[str, float, float]] = []
    for name, (x, y) in sorted(middles, key=lambda each: float(each[1][1])):
        half = LETTER * len(name) / 2
        x, y = min(max(float(x), half), WIDTH - half), max(float(y), LINE)
        while any(
            abs(y - other[2]) < LINE and abs(x - other[1]) < half + LETTER * len(other[0]) / 2 for other in placed
        ):
            y += 1
        placed.append((name, x, y))
    return placed


def _groups(count: int, labels: Labels | None) -> list[tuple[int, npt.NDArray[np.int64]]]:
    if labels is None:
        return [(0, np.arange(count))]
    return [(int(each), np.flatnonzero(labels[:count] == each)) for each in np.unique(labels[:count])]


def _points(places: Array, colour: str) -> str:
    """Many points as one path: strokes of no length with round ends."""
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    return f'<path d="{path}" stroke="{colour}" stroke-width="2.6" stroke-linecap="round" opacity="0.8"/>'


def _name(name: str, x: float, y: float, colours: Colours) -> str:
    return (
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" font-family="system-ui, sans-serif" '
        f'font-size="12" font-weight="600" fill="{colours.text}" stroke="{colours.background}" stroke-width="3" '
        f'paint-order="stroke" stroke-linejoin="round">{html.escape(name)}</text>'
    )


def _mark(place: Array, colours: Colours) -> str:
    ring = f'cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="7" fill="none"'
    return (
        f'<circle {ring} stroke="{colours.background}" stroke-width="5"/>'
        f'<circle {ring} stroke="{colours.text}" stroke-width="2.5"/>'
    )


def _pixels(pixels: Pixels, caption: str) -> str:
    return (
        f'<figure style="grid-area: {caption.lower()}">'
        f'<img class="lab-pixels" src="{data_uri(pixels)}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _arrow(name: str) -> str:
    return f'<div class="lab-arrow" style="grid-area: {name}">{name}<i></i></div>'
