"""A person's picture to a compressed file, and a compressed file to a PNG: what page and shell both call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aecore.compression.codec import PictureDecoder, PictureEncoder
from aecore.compression.container import MOST_BYTES, MOST_PIXELS, check_size
from aecore.data.fitting import fit_picture
from aecore.data.image_set import Pixels
from aecore.data.pictures import read_picture
from aecore.data.saving import picture_file
from aecore.errors import CodecError, PictureError

COLOURS: Final = {1: "grey", 3: "colour"}


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture as it went in, in the channels that the codec takes, and the file it became."""

    pixels: Pixels  # [channels, height, width]
    file: bytes
    how: str  # what was done to the picture on the way in

    @property
    def bits_per_pixel(self) -> float:
        """Of the whole file, for each place of the picture."""
        _, height, width = self.pixels.shape
        return 8 * len(self.file) / (int(height) * int(width))


def encode_picture(encoder: PictureEncoder, name: str, data: bytes | Path, quality: int | None = None) -> Encoded:
    """Compress a picture from its bytes or its file; `quality` from 0, the coarsest, none for the finest.

    PictureError for what is no picture, CodecError for one with too many pixels.
    """
    picture = read_picture(name, data)
    size = picture.height, picture.width
    try:
        check_size(size)
    except CodecError as error:
        raise PictureError(name, str(error)) from None
    fitted = fit_picture(picture, size, channels=encoder.common.image_shape[0])
    return Encoded(fitted.pixels, encoder.encode(fitted.pixels, quality), fitted.how)


def decode_file(decoder: PictureDecoder, data: bytes, check: bool = True) -> Pixels:
    """The picture in a compressed file, [channels, height, width]. CodecError for any other file."""
    return decoder.decode(data, check)


def read_compressed(path: Path) -> bytes:
    """The bytes of a compressed file. CodecError for one that is missing, or too long to be one."""
    try:
        if not path.is_file():
            raise CodecError(f"{path} is no file: give the one that `encode` wrote.")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CodecError(f"{path} cannot be read ({error.strerror}): check that it may be read.") from None


def png_of(pixels: Pixels) -> bytes:
    """A PNG file of [channels, height, width], made from the pixels alone."""
    return picture_file(pixels.transpose(1, 2, 0))


def flipped(data: bytes, bit: int) -> bytes:
    """The same file with one bit turned, counted from 0, the highest of the first byte."""
    turned = bytearray(data)
    turned[bit // 8] ^= 128 >> bit % 8
    return bytes(turned)


LIMIT: Final = f"pictures of up to {MOST_PIXELS:,} pixels"
