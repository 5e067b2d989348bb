"""Pixel images laid out and written as PNG."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from aecore.errors import SettingError
from aecore.plots.pictures import as_bytes, image_grid, png_bytes, png_data_uri


def test_floats_are_rounded_and_cut_off_at_both_ends():
    assert as_bytes(np.float32([-0.2, 0.0, 0.5, 1.0, 1.7])).tolist() == [0, 0, 128, 255, 255]


def test_bytes_stay_as_they_are():
    pixels = np.arange(5, dtype=np.uint8)
    assert as_bytes(pixels) is pixels


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_is_enlarged_to_a_square_and_images_stand_apart(channels):
    images = np.arange(3 * channels * 2 * 2, dtype=np.uint8).reshape(3, channels, 2, 2)
    page = image_grid(images, columns=2, scale=3, gap=1, ground=(9, 8, 7))
    assert page.shape == (2 * 6 + 1, 2 * 6 + 1, 3)
    assert (page[:3, 3:6] == images[0, :, 0, 1]).all()
    assert (page[7:10, :3] == images[2, :, 0, 0]).all()
    assert page[6, 0].tolist() == [9, 8, 7]
    assert page[12, 12].tolist() == [9, 8, 7]


def test_fewer_images_than_columns_leave_no_empty_places():
    assert image_grid(np.zeros((2, 1, 4, 5), np.uint8), columns=8, scale=1, gap=0).shape == (4, 10, 3)


@pytest.mark.parametrize("changes", [{"columns": 0}, {"scale": 0}, {"gap": -1}])
def test_a_grid_that_cannot_be_drawn_is_refused(changes):
    with pytest.raises(SettingError, match="cannot be drawn"):
        image_grid(np.zeros((1, 1, 2, 2), np.uint8), **changes)


def test_no_image_is_refused():
    with pytest.raises(SettingError, match="at least one image"):
        image_grid(np.zeros((0, 1, 2, 2), np.uint8))


@pytest.mark.parametrize("shape", [(1, 6, 5), (3, 6, 5), (6, 5, 3)])
def test_a_png_holds_exactly_these_pixels(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    read = np.asarray(Image.open(io.BytesIO(png_bytes(picture))))
    expected = picture if shape[2] == 3 else picture.transpose(1, 2, 0)
    assert np.array_equal(read, expected.squeeze())


def test_an_address_for_html_holds_the_same_file():
    picture = np.zeros((1, 2, 2), np.uint8)
    head, _, content = png_data_uri(picture).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == png_bytes(picture)
