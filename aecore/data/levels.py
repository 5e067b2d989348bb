"""From whatever levels a picture file holds to 8 bits of grey or RGB.

1 bit, palette, grey, RGB     as they are; grey stays grey
transparency                  laid on a plain background
CMYK                          RGB by the plain formula, without a colour profile
16 bits                       divided by 257, so that 65,535 becomes 255 (12 bits: by 4,095 / 255)
32 bits, whole or fractions   no white is agreed on: 0 to 1 (fractions only), 0 to 255 and 0 to 65,535 are taken
                              as such ranges, anything else is stretched from its smallest to its largest value
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from aecore.data.image_set import Pixels
from aecore.errors import PictureError

_GREY_MODES: Final = ("1", "L", "LA", "La")
_PLAIN_MODES: Final = (*_GREY_MODES, "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr")
_DEEP_MODES: Final = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0


def holds_grey(image: ImageFile) -> bool:
    """Whether a picture that is not loaded yet is grey. PNG keeps 16-bit grey with alpha under the mode RGBA."""
    return image.mode in (*_GREY_MODES, *_DEEP_MODES) or any(tile.args == "LA;16B" for tile in image.tile)


def eight_bits(name: str, image: ImageFile, grey: bool, background: int) -> tuple[Pixels, list[str]]:
    """[height, width, 1 or 3] as stored, not turned yet, and what was done to get there."""
    if image.mode in _DEEP_MODES:
        return _from_deep(name, image, background)
    if image.mode not in _PLAIN_MODES:
        raise PictureError(name, f"the picture is in the colour space {image.mode}: save it as grey, RGB or CMYK.")
    flat, done = _laid_on(image, background) if image.has_transparency_data else (image, [])
    pixels = np.asarray(_as_mode("L" if grey else "RGB", flat))
    if image.mode == "CMYK":
        done = ["CMYK converted to RGB"]
    return (pixels[:, :, None] if grey else pixels), done


def _laid_on(image: Image.Image, background: int) -> tuple[Image.Image, list[str]]:
    straight = image.convert("LA") if image.mode == "La" else image  # premultiplied grey has no direct way to RGBA
    clear = _as_mode("RGBA", straight)
    if clear.getchannel("A").getextrema()[0] == 255:  # an alpha channel that hides nothing
        return clear, []
    page = Image.new("RGB", image.size, (background, background, background))
    page.paste(clear, mask=clear)
    return page, ["transparency laid on a plain background"]


def _as_mode(mode: str, image: Image.Image) -> Image.Image:
    """`image` in another mode, itself when it has it: a copy of a large picture costs hundreds of megabytes."""
    return image if image.mode == mode else image.convert(mode)


def _from_deep(name: str, image: ImageFile, background: int) -> tuple[Pixels, list[str]]:
    """Grey of 16 or 32 bits. The decoder's own conversion would clip it at 255."""
    levels = np.asarray(image)
    tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
    if image.mode.startswith("I;16"):
        white = 2 ** min(16, tags.get(_TIFF_BITS, (16,))[0]) - 1  # 12-bit cameras
        grey = ((levels.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)
        done = "16 bits reduced to 8"
    else:
        grey, done = _from_open_range(name, levels)
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        grey = 255 - grey
    if "transparency" in image.info:  # one level stands for clear
        grey = np.where(levels == image.info["transparency"], np.uint8(background), grey)
    return grey[:, :, None], [done]


def _from_open_range(name: str, levels: npt.NDArray[np.int32] | npt.NDArray[np.float32]) -> tuple[Pixels, str]:
    """32-bit levels, for which no white is agreed on: see the head of this module."""
    values = levels.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise PictureError(name, "some of its pixels are not finite numbers: save it as 8 or 16 bits.")
    whites = (255.0, 65535.0) if levels.dtype == np.int32 else (1.0, 255.0, 65535.0)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    if white is not None:
        return np.rint(values * (255 / white)).astype(np.uint8), f"levels of 0 to {white:g} reduced to 8 bits"
    grey = np.rint((values - low) * (255 / (high - low or 1.0))).astype(np.uint8)
    return grey, f"levels of {low:g} to {high:g} stretched to 8 bits"
