"""A transposed convolution, step by step."""

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.theme import palette

DRAWN_STEP = 5  # where patches begin to overlap in all directions


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.transposed import transposed_convolution
    from aecore.plots.demonstrations import transposed_convolution as drawn

    st.subheader("A transposed convolution, step by step", anchor=False)
    shown = transposed_convolution()
    step = st.slider("Step", 1, len(shown.steps), DRAWN_STEP, key=f"{key}.step")
    show_chart(
        drawn(shown, step - 1, palette()),
        key=key,
        alt=f"Input, its number {step} times the kernel, and the sum of all patches so far",
    )
    st.caption(
        "Every number of the small image is spread over a patch of the large one; where patches overlap they add up. "
        f"Kernel {shown.kernel.shape[0]}×{shown.kernel.shape[1]}, stride {shown.stride}, padding {shown.padding}: "
        "what lies in the padding is cut off."
    )
