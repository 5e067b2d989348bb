"""The same images under every kind of noise."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.opened import weights_version
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.noises import NoiseKind, NoiseKinds
    from aecore.runs.opened import OpenRun

SIDE = 64
NOISY = 8  # images under each kind of noise


def show(key: str, dataset: str) -> None:
    """The picture."""
    st.subheader("The same images under every kind of noise, at the same PSNR", anchor=False)
    opened = newest(lambda each: each.variant == "denoising" and each.dataset == dataset)
    name = "" if opened is None else opened.run.about()["name"]
    version = 0 if opened is None else weights_version(opened.run)
    shown = _noise_kinds(dataset, "" if opened is None else opened.run.id, version, opened)
    rows = [Row("Original", [Picture(each, f"Original {n + 1}") for n, each in enumerate(shown.original)])]
    for kind in shown.kinds:
        rows += _noise_rows(kind)
    side = side_for(shown.original.shape[3], SIDE)
    show_matrix(rows, [], "Images under every kind of noise, and their reconstructions", side)
    st.caption(
        f"PSNR over these {len(shown.original)} test images. "
        + (
            f"Reconstructions by {plain(name)}."
            if name
            else "Train a denoising run on them to see what it makes of each."
        )
    )


def _noise_rows(kind: "NoiseKind") -> list[Row]:
    from aecore.plots.pictures import as_bytes

    title = f"{kind.title} {kind.level:.2g} {kind.unit}"
    corrupted = [Picture(each, f"{kind.title} {n + 1}") for n, each in enumerate(as_bytes(kind.corrupted))]
    rows = [Row(title, corrupted, f"{kind.psnr_db:.1f} dB")]
    for name, restored in kind.reconstructions.items():
        pictures = [Picture(each, f"Reconstruction {n + 1}") for n, each in enumerate(as_bytes(restored))]
        rows.append(Row("Reconstruction", pictures, f"{kind.reconstructed_psnr_db[name]:.1f} dB"))
    return rows


@st.cache_data(max_entries=8, show_spinner="Adding noise, about a second …")
def _noise_kinds(dataset: str, run_id: str, version: int, _opened: "OpenRun | None") -> "NoiseKinds":
    from aecore.analysis.demonstrations.noises import noise_kinds
    from aecore.data.catalog import load

    images = load(dataset).test.images[:NOISY]
    return noise_kinds(images, trained={} if _opened is None else {run_id: _opened})
