"""status.json while a process holds the run: values in memory, on disk after every change and every second."""

import json
import threading
import time
from pathlib import Path
from typing import Any

from aecore.errors import RunError
from aecore.runs.files import read_object, write_file

HEARTBEAT_S = 0.8  # a status older than this is written again, so that it is never a second old
FORMAT = 1


class LiveStatus:
    """The status of a run that this process holds. Threads may share it."""

    def __init__(self, path: Path):
        """Go on from what is stored; a damaged file is replaced with the next change."""
        self._path = path
        self._mutex = threading.Lock()
        self._written = 0.0
        try:
            self._values = read_object(path)
        except RunError:
            self._values = {}

    def __getitem__(self, key: str) -> Any:
        """A stored value; None when there is none."""
        return self._values.get(key)

    def update(self, sync: bool = False, **changes: Any) -> None:
        """Change values and write. RunError when the disk is full."""
        with self._mutex:
            self._values |= changes
            self._write(sync)

    def beat(self) -> None:
        """Show that the process lives, if nothing was written lately. A full disk is left to the next `update`."""
        with self._mutex:
            if time.monotonic() - self._written < HEARTBEAT_S:
                return
            try:
                self._write(sync=False)
            except RunError:
                return

    def _write(self, sync: bool) -> None:
        self._written = time.monotonic()
        values = {"format": FORMAT, **self._values, "heartbeat": time.time()}
        write_file(self._path, json.dumps(values, indent=1).encode(), sync)
