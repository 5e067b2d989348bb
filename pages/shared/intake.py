"""Taking in pictures in the background: a thread of the server, which goes on when the tab is closed.

One intake at a time, for all visitors; a page looks at it as often as it likes. What is unfinished when the server
ends leaves nothing behind.
"""

import logging
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from aecore.data.intake import Added, OwnSettings, Progress, add_own
from aecore.errors import LabError

Source = str | Path | Sequence[tuple[str, bytes]]

TELLING_S = 2.0  # before that, the time left is a guess
_log = logging.getLogger(__name__)


@dataclass
class Intake:
    """How far the intake of one data set is. `added` or `failed` is set when it has ended."""

    name: str
    progress: Progress | None = None
    added: Added | None = None
    failed: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)

    @property
    def under_way(self) -> bool:
        """False once it has ended, in whichever way."""
        return self.added is None and not self.failed

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take; None while that cannot be told."""
        seconds = time.monotonic() - self.began
        if self.progress is None or not self.progress.done or seconds < TELLING_S:
            return None
        return seconds / self.progress.done * (self.progress.total - self.progress.done)


class Desk:
    """Where the one intake is kept."""

    def __init__(self) -> None:
        self.current: Intake | None = None
        self._lock = threading.Lock()

    def start(self, source: Source, name: str, settings: OwnSettings) -> Intake:
        """Begin in a thread; LabError at once for a name that cannot be used or while another is under way."""
        with self._lock:
            if self.current is not None and self.current.under_way:
                raise LabError(f"{self.current.name} is being taken in: wait for it, or stop it first.")
            intake = Intake(name)
            events = add_own(source, name, settings)
            threading.Thread(target=_work, args=(intake, events), daemon=True, name="intake").start()
            self.current = intake
        return intake

    def clear(self) -> None:
        """Forget an intake that has ended."""
        with self._lock:
            if self.current is not None and not self.current.under_way:
                self.current = None


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The desk of this server. Streamlit keeps it, so that it also outlives a change of this code."""
    return Desk()


def _work(intake: Intake, events: Generator[Progress | Added, None, None]) -> None:
    """The outermost edge of the thread: whatever happens, the intake has ended afterwards and says how."""
    try:
        _follow(intake, events)
    except LabError as error:
        intake.failed = str(error)
    except Exception as error:
        _log.exception("The intake of %s failed", intake.name)
        intake.failed = (
            f"{intake.name} could not be taken in because of a fault of the lab ({type(error).__name__}: {error}). "
            "Nothing was kept. The server's log says where it happened."
        )
    finally:
        if intake.under_way:
            intake.failed = f"{intake.name} was broken off; nothing of it was kept."


def _follow(intake: Intake, events: Generator[Progress | Added, None, None]) -> None:
    for event in events:
        if isinstance(event, Added):
            intake.added = event
            return
        intake.progress = event
        if intake.stopping.is_set():
            events.close()
            intake.failed = f"{intake.name} was stopped; nothing of it was kept."
            return
