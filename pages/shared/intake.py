"""Taking in pictures in the background: a thread of the server, which goes on when the tab is closed.

One intake at a time, for all visitors; a page looks at it as often as it likes. What is unfinished when the server
ends leaves nothing behind.
"""

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aecore.data.intake import Added, OwnSettings, Progress, add_own
from aecore.errors import LabError

Source = str | Path | Sequence[tuple[str, bytes]]


@dataclass
class Intake:
    """How far the intake of one data set is. `added` or `failed` is set when it has ended."""

    name: str
    progress: Progress | None = None
    added: Added | None = None
    failed: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def under_way(self) -> bool:
        """False once it has ended, in whichever way."""
        return self.added is None and not self.failed


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
            events = add_own(source, name, settings)
            self.current = Intake(name)
        threading.Thread(target=_work, args=(self.current, events), daemon=True, name="intake").start()
        return self.current

    def clear(self) -> None:
        """Forget an intake that has ended."""
        with self._lock:
            if self.current is not None and not self.current.under_way:
                self.current = None


@cache
def desk() -> Desk:
    """The desk of this server."""
    return Desk()


def _work(intake: Intake, events: Generator[Progress | Added, None, None]) -> None:
    try:
        for event in events:
            if isinstance(event, Added):
                intake.added = event
                return
            intake.progress = event
            if intake.stopping.is_set():
                events.close()
                intake.failed = f"{intake.name} was stopped; nothing of it was kept."
                return
    except LabError as error:
        intake.failed = str(error)
