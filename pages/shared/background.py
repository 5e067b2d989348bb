"""Work on a whole picture in a thread of the server, with progress and a button that stops it.

The work and what came of it belong to one visit: both are gone when it ends, as the picture is.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import streamlit as st

from aecore.errors import LabError
from pages.shared.words import plain

Result = TypeVar("Result")
Progress = Callable[[float], None]

REFRESH_S = 0.5
TELLING_S = 2.0  # before that, the time left is a guess
_log = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818 - no error: a person asked for it
    """Raised out of the progress of work that is to stop."""


@dataclass
class Work(Generic[Result]):
    """One piece of work. `result` or `failed` is set when it has ended, neither when it was stopped."""

    which: Hashable
    done: float = 0.0
    result: Result | None = None
    failed: str = ""
    ended: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take; None while that cannot be told."""
        spent = time.monotonic() - self.began
        return spent / self.done * (1 - self.done) if self.done > 0 and spent > TELLING_S else None


def whole_picture(
    key: str, which: Hashable, label: str, icon: str, work: Callable[[Progress], Result]
) -> Result | None:
    """A button that begins `work`, then its progress with a button to stop it, and at last its result.

    `which` says what the result is of: for another one the button is there again, and work on the old one is stopped.
    """
    kept: Work[Result] | None = st.session_state.get(key)
    if kept is not None and kept.which != which:
        kept.stopping.set()
        kept = st.session_state[key] = None
    if kept is not None and kept.result is not None:
        return kept.result
    if kept is not None and not kept.ended:
        st.fragment(_live, run_every=REFRESH_S, key=f"{key}.live")(key, kept)
        return None
    if kept is not None and kept.failed:
        st.error(plain(kept.failed), icon=":material/error:")
    elif kept is not None:
        st.info("Stopped; nothing was kept.", icon=":material/info:")
    if st.button(label, type="primary", icon=icon, key=f"{key}.begin"):
        begun: Work[Result] = Work(which)
        st.session_state[key] = begun
        threading.Thread(target=_do, args=(begun, work), daemon=True, name=key).start()
        st.rerun()
    return None


def _live(key: str, work: Work[Result]) -> None:
    if work.ended:
        st.rerun()
    left = work.seconds_left
    told = "" if left is None else f", about {left:,.0f} s left"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(work.done, 1.0), f"{work.done:.0%} of the picture{told}", width="stretch")
        if st.button("Stop", key=f"{key}.stop", icon=":material/stop:"):
            work.stopping.set()


def _do(work: Work[Result], run: Callable[[Progress], Result]) -> None:
    """The outermost edge of the thread: whatever happens, the work has ended afterwards and says how."""

    def tell(done: float) -> None:
        work.done = done
        if work.stopping.is_set():
            raise _Stopped

    try:
        work.result = run(tell)
    except _Stopped:
        pass
    except LabError as error:
        work.failed = str(error)
    except MemoryError:
        work.failed = "There is not enough memory for this picture: choose a smaller factor, or a part of it."
    except Exception as error:
        _log.exception("Work on a picture failed")
        work.failed = (
            f"This failed because of a fault of the lab ({type(error).__name__}: {error}). The server's log says where."
        )
    finally:
        work.ended = True
