"""Fitting a picture of any size to the one size and the channels that a model or a data set takes.

    crop   the largest centred part of the wanted shape, resized
    pad    the whole picture, resized to fit inside, centred; the rest takes the median colour of the picture's own
           border, so that a white page stays white and a black plate stays black

Instead of one image a picture can give many: squares that lie side by side on it (`patches_of`), which keep its detail.

Resizing is Lanczos with three lobes, widened when shrinking so that nothing aliases (Duchon, "Lanczos Filtering in
One and Two Dimensions", J. Applied Meteorology 18, 1979). Grey is the luma of ITU-R BT.601:
0.299 red + 0.587 green + 0.114 blue.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from aecore.data.image_set import Pixels
from aecore.data.pictures import Picture
from aecore.errors import SettingError

FITS: Final = ("crop", "pad")
PATCHES: Final = "patches"
Size = tuple[int, int]  # height, width


@dataclass(frozen=True, eq=False)
class Fitted:
    """A picture as a model takes it, and in words what was done to it."""

    name: str
    pixels: Pixels  # [channels, height, width]
    how: str


def fit_picture(picture: Picture, size: int | Size, fit: str = "crop", channels: int = 3) -> Fitted:
    """`picture` at `size` (a side, or height and width) with 1 or 3 channels. SettingError for other choices."""
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise SettingError(f"The size is {width} x {height}: choose at least one pixel a side.")
    if channels not in (1, 3):
        raise SettingError(f"The number of channels is {channels}: choose 1 (grey) or 3 (RGB).")
    if fit not in FITS:
        raise SettingError(f"The way to fit is {fit!r}: choose one of {', '.join(FITS)}.")
    image, recoloured = _with_channels(picture.pixels, channels)
    if fit == "crop":
        fitted, reshaped = _cropped(image, picture, (height, width))
    else:
        fitted, reshaped = _padded(image, picture, (height, width))
    pixels = np.asarray(fitted)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    how = ", ".join([*picture.notes, *recoloured, *reshaped]) or "taken as it is"
    return Fitted(picture.name, np.ascontiguousarray(pixels), how)


def patches_of(picture: Picture, size: int, shrink: float, channels: int) -> list[Fitted]:
    """Squares of `size` pixels a side that lie side by side on `picture` made `shrink` times smaller, row by row.

    What does not fill a square at the edges is left out, on both sides as much. None where the picture is too small.
    SettingError for other channels than 1 and 3.
    """
    if channels not in (1, 3):
        raise SettingError(f"The number of channels is {channels}: choose 1 (grey) or 3 (RGB).")
    image, recoloured = _with_channels(picture.pixels, channels)
    width, height = (max(1, round(side / shrink)) for side in (picture.width, picture.height))
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    down, across = height // size, width // size
    top, left = (height - down * size) // 2, (width - across * size) // 2
    how = ", ".join([*picture.notes, *recoloured, f"made {shrink:g} times smaller, cut into squares"])
    return [
        Fitted(
            f"{picture.name} ({row + 1}, {column + 1})",
            np.ascontiguousarray(pixels[top + row * size :, left + column * size :][:size, :size].transpose(2, 0, 1)),
            how,
        )
        for row in range(down)
        for column in range(across)
    ]


def inverted(fitted: Fitted) -> Fitted:
    """Dark and light exchanged: a drawing on white paper for a model that learned light strokes on black."""
    return replace(fitted, pixels=255 - fitted.pixels, how=f"{fitted.how}, dark and light exchanged")


def _with_channels(pixels: Pixels, channels: int) -> tuple[Image.Image, list[str]]:
    if pixels.shape[2] == 1:
        grey = Image.fromarray(pixels[:, :, 0])
        return (grey, []) if channels == 1 else (grey.convert("RGB"), ["grey repeated in three channels"])
    colour = Image.fromarray(pixels)
    return (colour, []) if channels == 3 else (colour.convert("L"), ["converted to grey"])


def _cropped(image: Image.Image, picture: Picture, size: Size) -> tuple[Image.Image, list[str]]:
    height, width = size
    kept = _largest_inside((picture.height, picture.width), size)
    done = [] if kept == (picture.height, picture.width) else [f"cropped {_by(picture)} to {kept[1]} x {kept[0]}"]
    # The pixels may be a fraction of the picture; the part to keep is the same share of them, in whole pixels.
    part_height, part_width = _largest_inside((image.height, image.width), size)
    left, top = (image.width - part_width) // 2, (image.height - part_height) // 2
    if kept != size:
        done.append(f"resized to {width} x {height}")
    box = (left, top, left + part_width, top + part_height)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box), done


def _largest_inside(outer: Size, shape: Size) -> Size:
    """The largest height and width with the proportions of `shape` inside `outer`, in whole pixels."""
    height, width = shape
    scale = min(outer[0] / height, outer[1] / width)
    return max(1, min(outer[0], round(height * scale))), max(1, min(outer[1], round(width * scale)))


def _padded(image: Image.Image, picture: Picture, size: Size) -> tuple[Image.Image, list[str]]:
    height, width = size
    inner = _largest_inside(size, (picture.height, picture.width))
    done = []
    if inner != (picture.height, picture.width):
        done.append(f"resized {_by(picture)} to {inner[1]} x {inner[0]}")
    image = image.resize((inner[1], inner[0]), Image.Resampling.LANCZOS)  # a copy where nothing changes
    if inner == size:
        return image, done
    page = Image.new(image.mode, (width, height), _border_colour(image))
    page.paste(image, ((width - inner[1]) // 2, (height - inner[0]) // 2))
    return page, [*done, f"padded to {width} x {height}"]


def _border_colour(image: Image.Image) -> tuple[int, ...]:
    pixels = np.atleast_3d(np.asarray(image))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(level) for level in np.median(border, axis=0))


def _by(picture: Picture) -> str:
    return f"{picture.width} x {picture.height}"
