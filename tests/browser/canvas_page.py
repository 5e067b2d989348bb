"""Shows the scene that the address names: CANVAS_SCENES/<name>.onnx and .npz, which a test has put there."""

import json
import os
from pathlib import Path

import numpy as np
import streamlit as st

from pages.shared.latent_canvas import Projection, latent_canvas

st.set_page_config(layout="wide")
st.title("Canvas")
name = st.query_params["scene"]
folder = Path(os.environ["CANVAS_SCENES"])
with np.load(folder / f"{name}.npz") as arrays:
    given = dict(arrays)
if "components" in given:
    given["projection"] = Projection(given.pop("mean"), given.pop("components"))
options = json.loads((folder / f"{name}.json").read_text())
kept = latent_canvas(key=name, decoder=(folder / f"{name}.onnx").read_bytes(), **given, **options)
if kept:
    st.write(f"Kept a code of {len(kept.code)} numbers, picture {kept.index}")
