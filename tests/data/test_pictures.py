"""Every outside picture comes in as the right pixels or leaves a sentence."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from aecore.data.fitting import fit_picture
from aecore.data.pictures import PictureLimits, read_picture, shown_name
from aecore.errors import PictureError, SettingError
from tests.hostile import BLUE, GREEN, RED, WHITE, Expected, encoded, make_corpus, png, reference, tiff

LOSSY = 6  # how far levels may be off where the format keeps no exact ones


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    return folder, make_corpus(folder)


def corners(pixels):
    return tuple(tuple(int(level) for level in pixels[row, column]) for row in (0, -1) for column in (0, -1))


def mismatch(path: Path, expected: Expected) -> str:
    """What is wrong about the way in which one file was taken or refused; nothing when all is well."""
    try:
        picture = read_picture(path.name, path)
    except PictureError as error:
        if expected.accepted or not re.search(expected.says, error.reason):
            return f"{path.name!r} was refused: {error}"
        return "" if str(error).startswith(shown_name(path.name)) else f"{error} does not name {path.name!r}"
    if not expected.accepted:
        return f"{path.name!r} was taken"
    width, height = expected.size
    if picture.pixels.shape != (height, width, expected.channels) or (picture.width, picture.height) != expected.size:
        return f"{path.name!r} came as {picture.pixels.shape}"
    off = np.abs(np.subtract(corners(picture.pixels), expected.corners)).max()
    return f"{path.name!r} shows {corners(picture.pixels)}" if off > LOSSY else ""


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_every_odd_file_comes_in_with_the_right_corners_or_is_refused_for_the_right_reason(corpus):
    folder, expected = corpus

    wrong = [said for name, outcome in expected.items() if (said := mismatch(folder / name, outcome))]

    assert wrong == []


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
def test_bytes_and_files_are_read_alike(corpus):
    folder, expected = corpus

    for name in [name for name, outcome in expected.items() if outcome.accepted]:
        from_bytes = read_picture(name, (folder / name).read_bytes())
        np.testing.assert_array_equal(from_bytes.pixels, read_picture(name, folder / name).pixels)


def test_sixteen_bits_are_divided_by_257_and_not_clipped():
    row = np.array([0, 128, 129, 257, 25700, 40000, 65535], np.uint16)

    from_png = read_picture("a.png", png(7, 1, 16, 0, b"\0" + row.astype(">u2").tobytes()))
    from_tiff = read_picture("a.tif", tiff(7, 1, 16, row.astype("<u2").tobytes()))

    assert from_png.pixels[0, :, 0].tolist() == [0, 0, 1, 1, 100, 156, 255]
    assert from_tiff.pixels[0, :, 0].tolist() == [0, 0, 1, 1, 100, 156, 255]


def test_levels_without_an_agreed_white_are_stretched_and_it_is_said():
    row = np.array([-100, 0, 300], "<i4")

    picture = read_picture("a.tif", tiff(3, 1, 32, row.tobytes(), t339=2))

    assert picture.pixels[0, :, 0].tolist() == [0, 64, 255]
    assert picture.notes == ("levels of -100 to 300 stretched to 8 bits",)


def test_half_transparent_red_on_white_and_on_black():
    half_red = png(1, 1, 8, 6, b"\0\xff\x00\x00\x80")  # alpha 128 of 255

    on_white = read_picture("a.png", half_red).pixels[0, 0]
    on_black = read_picture("a.png", half_red, background=0).pixels[0, 0]

    assert on_white.tolist() == [255, 127, 127]
    assert on_black.tolist() == [128, 0, 0]


def test_a_large_jpeg_is_decoded_at_a_fraction_that_is_enough_and_keeps_its_true_size():
    content = encoded("JPEG", reference().repeat(50, 0).repeat(50, 1))  # 1,600 x 800

    whole, fraction = read_picture("a.jpg", content), read_picture("a.jpg", content, enough=64)

    assert whole.pixels.shape == (800, 1600, 3)
    assert fraction.pixels.shape == (200, 400, 3)  # an eighth would be less than twice 64
    assert (fraction.height, fraction.width) == (800, 1600)
    close = np.abs(fit_picture(whole, 64).pixels.astype(int) - fit_picture(fraction, 64).pixels)
    assert close.mean() < 1


def test_limits_can_be_narrowed():
    content = encoded("PNG")

    with pytest.raises(PictureError, match="32 x 16 pixels"):
        read_picture("a.png", content, PictureLimits(side=20))
    with pytest.raises(PictureError, match="32 x 16 pixels"):
        read_picture("a.png", content, PictureLimits(pixels=100))
    with pytest.raises(PictureError, match="which is the limit"):
        read_picture("a.png", content, PictureLimits(file_bytes=len(content) - 1))


def test_no_pixel_of_a_picture_beyond_the_limits_is_decoded(monkeypatch):
    def decoded(self):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)

    with pytest.raises(PictureError, match="9,000 x 9,000"):
        read_picture("bomb.png", png(9000, 9000, 1, 0, b""))


def test_lack_of_memory_is_not_blamed_on_the_file(monkeypatch):
    def no_memory(self):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", no_memory)

    with pytest.raises(MemoryError):
        read_picture("a.png", encoded("PNG"))


def test_a_missing_file_is_named():
    with pytest.raises(PictureError, match=r"^gone.png: the file cannot be read \(No such file"):
        read_picture("gone.png", Path("gone.png"))


def test_many_threads_read_at_once_and_get_what_one_gets(corpus):
    folder, expected = corpus
    names = [name for name, outcome in expected.items() if outcome.accepted and "exif" not in name] * 4

    def read(name):
        return read_picture(name, folder / name).pixels

    one = {name: read_picture(name, folder / name).pixels for name in set(names)}
    with ThreadPoolExecutor(8) as threads:
        for name, pixels in zip(names, threads.map(read, names), strict=True):
            np.testing.assert_array_equal(pixels, one[name])


def test_names_become_one_printable_line():
    assert shown_name("two\nlines\x00.png") == "two?lines?.png"
    assert shown_name("right\u202eto left") == "right?to left"
    assert shown_name("lone \udcff byte") == "lone ? byte"
    assert shown_name("") == "(no name)"
    assert len(shown_name("n" * 5000)) <= 120


# Fitting


def picture(pixels):
    return read_picture("a.png", encoded("PNG", pixels))


def test_cropping_takes_the_centre():
    left_centre_right = np.zeros((8, 24, 3), np.uint8)
    left_centre_right[:, :8], left_centre_right[:, 8:16], left_centre_right[:, 16:] = RED, GREEN, BLUE

    fitted = fit_picture(picture(left_centre_right), 8, "crop")

    assert (fitted.pixels == np.array(GREEN).reshape(3, 1, 1)).all()
    assert fitted.how == "cropped 24 x 8 to 8 x 8"


def test_padding_keeps_the_whole_and_continues_the_border_colour():
    page = np.full((8, 16, 3), 255, np.uint8)
    page[2:6, 4:12] = 0

    fitted = fit_picture(picture(page), 16, "pad")

    assert fitted.pixels.shape == (3, 16, 16)
    np.testing.assert_array_equal(fitted.pixels[:, 4:12].transpose(1, 2, 0), page)
    assert (fitted.pixels[:, :4] == 255).all()
    assert (fitted.pixels[:, 12:] == 255).all()
    assert fitted.how == "padded to 16 x 16"


def test_what_was_done_is_said_in_order():
    exif = Image.Exif()
    exif[0x0112] = 6
    upside = read_picture("a.jpg", encoded("JPEG", np.zeros((480, 640, 3), np.uint8), exif=exif))

    assert fit_picture(upside, 64, "crop", 1).how == (
        "turned upright, converted to grey, cropped 480 x 640 to 480 x 480, resized to 64 x 64"
    )
    assert fit_picture(upside, 64, "pad").how == "turned upright, resized 480 x 640 to 48 x 64, padded to 64 x 64"
    assert fit_picture(picture(reference()), (16, 32)).how == "taken as it is"


def test_grey_is_the_luma_of_bt_601():
    row = np.array([[RED, GREEN, BLUE, WHITE]], np.uint8)

    assert fit_picture(picture(row), (1, 4), channels=1).pixels.tolist() == [[[76, 150, 29, 255]]]


def test_grey_fills_three_channels_when_asked():
    grey = np.array([[7, 9]], np.uint8)

    fitted = fit_picture(picture(grey), (1, 2), channels=3)

    assert fitted.pixels.tolist() == [[[7, 9]]] * 3
    assert fitted.how == "grey repeated in three channels"


def test_shrinking_averages_instead_of_picking():
    checks = np.indices((64, 64)).sum(0).astype(np.uint8) % 2 * 255

    fitted = fit_picture(picture(checks), 8, channels=1)

    assert abs(fitted.pixels.astype(int) - 127).max() <= 1


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (3, 2), (28, 28)])
@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_any_proportion_fits_any_size(shape, fit):
    fitted = fit_picture(picture(np.full(shape, 40, np.uint8)), (28, 30), fit, 3)

    assert fitted.pixels.shape == (3, 28, 30)
    assert (fitted.pixels == 40).all()
    assert fitted.pixels.flags.c_contiguous


def test_a_fit_that_does_not_exist_is_refused():
    with pytest.raises(SettingError, match="crop, pad"):
        fit_picture(picture(reference()), 8, "stretch")
    with pytest.raises(SettingError, match="2: choose 1"):
        fit_picture(picture(reference()), 8, channels=2)
    with pytest.raises(SettingError, match="at least one pixel"):
        fit_picture(picture(reference()), 0)
