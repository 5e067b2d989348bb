"""Open runs, kept for all visitors of the server: the same run is read once for each checkpoint it has."""

from typing import TYPE_CHECKING

import streamlit as st

from aecore.runs.folder import Run

if TYPE_CHECKING:  # it loads torch, for which no first paint should wait
    from aecore.runs.opened import OpenRun


def open_for_page(run: Run) -> "OpenRun":
    """The run with its newest weights. RunError or DataError when it cannot be opened."""
    with st.spinner(f"Opening {run.id} …", show_time=True):
        opened = _open(str(run.path), run.starter, weights_version(run), run.alive())
    if opened.fallback_note:
        st.warning(opened.fallback_note)
    return opened


def weights_version(run: Run) -> int:
    """Changes whenever the run has written a new checkpoint."""
    checkpoint = run.path / "checkpoint.safetensors"
    return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0


@st.cache_resource(max_entries=4, show_spinner=False)
def _open(path: str, starter: bool, version: int, alive: bool) -> "OpenRun":
    """Anew when the run ends: only then is it known whether its last weights were lost."""
    from pathlib import Path

    from aecore.runs.opened import open_run

    return open_run(Run(Path(path), starter))
