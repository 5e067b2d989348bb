"""What is this, and where do I begin?

Reads the variants, the runs and the previews of the starter runs. Writes nothing. Needs no torch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from aecore.data.catalog import datasets
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY, RunSummary
from aecore.training.events import Preview
from aecore.variants.catalog import VARIANTS
from aecore.variants.variant import Variant
from pages.shared.frame import page
from pages.shared.journey import code_map_uri, show_journey
from pages.shared.keys import RUN
from pages.shared.pickers import on_other_data
from pages.shared.pictures import Picture, show_named_rows
from pages.shared.places import GENERATE, LATENT, RECONSTRUCT, Place, fitting
from pages.shared.theme import colours
from pages.shared.words import plain

CARD_WIDTH = 220  # CSS pixels, at least
PICTURES = 3  # on a card
SIDE = 56
REFRESH_S = 1.0


def show() -> None:
    """One screen: what it is, the first steps, what is under way, the variants with what was trained of each."""
    runs = Runs()
    listed = runs.list()
    starters = [each for each in listed if each.starter and not each.damaged]
    plane = _plane(starters)
    own = next((each for each in listed if not each.starter and not each.damaged and each.weights), None)
    _beginning(runs, plane, own)
    if any(each.state in UNDER_WAY for each in listed):
        _under_way()
    st.header("The variants")
    titles = {each.key: each.title for each in datasets()}
    shipped = sorted(starters, key=lambda each: (bool(each.classes), on_other_data(each)))  # the most telling first
    with st.grid(len(VARIANTS), min_column_width=CARD_WIDTH):
        for variant in VARIANTS.values():
            with st.container(border=True, height="stretch", gap="xsmall"):
                _card(runs, variant, [each for each in shipped if each.variant == variant.key], titles, plane)


def _plane(starters: Sequence[RunSummary]) -> RunSummary | None:
    """The run that explains the idea: its code has two numbers, its data are those its variant is taught with."""
    planes = [each for each in starters if each.latent == 2 and each.variant in VARIANTS]
    return min(planes, key=on_other_data, default=None)


def _beginning(runs: Runs, plane: RunSummary | None, own: RunSummary | None) -> None:
    """The idea as a picture, when there is a run to draw it from; beside it the idea in words and the first steps."""
    preview = runs.get(plane.id).preview() if plane else None
    if plane is None or preview is None:
        _words(None, own)
        return
    picture, words = st.columns([10, 11], gap="medium", vertical_alignment="center")
    with picture:
        run = runs.get(plane.id)
        show_journey(preview, run.preview_labels(), _class_names(run.status()), colours())
    with words:
        _words(plane, own)


def _words(plane: RunSummary | None, own: RunSummary | None) -> None:
    st.markdown(
        "An autoencoder squeezes a picture into a few numbers, its **code**, and draws the picture again from them. "
        "What it keeps, and how its codes lie beside each other, shows what it has learnt."
    )
    first = plane is not None and st.button(
        "Drag through a latent space", type="primary", icon=":material/drag_pan:", key="home.drag"
    )
    if plane is not None and first:
        st.switch_page("latent_space.py", query_params={RUN: plane.id})
    with st.container(horizontal=True):
        kind = "primary" if plane is None else "secondary"
        if st.button("Train your own", type=kind, icon=":material/model_training:", key="home.train"):  # type: ignore[arg-type]
            st.switch_page("train.py")
        if st.button("Bring your own pictures", icon=":material/add_photo_alternate:", key="home.pictures"):
            st.switch_page("data.py", query_params={"add": "yes"})
    if own is not None:
        label = f"Last trained: {plain(own.name)}"
        st.page_link(
            next(fitting(own), LATENT).file, label=label, icon=":material/history:", query_params={RUN: own.id}
        )


@st.fragment(run_every=REFRESH_S)
def _under_way() -> None:
    """Every run under way with how far it is, renewed once a second until none is left."""
    listed = [each for each in Runs().list() if each.state in UNDER_WAY]
    if not listed:
        st.rerun()
    st.header("Under way")
    for summary in listed:
        done = summary.epochs_done / max(summary.epochs_total, 1)
        epochs = f"epoch {summary.epochs_done} of {summary.epochs_total}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(done, 1.0), f"{plain(summary.name)}: {summary.state}, {epochs}", width="stretch")
            st.page_link("train.py", label="Watch", query_params={RUN: summary.id})


def _card(
    runs: Runs, variant: Variant, starters: Sequence[RunSummary], titles: Mapping[str, str], plane: RunSummary | None
) -> None:
    """A variant: its idea in a line, pictures by a trained one, the trained ones to open, the way to train it."""
    st.subheader(variant.title, anchor=False)
    st.markdown(f":small[{variant.summary}]")
    st.space("stretch")
    drawn = next((each for each in starters if plane is None or each.id != plane.id), next(iter(starters), None))
    if drawn is not None:
        _pictures(runs, drawn)
        st.caption(_about(drawn, titles))
    for each in starters:
        place = _where(each, variant)
        st.page_link(place.file, label=plain(each.name), icon=place.icon, query_params={RUN: each.id})
    st.page_link("train.py", label="Train it", icon=":material/model_training:", query_params={"variant": variant.key})


def _where(summary: RunSummary, variant: Variant) -> Place:
    """The page that shows best what a run can do."""
    first = next(fitting(summary), LATENT)
    if first != LATENT:
        return first
    if not summary.encodes:
        return GENERATE
    return RECONSTRUCT if "corruption.kind" in variant.changes else LATENT


def _about(summary: RunSummary, titles: Mapping[str, str]) -> str:
    code = f", code of {summary.latent}" if summary.latent else ""
    return plain(f"{titles.get(summary.dataset, summary.dataset)}{code}")


def _pictures(runs: Runs, summary: RunSummary) -> None:
    """What went in above what came out; a map where the code is a place on a plane."""
    run = runs.get(summary.id)
    preview, labels = run.preview(), run.preview_labels()
    if preview is None:
        return
    if summary.latent == 2:
        drawn = code_map_uri(preview.codes, labels, _class_names(run.status()), colours())
        st.html(f'<img src="{drawn}" alt="Codes on a plane, by {summary.name}" style="width: 84%; display: block">')
        return
    if not len(preview.reconstructions):
        drawn_row = [Picture(each, f"Drawn {n + 1}") for n, each in enumerate(preview.samples[: 2 * PICTURES])]
        show_named_rows({"Drawn": drawn_row[:PICTURES], "": drawn_row[PICTURES:]}, SIDE)
        return
    corrupted = bool((preview.corrupted != preview.clean).any())
    before, shown = ("Corrupted", preview.corrupted) if corrupted else ("Original", preview.clean)
    rows = {before: shown, "Reconstruction": preview.reconstructions}
    chosen = _different(preview, labels)
    show_named_rows(
        {name: [Picture(images[n], f"{name} {n + 1}") for n in chosen] for name, images in rows.items()}, SIDE
    )


def _different(preview: Preview, labels: "np.ndarray | None") -> list[int]:
    """The first images of different classes."""
    if labels is None:
        return list(range(min(PICTURES, len(preview.clean))))
    _, first = np.unique(labels[: len(preview.clean)], return_index=True)
    return sorted(int(each) for each in first)[:PICTURES]


def _class_names(status: Mapping[str, object]) -> tuple[str, ...]:
    names = status.get("class_names")
    return tuple(map(str, names)) if isinstance(names, list) else ()


with page("Latent Lab", "A laboratory for autoencoders that runs on your own machine."):
    show()
