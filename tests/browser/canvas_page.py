"""Shows the scene that the address names: CANVAS_SCENES/<name>.onnx, .npz and .json, which a test has put there.

The button replaces it by <name>_later, as when a run has learned further.
"""

import json
import os
from pathlib import Path

import numpy as np
import streamlit as st

from pages.shared.latent_canvas import Projection, pack_scene, show_scene

st.set_page_config(layout="wide")
st.title("Canvas")
name = st.query_params["scene"]
folder = Path(os.environ["CANVAS_SCENES"])
if st.button("Learn further"):
    st.session_state["stage"] = "_later"
file = folder / f"{name}{st.session_state.get('stage', '')}"
with np.load(file.with_suffix(".npz")) as arrays:
    given = dict(arrays)
if "components" in given:
    given["projection"] = Projection(given.pop("mean"), given.pop("components"))
options = json.loads(file.with_suffix(".json").read_text())
scene = pack_scene(key=name, decoder=file.with_suffix(".onnx").read_bytes(), **given, **options)
kept = show_scene(scene, key=name)
if kept:
    st.write(f"Kept a code of {len(kept.code)} numbers, picture {kept.index}")
