"""Plotly figures on a page: in the lab's colours, without the tool bar, with a text for those who cannot see."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def show_chart(figure: "Figure", *, key: str, alt: str) -> None:
    """The figure as wide as its place. `alt` says what is drawn."""
    st.plotly_chart(figure, key=key, alt=alt, theme=None, config={"displaylogo": False, "displayModeBar": False})
