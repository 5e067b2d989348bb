"""The list of pages: the script that the server runs for every visit.

Reads nothing, writes nothing. Starts loading torch once the first page has been sent.
"""

from pathlib import Path

import streamlit as st

from pages.shared.serving import FAVICON
from pages.shared.warming import warm_up_once

HERE = Path(__file__).resolve().parent

PAGES = [
    st.Page(HERE / "home.py", title="Home", icon=":material/home:", default=True),
    st.Page(HERE / "data.py", title="Data", icon=":material/photo_library:"),
    st.Page(HERE / "train.py", title="Train", icon=":material/model_training:"),
    st.Page(HERE / "runs.py", title="Runs", icon=":material/list:"),
    st.Page(HERE / "reconstruct.py", title="Reconstruct", icon=":material/compare:"),
    st.Page(HERE / "latent_space.py", title="Latent space", icon=":material/drag_pan:"),
    st.Page(HERE / "generate.py", title="Generate", icon=":material/draw:"),
    st.Page(HERE / "features.py", title="Features", icon=":material/grain:"),
    st.Page(HERE / "enlarge.py", title="Enlarge", icon=":material/zoom_out_map:"),
    st.Page(HERE / "denoise.py", title="Denoise", icon=":material/blur_off:"),
    st.Page(HERE / "anomalies.py", title="Anomalies", icon=":material/flag:"),
    st.Page(HERE / "compress.py", title="Compress", icon=":material/folder_zip:"),
    st.Page(HERE / "few_labels.py", title="Few labels", icon=":material/label:"),
    st.Page(HERE / "dimensions.py", title="Dimensions", icon=":material/compress:"),
]

st.set_page_config(page_title="Latent Lab", page_icon=str(FAVICON), layout="wide")
st.navigation(PAGES, position="top").run()
warm_up_once()
