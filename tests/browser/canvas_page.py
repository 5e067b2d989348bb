"""Shows the scene that the address names: CANVAS_SCENES/<name>.onnx, .npz and .json, which a test has put there.

The button replaces it by <name>_later, as when a run has learned further.
"""

import json
import os
from pathlib import Path

import numpy as np
import streamlit as st

from aecore.browser.canvas import Colouring, Inverse, KeptGroup, Projection, make_scene
from pages.shared.canvas import Act, show_scene

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
if "inverse_errors" in given:
    given["inverse"] = Inverse(8, given.pop("inverse_errors"), 2.75)
options = json.loads(file.with_suffix(".json").read_text())
if (encoder := file.with_name(f"{file.name}_encoder.onnx")).exists():
    given["encoder"] = encoder.read_bytes()
if "encoder" in given:
    given["colourings"] = [Colouring("height", "Height", "of the plane", given["codes"][:, 1])]
groups = st.session_state.setdefault("groups", {})


def act(wanted: Act) -> None:
    if wanted.kind == "keep_group":
        groups[wanted.values["name"]] = np.array(wanted.values["ids"])
    elif wanted.kind == "drop_group":
        groups.pop(wanted.values["name"])
    else:
        st.session_state["walk"] = wanted.values


kept = [KeptGroup(name, ids) for name, ids in groups.items()]
decoder = file.with_suffix(".onnx").read_bytes()
scene = make_scene(key=name, decoder=decoder, groups=kept, offers=["group", "walk"], **given, **options)
show_scene(scene, key=name, on_act=act)
st.session_state["scene"] = scene  # its blocks are fetched as long as somebody holds it
if "walk" in st.session_state:
    st.json(st.session_state["walk"])
for each in kept:
    st.write(f"Kept {each.name}: {len(each.ids)} images")
