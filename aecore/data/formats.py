"""What a file is, decided by its first bytes and never by its name.

Seven formats are taken in; what else is recognised is recognised only to say so in the refusal.
"""

import codecs
import re
from typing import Final

HEAD_BYTES: Final = 1024  # enough of a file to know what it is
PACKED: Final = "zip"  # what `kind_of` says of an archive that can be opened

ACCEPTED: Final = "PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF"

_PICTURES: Final = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("TIFF", re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+")),
    ("WebP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    # Of the container brands only those that list avif among their compatible brands: HEIC shares the container.
    ("AVIF", re.compile(rb"....ftyp(avi[fs]|(mif1|msf1)....(....){0,12}?avi[fs])", re.DOTALL)),
    ("BMP", re.compile(rb"BM.{8}.{4}[\x0c-\x80]\0\0\0", re.DOTALL)),  # two letters alone would take in much text
)

_OTHERS: Final = (
    (PACKED, re.compile(rb"PK(\x03\x04|\x05\x06)")),
    ("a PDF document", re.compile(rb"%PDF")),
    ("a PostScript drawing (EPS)", re.compile(rb"%!PS|\xc5\xd0\xd3\xc6")),
    ("an SVG drawing", re.compile(rb"\s*(\xef\xbb\xbf)?\s*<(\?xml.*<)?(!.*<)?svg\b", re.DOTALL)),
    ("a HEIC picture, as some phones keep them", re.compile(rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)),
    ("a JPEG 2000 picture", re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51")),
    ("a JPEG XL picture", re.compile(rb"\xff\x0a|\0\0\0\x0cJXL ")),
    ("a Photoshop document", re.compile(rb"8BPS")),
    ("an icon", re.compile(rb"\0\0[\x01\x02]\0.\0", re.DOTALL)),
    ("a video", re.compile(rb"....ftyp|....moov|\x1a\x45\xdf\xa3|RIFF....AVI |\0\0\x01\xba", re.DOTALL)),
    ("a packed archive", re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!|\x1f\x8b|BZh|\xfd7zXZ")),
)

_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def picture_format(head: bytes) -> str | None:
    """The format of the picture that begins with `head`; nothing when it is none of the accepted ones."""
    return next((name for name, pattern in _PICTURES if pattern.match(head)), None)


def is_zip(head: bytes) -> bool:
    """Whether a file that begins with `head` is a zip archive."""
    return kind_of(head) == PACKED


def kind_of(head: bytes) -> str:
    """In words, what a file that begins with `head` is when it is no accepted picture."""
    known = next((name for name, pattern in _OTHERS if pattern.match(head)), None)
    return known or ("text" if _is_text(head) else "no picture of a known kind")


def _is_text(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # not final: a head may end within a letter
    except UnicodeDecodeError:
        return False
    return not _NO_TEXT.search(head)
