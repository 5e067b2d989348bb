"""Take a latent space away: a section that makes one HTML file of it and hands that over."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.frame import errors_shown

if TYPE_CHECKING:
    from aecore.runs.opened import OpenRun

MEGABYTE = 1_000_000


def take_away(page: str, opened: "OpenRun", version: int) -> None:
    """The section, for the weights of this version."""
    with st.expander("Take away"), errors_shown():
        path = str(opened.run.path)
        st.markdown(
            f"One HTML file with the map, the probe and the walk, about {_size(path, version, opened):.1f} MB. "
            "It opens from disk and decodes by itself, without the lab and without a network."
        )
        # Made when it is asked for, beside the script: a scene that grows runs the page again and would end a spinner.
        st.download_button(
            "Make and download the file",
            lambda: _made(opened),
            f"{opened.run.id}.html",
            "text/html",
            key=f"{page}.takeaway.{opened.run.id}",
            icon=":material/download:",
            on_click="ignore",
            help="Encodes the test images first: 1 to 10 s.",
        )


@st.cache_data(max_entries=20, show_spinner=False)
def _size(path: str, version: int, _opened: "OpenRun") -> float:
    from aecore.analysis.takeaway import about_size

    return about_size(_opened) / MEGABYTE


def _made(opened: "OpenRun") -> bytes:
    from aecore.analysis.takeaway import takeaway

    return takeaway(opened, opened.run.summary().name)
