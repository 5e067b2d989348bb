"""The pages that look at a run, and which of them fit it: one list for every button that leads there."""

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from aecore.runs.summary import RunSummary
from pages.shared.keys import RUN
from pages.shared.pickers import (
    Reason,
    draws_images,
    enlarges,
    has_encoder,
    has_places,
    has_quantised_code,
    knows_some_classes,
    takes_noise_out,
)


@dataclass(frozen=True)
class Place:
    """A page: its file, its title and icon, and the reason why a run does not fit it."""

    file: str
    title: str
    icon: str
    why_not: Reason


LATENT = Place("latent_space.py", "Latent space", ":material/drag_pan:", has_places)
RECONSTRUCT = Place("reconstruct.py", "Reconstruct", ":material/compare:", has_encoder)
GENERATE = Place("generate.py", "Generate", ":material/draw:", draws_images)
FEATURES = Place("features.py", "Features", ":material/grain:", has_encoder)

ENLARGE = Place("enlarge.py", "Enlarge", ":material/zoom_in:", enlarges)
DENOISE = Place("denoise.py", "Denoise", ":material/blur_off:", takes_noise_out)
COMPRESS = Place("compress.py", "Compress", ":material/compress:", has_quantised_code)
ANOMALIES = Place("anomalies.py", "Anomalies", ":material/flag:", knows_some_classes)

# What few runs can do comes first: that is what they are for.
PLACES = (ENLARGE, DENOISE, COMPRESS, ANOMALIES, LATENT, RECONSTRUCT, GENERATE, FEATURES)


def fitting(summary: RunSummary) -> Iterator[Place]:
    """The pages that have something to show of a run, the most telling first."""
    return (place for place in PLACES if not place.why_not(summary))


def buttons(summary: RunSummary, page: str, primary: bool = False) -> None:
    """A button for each of them; with `primary` the first is the action of the page."""
    for index, place in enumerate(fitting(summary)):
        kind = "primary" if primary and index == 0 else "secondary"
        key = f"{page}.{place.file.removesuffix('.py')}"
        if st.button(place.title, type=kind, key=key, icon=place.icon):  # type: ignore[arg-type]
            st.switch_page(place.file, query_params={RUN: summary.id})
