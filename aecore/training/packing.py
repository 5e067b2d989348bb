"""Files of arrays packed with xz, as starter runs ship: a sixth to a half smaller, read like any other.

A packed file has the name that it would have otherwise and is known by its first bytes. What it unpacks to is bounded:
a stranger's file of a few kilobytes must not fill the memory.
"""

import lzma
from pathlib import Path
from typing import Final

XZ: Final = b"\xfd7zXZ\x00"
MOST_BYTES: Final = 64 * 2**20  # unpacked


def packed(content: bytes) -> bytes:
    """The content, packed."""
    return lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)


def unpacked(path: Path) -> bytes | None:
    """What a packed file holds; None for one that is not packed. OSError when it cannot be read, ValueError when it
    is damaged or unpacks to more than 64 MiB."""
    with path.open("rb") as file:
        head = file.read(len(XZ))
        if head != XZ:
            return None
        content = head + file.read()
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        found = reader.decompress(content, MOST_BYTES + 1)
    except lzma.LZMAError as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error
    if len(found) > MOST_BYTES:
        raise ValueError(f"it unpacks to more than {MOST_BYTES / 2**20:.0f} MiB")
    if not reader.eof:
        raise ValueError("it is cut short")
    return found
