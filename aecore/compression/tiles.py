"""Pictures of any size as tiles of the one size that a model takes, and back.

Tiles lie side by side from the top left corner. The last of a row or column, and a picture smaller than one tile, are
filled up by reflecting the picture at its edge, which gives the model nothing new to code.
"""

import numpy as np

from aecore.data.image_set import Pixels

Size = tuple[int, int]  # height, width


def grid(size: Size, tile: Size) -> tuple[int, int]:
    """How many tiles lie below each other, and side by side."""
    return -(-size[0] // tile[0]), -(-size[1] // tile[1])


def tiles_of(picture: Pixels, tile: Size) -> Pixels:
    """[channels, height, width] -> [tiles, channels, *tile], row after row."""
    channels, height, width = picture.shape
    down, across = grid((height, width), tile)
    missing = (0, 0), (0, down * tile[0] - height), (0, across * tile[1] - width)
    filled = np.pad(picture, missing, "reflect")
    parts = filled.reshape(channels, down, tile[0], across, tile[1])
    return np.ascontiguousarray(parts.transpose(1, 3, 0, 2, 4).reshape(-1, channels, *tile))


def picture_of(tiles: Pixels, size: Size) -> Pixels:
    """[tiles, channels, *tile] -> [channels, *size]: the other way."""
    _, channels, *tile = tiles.shape
    down, across = grid(size, (tile[0], tile[1]))
    parts = tiles.reshape(down, across, channels, *tile).transpose(2, 0, 3, 1, 4)
    whole = parts.reshape(channels, down * tile[0], across * tile[1])
    return np.ascontiguousarray(whole[:, : size[0], : size[1]])
