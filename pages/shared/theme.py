"""The colours of `aecore.browser.colours` as the pages need them: in the mode in which a person sees the lab."""

import importlib
from typing import TYPE_CHECKING

import streamlit as st

from aecore.browser.colours import DARK, LIGHT, MODES, Colours, Mode

if TYPE_CHECKING:
    from aecore.plots.palette import Palette

# For style sheets in the page. Streamlit gives its own variables to components only, but sets the colour scheme.
CSS_VARIABLES = "".join(
    f"--lab-{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)}); "
    for name in ("hairline", "background", "accent", "link", "literal", "muted")
)
# Plotly asks whether these are loaded and takes a half-loaded one for whole. Another thread of the server may be
# loading them at that moment: importing waits for it.
LOOKED_FOR_BY_PLOTLY = ("pandas", "pyarrow")


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
