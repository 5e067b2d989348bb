"""What a source of pictures holds, and the limits under which it is read."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from aecore.data.pictures import LIMITS, PictureLimits, shown_name
from aecore.errors import DataError

# What operating systems and viewers leave between pictures. Nobody wants to hear of it.
_LITTER: Final = ("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin")


@dataclass(frozen=True)
class Entry:
    """One file that may be a picture. Its path orders and classifies; it is never written to."""

    folders: tuple[str, ...]
    name: str
    read: Callable[[], bytes]  # raises PictureError, or DataError when the whole source goes too far

    @property
    def path(self) -> str:
        """Folders and name as one line of text."""
        return shown_path((*self.folders, self.name))


@dataclass(frozen=True)
class SourceLimits:
    """The most that one source may hold."""

    files: int = 100_000
    total_bytes: int = 64 * 2**30  # read or unpacked, counted while reading
    ratio: int = 200  # unpacked to packed bytes of one entry; a picture that shrinks more is drawn by a program
    picture: PictureLimits = LIMITS


class Budget:
    """Counts the bytes read from a source, from any number of threads."""

    def __init__(self, most: int):
        self._most = most
        self._spent = 0
        self._lock = threading.Lock()

    def spend(self, count: int) -> None:
        """DataError once more has been read than may be."""
        with self._lock:
            self._spent += count
            if self._spent > self._most:
                raise too_much(self._most)


def too_much(most: int) -> DataError:
    """The refusal of a source that holds too many bytes."""
    return DataError(f"The pictures have more than {most / 2**30:,.3g} GiB together: divide them into several sets.")


def too_many(files: int) -> DataError:
    """The refusal of a source that holds too many files."""
    return DataError(f"There are more than {files:,} files, which is the limit: divide them into several sets.")


def split_path(path: str) -> tuple[str, ...]:
    """The parts of a path as archives and browsers spell it, with either slash."""
    return PurePosixPath(path.replace("\\", "/")).parts


def is_litter(parts: tuple[str, ...]) -> bool:
    """Whether a path is hidden or left by an operating system: ignored without a word."""
    return any((part.startswith(".") and part != "..") or part.lower() in _LITTER for part in parts)


def shown_path(parts: tuple[str, ...]) -> str:
    """A path as one line of text."""
    return shown_name("/".join(parts))
