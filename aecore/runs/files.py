"""Writing so that a kill at any moment leaves either the old file or the new one, and reading what may be damaged."""

import errno
import json
import os
from pathlib import Path
from typing import Any

from aecore.errors import RunError

AND_THEN = "resume the run, it goes on from its last checkpoint"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_file(path: Path, content: bytes, sync: bool = True, then: str = AND_THEN) -> None:
    """Replace `path` in one step. With `sync` it also outlasts a power cut. `then` is what to do after an error.

    RunError when the disk is full or the folder cannot be written; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise write_error(error, path.name, len(content), then) from error
    if sync:
        _sync_folder(path.parent)


def append_line(path: Path, line: str, sync: bool = True) -> None:
    """Append one line. RunError as for `write_file`; a line that was cut off is no line when read."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise write_error(error, path.name, len(line)) from error


def write_error(error: OSError, name: str, size: int, then: str = AND_THEN) -> RunError:
    """The sentence for a file that could not be written; `then` is what to do when the way is free."""
    if error.errno in FULL:
        return RunError(
            f"The disk is full: {name} ({megabytes(size)}) could not be written. Free some space and {then}."
        )
    return RunError(f"{name} could not be written ({error.strerror}): make the folder of the runs writable and {then}.")


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object. RunError when the file is missing, unreadable or anything else."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path.name} is damaged ({_short(error)})") from None
    if not isinstance(values, dict):
        raise RunError(f"{path.name} is damaged (it is no JSON object)")
    return values


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file of lines. A line that was cut off or cannot be read is left out."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    found = (_object_or_none(line) for line in content.splitlines())
    return [each for each in found if each is not None]


def megabytes(size: int) -> str:
    """A size as a person reads it."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def _object_or_none(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def _sync_folder(folder: Path) -> None:
    """The new name outlasts a power cut only when its folder is on the disk too; not every system can do that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)
