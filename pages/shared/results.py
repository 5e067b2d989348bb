"""Results that take a while: computed at a click, with progress, and kept for all visitors of the server.

A page can look whether a result is there before it offers to compute it. Results belong to a run and a checkpoint:
new weights have none yet.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from aecore.runs.folder import Run
from pages.shared.opened import weights_version

Result = TypeVar("Result")
Progress = Callable[[float], None]

MOST = 64


@dataclass
class Slot(Generic[Result]):
    """The place of one result; None until it has been computed."""

    result: Result | None = None

    def wanted(self, label: str, key: str, icon: str) -> bool:
        """Whether to show the result: it is there, or the button that asks for it was just pressed."""
        if self.result is not None:
            return True
        place = st.empty()
        pressed = place.button(label, key=key, icon=icon)
        if pressed:
            place.empty()
        return pressed

    def fill(self, text: str, work: Callable[[Progress], Result]) -> Result:
        """The result, computed now if it is not there. `text` says on screen what is waited for."""
        if self.result is None:
            bar = st.progress(0.0, text)
            try:
                self.result = work(lambda done: _show(bar, done, text))
            finally:
                bar.empty()
        return self.result


def slot(run: Run, what: str, *which: Hashable) -> Slot[Any]:
    """The place where a result of this run's newest weights is kept."""
    return _slot(str(run.path), weights_version(run), what, which)


def _show(bar: Any, done: float, text: str) -> None:
    bar.progress(min(max(done, 0.0), 1.0), f"{text} {done:.0%}")


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _slot(path: str, version: int, what: str, which: tuple[Hashable, ...]) -> Slot[Any]:
    return Slot()
