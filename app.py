"""The server of Latent Lab: Streamlit's application with the lab's own routes and security headers.

streamlit run app.py
"""

import streamlit as st

from pages.shared.serving import middleware, routes, tidied

app = st.App("pages/navigation.py", routes=routes(), middleware=middleware(), lifespan=tidied)
