"""One pixel under both losses."""

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.theme import palette


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.losses import loss_comparison
    from aecore.plots.demonstrations import loss_comparison as drawn

    st.subheader("What one pixel costs: squared error against cross-entropy", anchor=False)
    show_chart(
        drawn(loss_comparison(), palette()),
        key=key,
        alt="Loss of one pixel and its slope against the prediction, for both losses and three targets",
    )
    st.caption(
        "Where a pixel is confidently wrong, the squared error's slope vanishes behind the sigmoid and nothing is "
        "learned; that of the cross-entropy does not."
    )
