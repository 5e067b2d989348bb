"""The one way out for pictures: pixels become a file with nothing in it but pixels, the same bytes every time.

    png    lossless          webp   lossless
    tiff   lossless          jpeg   95 of 100, colour at full resolution

No metadata is written: what a camera put beside the pixels (place, time, owner) does not travel.
"""

import io
from pathlib import PurePath
from typing import Any, Final

import numpy as np
from PIL import Image

from aecore.data.image_set import Pixels
from aecore.errors import SettingError

FORMATS: Final = {"png": "PNG", "webp": "WEBP", "tiff": "TIFF", "jpeg": "JPEG"}
SUFFIXES: Final = {".png": "png", ".webp": "webp", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg"}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "png": {"compress_level": 6},
    "webp": {"lossless": True, "method": 4},
    "tiff": {"compression": "tiff_adobe_deflate"},
    "jpeg": {"quality": 95, "subsampling": 0},
}
_LARGEST_WEBP: Final = 16_383


def picture_file(pixels: Pixels, kind: str = "png") -> bytes:
    """uint8 [height, width, 1 or 3] as a file. SettingError for a format that is not offered, or too small a one."""
    if kind not in FORMATS:
        raise SettingError(f"The format is {kind!r}: choose one of {', '.join(FORMATS)}.")
    if kind == "webp" and max(pixels.shape[:2]) > _LARGEST_WEBP:
        raise SettingError(f"A WebP has at most {_LARGEST_WEBP:,} pixels a side: choose png.")
    plain = np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    file = io.BytesIO()
    Image.fromarray(plain).save(file, FORMATS[kind], **_OPTIONS[kind])
    return file.getvalue()


def format_of(name: str) -> str:
    """The format that a file name asks for. SettingError for a suffix that is not offered."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingError(f"{name} ends with {suffix or 'no suffix'}: choose one of {', '.join(SUFFIXES)}.")
    return SUFFIXES[suffix]
