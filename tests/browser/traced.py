"""Streamlit as `python -m streamlit`, which writes what each of its threads is doing when it is sent SIGUSR1."""

import faulthandler
import signal

from streamlit.web.cli import main

if hasattr(faulthandler, "register"):  # not on Windows
    faulthandler.register(signal.SIGUSR1)
main(prog_name="streamlit")
