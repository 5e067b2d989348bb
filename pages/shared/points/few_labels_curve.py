"""Error against the number of labels, with pretraining and without."""

import streamlit as st

from aecore.experiments.few_labels import FEW_LABELS
from pages.shared.experiments import newest_results
from pages.shared.few_labels import show_curve
from pages.shared.words import plain


def show(key: str, dataset: str) -> None:
    """The picture, from the newest finished experiment on the data set."""
    st.subheader("What labels are worth: test error with pretraining and without", anchor=False)
    results, source = newest_results(FEW_LABELS, dataset)
    if results:
        from aecore.data.catalog import load

        show_curve(results, len(load(dataset).test), key)
        st.caption(f"Mean and standard deviation over draws of the labelled images. {plain(source)}")
    else:
        st.caption("This takes many small trainings: the experiment on the Few labels page makes them, as one job.")
    st.page_link("few_labels.py", label="Few labels", icon=":material/label:")
