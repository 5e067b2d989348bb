"""Diffusion in pixels against diffusion in a code."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.matrix import Numbers, Row, digits, show_matrix, show_numbers, side_for
from pages.shared.opened import weights_version
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.pixel_against_latent import PixelAgainstLatent
    from aecore.runs.opened import OpenRun

SIDE = 56
KINDS = {"diffusion": "Pixels", "latent_diffusion": "Codes"}


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.plots.diffusion import time_by_steps

    st.subheader("The same classes, the same seed: drawn in pixels and in a code", anchor=False)
    found = {title: _newest(variant, dataset) for variant, title in KINDS.items()}
    runs = {title: each for title, each in found.items() if each is not None}
    if not runs:
        st.caption("Train a run of diffusion and one of latent diffusion on these images to see them side by side.")
        return
    versions = tuple((title, each.run.id, weights_version(each.run)) for title, each in runs.items())
    compared = _compared(versions, runs)
    _pictures(compared)
    names = " and ".join(f"{plain(each.run.about()['name'])} ({title.lower()})" for title, each in runs.items())
    missing = [title.lower() for title in KINDS.values() if title not in runs]
    st.caption(
        f"By {names}, in the number of steps that each has of its own."
        + (f" There is no finished run in {missing[0]} on these images yet." if missing else "")
    )
    _table(compared)
    show_chart(
        time_by_steps(compared, palette()),
        key=key,
        alt="Milliseconds per image against the number of steps, in pixels and in codes",
    )
    st.caption("Wall clock on this machine while the page was made, eight images at once.")


def _newest(variant: str, dataset: str) -> "OpenRun | None":
    return newest(lambda each: each.variant == variant and each.dataset == dataset and each.state == "finished")


def _pictures(compared: "PixelAgainstLatent") -> None:
    from aecore.plots.pictures import as_bytes

    rows = [
        Row(
            each.name,
            [Picture(pixels, f"{each.name}, image {n + 1}") for n, pixels in enumerate(as_bytes(each.images))],
            f"{each.steps} steps",
        )
        for each in compared.contenders
    ]
    side = side_for(compared.contenders[0].images.shape[3], SIDE)
    show_matrix(rows, [], "Images drawn in pixels and in codes", side)


def _table(compared: "PixelAgainstLatent") -> None:
    each = compared.contenders
    judged = f"of {compared.judged} drawn images"
    if compared.real is not None:
        judged += f"; of real test images {100 * compared.real:.0f} %"
    rows = [
        Numbers("Diffused", "numbers per image", [f"{one.diffused:,}" for one in each]),
        Numbers("U-Net", "parameters", [f"{one.parameters:,}" for one in each]),
        Numbers(
            f"Time, {compared.timed_steps[-1]} steps", "ms per image", [digits(one.milliseconds[-1]) for one in each]
        ),
    ]
    if compared.real is not None:
        shares = ["–" if one.recognised is None else f"{100 * one.recognised:.0f} %" for one in each]
        rows.append(Numbers("Nearest training image has the class asked for", judged, shares))
    if any(one.lost is not None for one in each):
        rows.append(
            Numbers(
                "Lost by the autoencoder",
                "squared error, sum over pixels, mean over test images",
                [digits(one.lost) for one in each],
            )
        )
    show_numbers(rows, [one.name for one in each], "Diffusion in pixels and in codes: size, time and quality")


@st.cache_data(max_entries=4, show_spinner="Drawing 100 images with each run, about 10 s …")
def _compared(versions: tuple[tuple[str, str, int], ...], _runs: "dict[str, OpenRun]") -> "PixelAgainstLatent":
    from aecore.analysis.demonstrations.pixel_against_latent import pixel_against_latent

    return pixel_against_latent(list(_runs.items()))
