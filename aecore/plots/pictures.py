"""Pixel images as they are shown everywhere: enlarged by nearest neighbour, one beside the other.

Needs neither Plotly nor torch.
"""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from aecore.errors import SettingError

Pixels = npt.NDArray[np.uint8]
Pictures = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


def as_bytes(images: Pictures) -> Pixels:
    """Floats in [0, 1] as uint8, rounded and cut off at both ends; uint8 as it is."""
    if images.dtype == np.uint8:
        return np.asarray(images, dtype=np.uint8)
    return np.asarray(np.rint(np.clip(images, 0.0, 1.0) * 255), dtype=np.uint8)


def image_grid(
    images: Pictures, columns: int = 8, scale: int = 2, gap: int = 2, ground: tuple[int, int, int] = (255, 255, 255)
) -> Pixels:
    """[n, channels, height, width] row by row as one RGB picture [height, width, 3].

    Every pixel becomes `scale` x `scale`; `gap` pixels of the colour `ground` lie between images. SettingError for
    no image or numbers that leave nothing to see.
    """
    if not len(images) or columns < 1 or scale < 1 or gap < 0:
        raise SettingError(
            f"A grid of {len(images)} images in {columns} columns, enlarged {scale} times with gaps of {gap} pixels, "
            "cannot be drawn: give at least one image, column and scale."
        )
    tiles = as_bytes(images).transpose(0, 2, 3, 1).repeat(scale, 1).repeat(scale, 2)
    tiles = tiles.repeat(3, 3) if tiles.shape[3] == 1 else tiles
    _, height, width, _ = tiles.shape
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    page = np.empty((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), np.uint8)
    page[:] = ground
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        page[top : top + height, left : left + width] = tile
    return page


def png_bytes(picture: Pixels) -> bytes:
    """A PNG file of [height, width, 3] or one image [channels, height, width] with 1 or 3 channels."""
    if picture.shape[0] in (1, 3) and picture.shape[-1] not in (1, 3):
        picture = picture.transpose(1, 2, 0)
    file = io.BytesIO()
    whole = Image.fromarray(np.ascontiguousarray(picture[:, :, 0] if picture.shape[2] == 1 else picture))
    whole.save(file, "PNG", compress_level=1)
    return file.getvalue()


def png_data_uri(picture: Pixels) -> str:
    """The same as an address for HTML."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode()
