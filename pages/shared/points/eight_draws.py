"""One image through a variational model eight times."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.matrix import side_for
from pages.shared.pictures import Picture, show_pictures
from pages.shared.points import newest
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.runs.opened import OpenRun

SIDE = 64


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.draws import eight_draws
    from aecore.plots.demonstrations import eight_draws as drawn
    from aecore.plots.pictures import as_bytes

    st.subheader("One image through the model eight times", anchor=False)
    opened = newest(lambda each: each.variant == "variational" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a variational run on these images: it draws another code, and so another image, each time.")
        return
    test = opened.splits.test
    index = st.number_input("Test image", 0, len(test) - 1, 0, key=f"{key}.image.{opened.run.id}")
    shown = eight_draws(opened, test.images[int(index)])
    pictures = [Picture(shown.original[0], "Original", "original")]
    pictures += [Picture(each, f"Draw {n + 1}", f"draw {n + 1}") for n, each in enumerate(as_bytes(shown.images))]
    show_pictures(pictures, side_for(shown.original.shape[3], SIDE))
    show_chart(drawn(shown, palette()), key=key, alt="The eight codes and the ellipses of one and two deviations")
    st.caption(
        f"The encoder of {plain(opened.run.about()['name'])} gives no single code but this cloud, "
        "from which one is drawn each time."
    )
    _spread(key, opened)


def _spread(key: str, opened: "OpenRun") -> None:
    """How much of each number the code really says, over many images."""
    from aecore.analysis.demonstrations.spread import posterior_spread
    from aecore.plots.posterior import spread_bars

    spread = posterior_spread(opened)
    size = len(spread.deviation)
    st.subheader("How wide the cloud is in every number of the code", anchor=False)
    show_chart(spread_bars(spread, palette()), key=f"{key}.spread", alt="Standard deviation of the posterior by number")
    st.caption(
        f"Standard deviation of the posterior, mean over test images, the narrowest first; the dotted line is the "
        f"prior's 1. {spread.active_units} of {size} numbers are in use: their mean varies over the images by more "
        "than 0.01. A number that is not in use stays at 1 and costs nothing."
    )
