"""Zip archives from strangers.

Nothing in an archive is believed: sizes are counted while unpacking, names only order and classify, and no entry is
ever written to disk. Links, encrypted entries, archives within the archive and names that lead out of it are left
out with a reason; an archive that cannot be opened at all is a DataError.
"""

import io
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from aecore.data.entries import (
    Budget,
    Entry,
    SourceLimits,
    is_litter,
    shown_path,
    split_path,
    too_many,
    too_much,
)
from aecore.data.formats import HEAD_BYTES
from aecore.data.pictures import refuse_head, too_many_bytes
from aecore.data.skipped import Skipped
from aecore.errors import DataError, PictureError

_CHUNK: Final = 2**20
_RATIO_FROM: Final = 4 * 2**20  # below this many bytes a high ratio does no harm
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1

_DIRECTORY_ENTRY, _DIRECTORY_END = b"PK\x01\x02", b"PK\x05\x06"
_END_SEARCHED: Final = 2**16 + 200  # the end record, its longest comment and the records of large archives before it


@contextmanager
def opened_zip(
    name: str, content: Path | bytes, limits: SourceLimits, budget: Budget
) -> Iterator[tuple[list[Entry], list[Skipped]]]:
    """The files of the archive `name` while the context is open. DataError when it cannot be opened or is too large."""
    with (
        content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file,
        _opened(name, file, limits) as archive,
    ):
        yield _listed(archive, limits, budget)


def _opened(name: str, file: io.BufferedReader | io.BytesIO, limits: SourceLimits) -> zipfile.ZipFile:
    try:
        if _entries_at_most(file) > limits.files:
            raise too_many(limits.files)
        archive = zipfile.ZipFile(file)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # the parser of a stranger's file: whatever it raises means a damaged archive
        raise DataError(
            f"{name}: this zip archive is damaged and cannot be opened: pack the pictures again."
        ) from error
    if sum(info.file_size for info in archive.infolist()) > limits.total_bytes:
        archive.close()
        raise too_much(limits.total_bytes)
    return archive


def _entries_at_most(file: io.BufferedReader | io.BytesIO) -> int:
    """Upper bound for the number of entries, before the parser makes an object of each. Leaves the file at its start.

    A count in a header may lie. The entries of the directory cannot: they are counted by their signature, from where
    the directory can begin at the earliest to the end of the file.
    """
    length = file.seek(0, io.SEEK_END)
    file.seek(max(0, length - _END_SEARCHED))
    tail = file.read()
    end = tail.rfind(_DIRECTORY_END)
    directory_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")  # of an archive beyond 4 GiB: all ones
    file.seek(max(0, length - _END_SEARCHED - directory_bytes))
    entries, carried = 0, b""
    while chunk := file.read(_CHUNK):
        entries += (carried + chunk).count(_DIRECTORY_ENTRY)
        carried = chunk[-3:]
    file.seek(0)
    return entries


def _listed(archive: zipfile.ZipFile, limits: SourceLimits, budget: Budget) -> tuple[list[Entry], list[Skipped]]:
    reader = _Reader(archive, limits, budget)
    entries, skipped = [], []
    for info in archive.infolist():
        parts = split_path(info.filename)
        if is_litter(parts) or (parts and info.is_dir()):
            continue
        if refusal := _refusal(info, parts):
            skipped.append(Skipped(shown_path(parts), refusal))
        else:
            entries.append(Entry(parts[:-1], parts[-1], partial(reader.read, info)))
    return entries, skipped


def _refusal(info: zipfile.ZipInfo, parts: tuple[str, ...]) -> str:
    """Why an entry is not even opened; nothing when it may be."""
    mode = info.external_attr >> 16
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        return "its name is empty or leads out of the archive: pack the pictures again from their folder."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "this is a link or a special file: pack the picture itself."
    if info.flag_bits & _ENCRYPTED:
        return "this is encrypted: unpack the archive with its password and give the folder."
    if info.compress_type not in _METHODS:
        return "this is packed by a rare method: pack it again as an ordinary zip archive."
    return ""


class _Reader:
    """Unpacks one entry at a time: the parser was not made for several threads."""

    def __init__(self, archive: zipfile.ZipFile, limits: SourceLimits, budget: Budget):
        self._archive = archive
        self._limits = limits
        self._budget = budget
        self._lock = threading.Lock()

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """The unpacked bytes. PictureError when they are no picture, too many or damaged."""
        name = shown_path(split_path(info.filename))
        try:
            with self._lock, self._archive.open(info) as stream:
                return self._unpacked(name, stream.read, info.compress_size)
        except (DataError, MemoryError):
            raise
        except Exception as error:
            raise PictureError(name, "its part of the archive is damaged: pack it again.") from error

    def _unpacked(self, name: str, read: Callable[[int], bytes], packed: int) -> bytes:
        content = bytearray()
        while chunk := read(_CHUNK if content else HEAD_BYTES):
            if not content:
                refuse_head(name, chunk)
            content += chunk
            self._budget.spend(len(chunk))
            if len(content) > self._limits.picture.file_bytes:
                raise too_many_bytes(name, self._limits.picture.file_bytes)
            if len(content) > max(_RATIO_FROM, self._limits.ratio * packed):
                raise PictureError(
                    name,
                    f"it unpacks to more than {self._limits.ratio} times its packed size, as no picture does: "
                    "give the picture unpacked.",
                )
        return bytes(content)
