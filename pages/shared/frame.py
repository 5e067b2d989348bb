"""The frame of a page: heading, the question it answers, deliberate errors shown as they are, and lines of code."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from aecore.errors import LabError
from pages.shared.words import plain


@contextmanager
def page(title: str, question: str) -> Iterator[None]:
    """Heading and question above whatever the page shows; a `LabError` becomes a message in its place."""
    st.title(title)
    st.caption(question)
    with errors_shown():
        yield


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show a deliberate error where it happened; the rest of the page stays."""
    try:
        yield
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")


def as_code(shell: str, python: str) -> None:
    """The lines that produce the same thing without this page."""
    with st.expander("Show as Python / shell"):
        in_python, in_shell = st.tabs(["Python", "Shell"])
        in_python.code(python, language="python")
        in_shell.code(shell, language="bash")
