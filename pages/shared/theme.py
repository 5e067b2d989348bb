"""Colours: the one place where they are written down, for light and dark.

`.streamlit/config.toml` repeats the accent, the surfaces and the class colours because Streamlit reads them there
(a test holds the two together); the browser code gets them with its data; Plotly figures are given them.

The ten class colours come from a search of our own that starts at the cycle of Petroff, "Accessible Color Sequences
for Data Visualization", 2021, and pushes the two most similar colours apart in OKLab, seen normally and simulated
for deuteranopia, protanopia and tritanopia (Machado et al., "A Physiologically-based Model for Simulation of Color
Vision Deficiency", IEEE TVCG 2009): the smallest distance is 0.12, twice that of the start. Colour never stands
alone: classes beyond the tenth reuse the colours with another shape, and maps name their classes in place.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from aecore.plots.palette import Palette

Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Colours:
    """All colours of one mode, as #rrggbb."""

    accent: str
    link: str
    text: str
    muted: str  # captions, ticks; 4.5:1 on both surfaces
    hairline: str  # frames of pictures, rules
    background: str
    surface: str  # panels on the background
    classes: tuple[str, ...]


LIGHT = Colours(
    accent="#1f6fb2",
    link="#1a5f9a",
    text="#101418",
    muted="#5b636d",
    hairline="#d3d8de",
    background="#ffffff",
    surface="#f4f6f8",
    classes=(
        "#5d82e9",
        "#f18a04",
        "#861404",
        "#7e5393",
        "#581dd6",
        "#473459",
        "#da3d00",
        "#b8bfa3",
        "#af849e",
        "#42c1fd",
    ),
)

DARK = Colours(
    accent="#2b78bd",
    link="#7db7ea",
    text="#e4e8ec",
    muted="#9aa4af",
    hairline="#343b44",
    background="#13171c",
    surface="#1c2229",
    classes=(
        "#709ffc",
        "#f1e45e",
        "#bd2b0b",
        "#c3fff4",
        "#0968c2",
        "#765c6e",
        "#f66c01",
        "#baba99",
        "#b97ca6",
        "#2ddafb",
    ),
)

MODES: dict[Mode, Colours] = {"light": LIGHT, "dark": DARK}

# For style sheets in the page. Streamlit gives its own variables to components only, but sets the colour scheme.
CSS_VARIABLES = "".join(
    f"--lab-{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)}); "
    for name in ("hairline", "background", "accent")
)
# Plotly asks whether these are loaded and takes a half-loaded one for whole. Another thread of the server may be
# loading them at that moment: importing waits for it.
LOOKED_FOR_BY_PLOTLY = ("pandas", "pyarrow")
SHAPES = ("circle", "square", "diamond", "triangle")


def mode() -> Mode:
    """The mode in which the person now sees the lab."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> Colours:
    """The colours of the mode in which the person now sees the lab."""
    return MODES[mode()]


def palette() -> "Palette":
    """The same colours as the figures of `aecore.plots` take them."""
    from aecore.plots.palette import Palette

    for name in LOOKED_FOR_BY_PLOTLY:
        importlib.import_module(name)

    now = colours()
    return Palette(now.accent, now.text, now.muted, now.background, now.hairline, now.classes)


def class_colour(index: int, of: Colours) -> str:
    """The colour of a class by its index; after the last one they begin again, with the next shape."""
    return of.classes[index % len(of.classes)]


def class_shape(index: int) -> str:
    """The shape of a class's points on a map."""
    return SHAPES[index // len(LIGHT.classes) % len(SHAPES)]
