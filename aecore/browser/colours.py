"""Colours: the one place where they are written down, for light and dark.

`.streamlit/config.toml` repeats the accent, the surfaces and the class colours because Streamlit reads them there
(a test holds the two together); the browser code gets them with its data; Plotly figures are given them.

The ten class colours come from a search of our own that starts at the cycle of Petroff, "Accessible Color Sequences
for Data Visualization", 2021, and pushes the two most similar colours apart in OKLab, seen normally and simulated
for deuteranopia, protanopia and tritanopia (Machado et al., "A Physiologically-based Model for Simulation of Color
Vision Deficiency", IEEE TVCG 2009): the smallest distance is 0.12, twice that of the start. Colour never stands
alone: classes beyond the tenth reuse the colours with another shape, and maps name their classes in place.
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["light", "dark"]
SHAPES = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True)
class Colours:
    """All colours of one mode, as #rrggbb."""

    accent: str
    link: str  # and other words that stand out: what is chosen, keywords of code
    literal: str  # strings and numbers of code
    text: str
    muted: str  # captions, ticks; 4.5:1 on both surfaces
    hairline: str  # frames of pictures, rules
    background: str
    surface: str  # panels on the background
    classes: tuple[str, ...]
    scale: tuple[str, ...]  # of a number, from low to high: lightness alone tells the order


LIGHT = Colours(
    accent="#1f6fb2",
    link="#1a5f9a",
    literal="#0c5a44",
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
    scale=("#d6c445", "#84b45c", "#2f9488", "#2f6396", "#3b1d6b"),
)

DARK = Colours(
    accent="#2b78bd",
    link="#7db7ea",
    literal="#7ed5b0",
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
    scale=("#4a4f98", "#2f7ba3", "#35a58d", "#9ccb62", "#f6e96b"),
)

MODES: dict[Mode, Colours] = {"light": LIGHT, "dark": DARK}


def class_colour(index: int, of: Colours) -> str:
    """The colour of a class by its index; after the last one they begin again, with the next shape."""
    return of.classes[index % len(of.classes)]


def class_shape(index: int) -> str:
    """The shape of a class's points on a map."""
    return SHAPES[index // len(LIGHT.classes) % len(SHAPES)]
