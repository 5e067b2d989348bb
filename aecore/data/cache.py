"""A checked cache of arrays: unpacked once, memory-mapped ever after, never trusted unseen.

Each array is one .npy file. It is written under another name, checked by SHA-256 and moved into place in one step,
so a kill at any moment leaves either the whole file or none. Before a file is used its type, shape and SHA-256 are
compared with what they must be (tens of milliseconds for 50 MB); within one process a file that has kept its size
and time of change is not read again. What does not match is unpacked anew. A lock lets one process unpack while
others wait for it.

Where the folder cannot be written (no rights, no space) the arrays stay in memory: the laboratory works, only each
process has to unpack for itself. The log says so.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.errors import DataError

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

LOCK_TIMEOUT_S = 60.0  # unpacking takes seconds; whoever has waited this long unpacks for itself
_log = logging.getLogger(__name__)
_unsaved: dict[Path, Arrays] = {}  # what could not be written, so that a process unpacks it once and not at every load


@dataclass(frozen=True)
class Expected:
    """What an array of the cache must be."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str  # of its values, row by row


def sha256(array: Array) -> str:
    """SHA-256 of an array's values, row by row."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def fetch(folder: Path, expected: Sequence[Expected], unpack: Callable[[], Arrays]) -> Arrays:
    """The expected arrays, read-only: from `folder` when they are sound there, else from `unpack` and then kept there.

    DataError when what `unpack` gives is not what is expected.
    """
    found = _open_all(folder, expected)
    if found is None and folder in _unsaved:
        return _unsaved[folder]
    if found is None:
        found = _rebuild(folder, expected, unpack)
    return found


def _rebuild(folder: Path, expected: Sequence[Expected], unpack: Callable[[], Arrays]) -> Arrays:
    arrays: Arrays | None = None
    try:
        with _lock(folder):
            found = _open_all(folder, expected)  # another process may have been faster
            if found is not None:
                return found
            arrays = _checked(expected, unpack())
            for each in expected:
                _write(folder / f"{each.name}.npy", arrays[each.name])
            found = _open_all(folder, expected)
            if found is not None:
                return found
            _log.warning("%s does not keep what is written there: the data stay in memory", folder)
    except (OSError, TimeoutError) as error:
        _log.warning("%s cannot be used as a cache (%s): the data stay in memory", folder, error)
    _unsaved[folder] = arrays if arrays is not None else _checked(expected, unpack())
    return _unsaved[folder]


def _checked(expected: Sequence[Expected], arrays: Arrays) -> Arrays:
    for each in expected:
        array = arrays[each.name]
        if array.dtype != each.dtype or array.shape != each.shape or sha256(array) != each.sha256:
            raise DataError(f"{each.name} is not what it should be (wrong SHA-256): restore it from the repository.")
        array.setflags(write=False)
    return arrays


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Held by the one process that writes into `folder`; the system frees it when that process dies."""
    from filelock import FileLock  # not needed, and so not imported, when the cache is sound

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock", timeout=LOCK_TIMEOUT_S):
        yield


def _write(path: Path, array: Array) -> None:
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _open_all(folder: Path, expected: Sequence[Expected]) -> Arrays | None:
    """The memory-mapped arrays, or None when one of them is missing or not sound."""
    arrays = {}
    for each in expected:
        array = _open(folder / f"{each.name}.npy", each)
        if array is None:
            return None
        arrays[each.name] = array
    return arrays


def _open(path: Path, expected: Expected) -> Array | None:
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        if array.dtype != expected.dtype or array.shape != expected.shape:
            return None
        state = path.stat()
        sound = _sha256_of_file(path, state.st_size, state.st_mtime_ns, state.st_ino) == expected.sha256
    except (OSError, ValueError, EOFError):  # missing, no .npy file, or shorter than its header says
        return None
    return array if sound else None


@lru_cache(maxsize=256)
def _sha256_of_file(path: Path, _size: int, _changed: int, _inode: int) -> str:
    """SHA-256 of the values in a file; known without reading while size, time of change and inode are the same."""
    return sha256(np.load(path, mmap_mode="r", allow_pickle=False))
