"""The one way in for every picture that comes from outside: bytes of a stranger in, upright 8-bit pixels out.

    head -> format, by content -> limits, before any pixel is decoded -> decode -> upright -> grey or RGB, 8 bits

What is our own choice:
- Only the first frame counts; EXIF orientation is applied; grey stays grey.
- Colour profiles are not read: they would be one more parser to attack.
- A decoder is an outermost edge: whatever it raises becomes a PictureError that names the file. Only lack of memory
  passes.

Nothing here changes a global of the decoder, so any number of threads may read pictures at once.
"""

import io
import os
import re
import stat
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from aecore.data.formats import ACCEPTED, HEAD_BYTES, PACKED, kind_of, picture_format
from aecore.data.image_set import Pixels
from aecore.data.levels import eight_bits, holds_grey
from aecore.errors import PictureError

WHITE: Final = 255

# The decoders by name and not through Image.open, which tries formats in turn and warns, process-wide, by limits of
# its own before ours could be looked at. A phone's multi-picture JPEG is its first picture this way.
_DECODERS: Final[dict[str, Callable[[io.BytesIO], ImageFile]]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WebP": WebPImageFile,
    "AVIF": AvifImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
}

# EXIF orientation -> what brings [height, width, channels] upright.
_TURNS: Final[dict[int, Callable[[Pixels], Pixels]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}
_LYING: Final = (5, 6, 7, 8)  # those that exchange width and height

# A progressive JPEG draws the whole picture once per scan. Honest ones have about ten; a few kilobytes can hold
# thousands, each as expensive as the whole picture.
_MOST_SCANS: Final = 100
_JPEG_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\x01\xd0-\xd7])")
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_SCAN_BYTES: Final = b"\xff\xda"

# One very large picture needs hundreds of megabytes while it is decoded: however many threads, one at a time.
_LARGE_PIXELS: Final = 16_000_000
_one_large_picture: Final = threading.Lock()


@dataclass(frozen=True)
class PictureLimits:
    """The most that one picture may be. 64 million pixels let the 50-megapixel cameras of phones through."""

    file_bytes: int = 64 * 2**20
    pixels: int = 64_000_000
    side: int = 16_384


LIMITS: Final = PictureLimits()


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, upright, as 8-bit grey or RGB."""

    name: str
    pixels: Pixels  # [height, width, 1 or 3]; fewer than `height` x `width` when a fraction was enough
    height: int  # of the picture as it came, upright
    width: int
    format: str
    notes: tuple[str, ...]  # what was done to it on the way in, as pieces of a sentence


def read_picture(
    name: str,
    data: bytes | Path,
    limits: PictureLimits = LIMITS,
    *,
    background: int = WHITE,
    enough: int | None = None,
) -> Picture:
    """Take in one picture from its bytes or its file; PictureError says why not and what to do.

    Transparent parts show the grey level `background`. With `enough`, the caller will shrink the picture to that
    many pixels a side: a larger JPEG is then decoded at a fraction of its size, which is many times faster, never
    below twice what is enough.
    """
    name = shown_name(name)
    content = read_file(name, data, limits.file_bytes) if isinstance(data, Path) else data
    refuse_head(name, content[:HEAD_BYTES])
    if len(content) > limits.file_bytes:
        raise too_many_bytes(name, limits.file_bytes)
    format_name = str(picture_format(content[:HEAD_BYTES]))
    try:
        return _decode(name, content, format_name, limits, background, enough)
    except (PictureError, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # a decoder that looks at the size by itself before it tells us
        raise PictureError(name, f"the picture is too large. {_size_limits(limits)}") from error
    except Exception as error:
        raise PictureError(
            name, f"this {format_name} is cut short or damaged and cannot be decoded: copy or save it again."
        ) from error


def shown_name(name: str, longest: int = 120) -> str:
    """A stranger's file name made fit for one line of text: no control characters, not too long."""
    text = name.encode("utf-8", "replace").decode("utf-8")  # lone surrogates stand for bytes that are no text
    line = "".join(letter if letter.isprintable() else "?" for letter in text).strip() or "(no name)"
    if len(line) <= longest:
        return line
    kept = (longest - 3) // 2
    return f"{line[:kept]}...{line[-kept:]}"


def read_file(name: str, path: Path, most: int) -> bytes:
    """The bytes of a picture file. PictureError when it is no picture, has more than `most` bytes or is unreadable.

    Only regular files are read: a pipe or a device might never end.
    """
    try:
        # Without O_NONBLOCK opening a pipe would wait for a writer. Windows needs O_BINARY and lacks the other.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PictureError(name, "this is no regular file: give the pictures themselves.")
            head = file.read(HEAD_BYTES)
            refuse_head(name, head)
            content = head + file.read(most + 1 - len(head))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise PictureError(
            name, f"the file cannot be read ({reason}): check that it exists and may be read."
        ) from error
    if len(content) > most:
        raise too_many_bytes(name, most)
    return content


def refuse_head(name: str, head: bytes) -> None:
    """PictureError unless a file that begins with `head` is one of the accepted pictures."""
    if not head:
        raise PictureError(name, "the file is empty: copy it again from where it came.")
    if picture_format(head) is not None:
        return
    kind = kind_of(head)
    if kind == PACKED:
        raise PictureError(name, "this is a zip archive or an office document: unpack it and give its pictures.")
    raise PictureError(name, f"this is {kind}: give pictures as {ACCEPTED}.")


def too_many_bytes(name: str, most: int) -> PictureError:
    """The refusal of a file that is too long."""
    return PictureError(name, f"the file has more than {most / 2**20:,.0f} MiB, which is the limit: save it smaller.")


def _decode(
    name: str, content: bytes, format_name: str, limits: PictureLimits, background: int, enough: int | None
) -> Picture:
    with _DECODERS[format_name](io.BytesIO(content)) as image:
        _check_size(name, image.size, limits)
        if format_name == "JPEG" and _scans(content) > _MOST_SCANS:
            raise PictureError(name, f"the JPEG is drawn in more than {_MOST_SCANS} passes: save it again.")
        width, height = image.size
        notes = ["first of several pictures"] if getattr(image, "is_animated", False) else []
        if enough is not None:
            image.draft(None, (2 * enough, 2 * enough))
        grey = holds_grey(image)
        with _memory_for(image.size):
            image.load()
            _check_size(name, image.size, limits)  # a first frame may be larger than the page it claims to lie on
            orientation = _orientation(image)
            pixels, done = eight_bits(name, image, grey, background)
            pixels = _TURNS.get(orientation, np.asarray)(pixels)
    if orientation in _TURNS:
        notes.append("turned upright")
    if orientation in _LYING:
        width, height = height, width
    return Picture(name, np.ascontiguousarray(pixels), height, width, format_name, (*notes, *done))


def _memory_for(size: tuple[int, int]) -> AbstractContextManager[object]:
    return _one_large_picture if size[0] * size[1] > _LARGE_PIXELS else nullcontext()


def _check_size(name: str, size: tuple[int, int], limits: PictureLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError(name, "the picture has no pixels: save it again.")
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise PictureError(name, f"the picture has {width:,} x {height:,} pixels. {_size_limits(limits)}")


def _size_limits(limits: PictureLimits) -> str:
    return f"The limit is {limits.side:,} a side and {limits.pixels / 1e6:,.0f} million in all: make it smaller first."


def _scans(content: bytes) -> int:
    """How many times a JPEG draws its picture: its start-of-scan markers, up to the end of the first image.

    Only where there could be too many are they told from the same two bytes in a thumbnail or a video after the end.
    """
    if (at_most := content.count(_SCAN_BYTES)) <= _MOST_SCANS:
        return at_most
    scans, position = 0, 2
    while (found := _JPEG_MARKER.search(content, position)) is not None:
        marker, position = found[1][0], found.end()
        if marker == _END_OF_IMAGE:
            break
        scans += marker == _START_OF_SCAN
        position += int.from_bytes(content[position : position + 2], "big")
    return scans


def _orientation(image: ImageFile) -> int:
    """How EXIF says the camera was held, 1 to 8. Damaged EXIF is no EXIF: the picture itself is what counts."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except MemoryError:
        raise
    except Exception:
        return 1
