"""The frame of a page: heading, the question it answers, deliberate errors shown as they are, and lines of code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from aecore.errors import LabError
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.recipes_as_code import Lines


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


def as_code(lines: "Lines", key: str) -> None:
    """The lines that produce the same thing without this page, under a key of their own.

    They are sent when they are opened: what colours them takes a browser as long to read as a whole page.
    """

    @st.fragment(key=f"code.{key}.part")
    def section() -> None:
        opened = st.expander("Show as Python / shell", key=f"code.{key}", on_change="rerun")
        if opened.open:
            in_python, in_shell = opened.tabs(["Python", "Shell"])
            in_python.code(lines.python, language="python", wrap_lines=True)
            in_shell.code(lines.shell, language="bash", wrap_lines=True)

    section()
