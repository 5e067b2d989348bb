"""Quality against size: the newest run with quantised codes beside WebP and JPEG."""

from typing import TYPE_CHECKING

import streamlit as st

from aecore.runs.store import Runs
from pages.shared.charts import show_chart
from pages.shared.opened import open_for_page
from pages.shared.pickers import has_quantised_code
from pages.shared.points import how_to_train, usual_recipe
from pages.shared.results import Slot, slot
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.compression import Comparison

IMAGES = 100


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.compression import compare_codecs
    from aecore.plots.compression import rate_distortion

    st.subheader("Quality against the size of the file: this codec, WebP and JPEG", anchor=False)
    runs = Runs()
    fitting = (each for each in runs.list() if each.dataset == dataset and not has_quantised_code(each))
    newest = next(fitting, None)
    if newest is None:
        st.caption("No run on these images has quantised codes yet. This trains one:")
        how_to_train(usual_recipe("compression", dataset))
        return
    opened = open_for_page(runs.get(newest.id))
    place: Slot[Comparison] = slot(opened.run, "compression", IMAGES)
    found = place.fill(
        f"Writing and reading {IMAGES} files at every quality …",
        lambda tell: compare_codecs(opened, IMAGES, tell),
    )
    show_chart(rate_distortion(found, palette()), key=key, alt="PSNR against bytes: this codec, WebP and JPEG")
    st.caption(
        f"{plain(newest.name)}: whole files with their headers, mean over {found.images:,} test images; PSNR from the "
        "mean squared error. Lower left is cheaper, upper left is better."
    )
