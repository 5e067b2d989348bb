"""The list of pages: the script that the server runs for every visit.

Reads nothing, writes nothing. Starts loading torch once the first page has been sent.
"""

from pathlib import Path

import streamlit as st

from pages.shared.serving import FAVICON
from pages.shared.style import show_style
from pages.shared.warming import warm_up_once

HERE = Path(__file__).resolve().parent

PAGES = [
    st.Page(HERE / "home.py", title="Home", default=True),
    st.Page(HERE / "data.py", title="Data"),
    st.Page(HERE / "train.py", title="Train"),
    st.Page(HERE / "runs.py", title="Runs"),
    st.Page(HERE / "reconstruct.py", title="Reconstruct"),
    st.Page(HERE / "latent_space.py", title="Latent space"),
    st.Page(HERE / "generate.py", title="Generate"),
    st.Page(HERE / "features.py", title="Features"),
    st.Page(HERE / "enlarge.py", title="Enlarge"),
    st.Page(HERE / "denoise.py", title="Denoise"),
    st.Page(HERE / "anomalies.py", title="Anomalies"),
    st.Page(HERE / "compress.py", title="Compress"),
    st.Page(HERE / "few_labels.py", title="Few labels"),
    st.Page(HERE / "dimensions.py", title="Dimensions"),
]

st.set_page_config(page_title="Latent Lab", page_icon=str(FAVICON), layout="wide")
chosen = st.navigation(PAGES, position="top")
show_style()
chosen.run()
warm_up_once()
