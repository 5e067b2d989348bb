"""A server that shows the latent canvas alone: the lab's routes and headers around canvas_page.py."""

import streamlit as st

from pages.shared.serving import middleware, routes

app = st.App("canvas_page.py", routes=routes(), middleware=middleware())
