"""What is this, and where do I begin?

Reads the variants, the runs and the previews of the starter runs. Writes nothing. Needs no torch.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.variants.catalog import VARIANTS
from aecore.variants.variant import Variant
from pages.shared.frame import page
from pages.shared.keys import RUN
from pages.shared.pictures import Picture, show_pictures

Entry = TypeVar("Entry")

A_ROW = 3
PICTURES = 5


def show() -> None:
    """One screen: what it is, the first step, the starter runs, the variants."""
    runs = Runs()
    listed = runs.list()
    starters = [each for each in listed if each.starter and not each.damaged]
    st.markdown(
        "An autoencoder squeezes a picture into a few numbers, its **code**, and draws the picture again from them. "
        "Here you train one in a minute, move its code under your pointer and watch the picture follow."
    )
    _first_steps(starters)
    under_way = [each for each in listed if each.state in ("running", "queued")]
    if under_way:
        _under_way(under_way)
    if starters:
        st.subheader("Trained already")
        st.caption("Starter runs: open one and look around, nothing needs to be trained.")
        _cards(starters, lambda summary: _starter_card(runs, summary))
    st.subheader("The variants")
    st.caption("Each is one choice of corruption, encoder, bottleneck, decoder and objective.")
    _cards(list(VARIANTS.values()), _variant_card)


def _first_steps(starters: list[RunSummary]) -> None:
    plane = next((each for each in starters if each.variant == "variational" and each.latent == 2), None)
    with st.container(horizontal=True):
        if plane is not None and st.button(
            "Drag through a latent space", type="primary", icon=":material/drag_pan:", key="home.drag"
        ):
            st.switch_page("latent_space.py", query_params={RUN: plane.id})
        if st.button(
            "Train your own",
            type="primary" if plane is None else "secondary",
            icon=":material/play_arrow:",
            key="home.train",
        ):
            st.switch_page("train.py")
        if st.button("Bring your own pictures", icon=":material/add_photo_alternate:", key="home.pictures"):
            st.switch_page("data.py")


def _under_way(listed: list[RunSummary]) -> None:
    st.subheader("Under way")
    for summary in listed:
        done = summary.epochs_done / max(summary.epochs_total, 1)
        st.progress(done, f"{summary.name}: {summary.state}, epoch {summary.epochs_done} of {summary.epochs_total}")
        st.page_link("train.py", label="Watch it", query_params={RUN: summary.id})


def _cards(entries: Sequence[Entry], card: Callable[[Entry], None]) -> None:
    """Equal cards, three to a row."""
    for start in range(0, len(entries), A_ROW):
        columns = st.columns(A_ROW)
        for column, entry in zip(columns, entries[start : start + A_ROW], strict=False):
            with column.container(border=True, height="stretch"):
                card(entry)


def _starter_card(runs: Runs, summary: RunSummary) -> None:
    st.markdown(f"**{summary.name}**")
    preview = runs.get(summary.id).preview()
    if preview is not None:
        show_pictures(
            [
                Picture(pixels, f"Reconstruction {index + 1} by {summary.name}")
                for index, pixels in enumerate(preview.reconstructions[:PICTURES])
            ],
            side=44,
        )
    st.caption(f"{summary.dataset}, code of {summary.latent} numbers, {summary.parameters:,} parameters")
    with st.container(horizontal=True):
        st.page_link("latent_space.py", label="Latent space", query_params={RUN: summary.id})
        st.page_link("reconstruct.py", label="Reconstruct", query_params={RUN: summary.id})


def _variant_card(variant: Variant) -> None:
    st.markdown(f"**{variant.title}**")
    st.write(variant.summary)
    st.page_link("train.py", label="Train it", query_params={"variant": variant.key})


with page("Latent Lab", "A laboratory for autoencoders that runs on your own machine."):
    show()
