"""Tiles: they cover the picture, come back as it was, and are filled up by reflection."""

import numpy as np
import pytest

from aecore.compression.tiles import grid, picture_of, tiles_of
from tests.compression.made import picture


@pytest.mark.parametrize("size", [(8, 8), (9, 7), (1, 1), (3, 40), (17, 24)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_comes_back_from_its_tiles(size, channels):
    shown = picture((channels, *size))
    tiles = tiles_of(shown, (8, 5))
    assert len(tiles) == np.prod(grid(size, (8, 5)))
    assert tiles.shape[1:] == (channels, 8, 5)
    assert np.array_equal(picture_of(tiles, size), shown)


def test_what_is_missing_is_the_picture_reflected_at_its_edge():
    (tile,) = tiles_of(np.array([[[1, 2, 3]]], dtype=np.uint8), (1, 5))
    assert tile.tolist() == [[[1, 2, 3, 2, 1]]]


def test_tiles_lie_row_after_row():
    tiles = tiles_of(np.arange(6, dtype=np.uint8).reshape(1, 2, 3), (1, 1))
    assert tiles.ravel().tolist() == [0, 1, 2, 3, 4, 5]
