"""The file that a picture is compressed to: a header of nine bytes, or more for other sizes, and the coded bytes.

    bytes  what
    2      AE C0, by which the file is known
    1      bits 7-5 version (1), bits 4-2 quality (0 the coarsest), bit 1 zero, bit 0: another size than the model's
    2      the beginning of the decoder's fingerprint
    4      CRC-32 of the decoder's whole fingerprint and of everything in the file but these four bytes
    0 or 2 to 6   with bit 0: width, then height, seven bits a byte, the lowest first, bit 7 where another byte follows
    rest   the coded bytes (`aecore.compression.coding`)

Numbers of several bytes begin with the highest. The checksum covers the 32 bytes of the fingerprint of which the file
holds two, so that a decoder that shares these two by chance refuses the file as well.

Source: CRC-32 as in ISO 3309, by zlib; widths of seven bits a byte are LEB128 (DWARF). The layout is our own.
"""

import zlib
from dataclasses import dataclass

from aecore.errors import CodecError

MAGIC = b"\xae\xc0"
VERSION = 1
HEADER_BYTES = 9  # of a picture as large as the model's images
CHECKSUM = slice(5, 9)
MOST_PIXELS = 4_194_304  # of one picture, as if each row were 2,048 wide: bounds time and memory of a decoder
MOST_BYTES = 2**24  # of one file
MOST_DIGITS = 3  # bytes of a width or height
ENDING = ".aec"
NOT_OURS = "This is no file of the lab's codec: it does not begin with AE C0."
CUT_SHORT = "The file is cut short: it ends within its header. Copy it again from where it came."

Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Container:
    """What a file says: quality, the beginning of the fingerprint, size (None: the model's own), coded bytes."""

    quality: int
    decoder: bytes  # the first two bytes of its fingerprint
    size: Size | None
    content: bytes


def write_container(quality: int, fingerprint: bytes, size: Size | None, content: bytes) -> bytes:
    """The bytes of the file. `size` is None for a picture as large as the model's images."""
    begin = MAGIC + bytes([VERSION << 5 | quality << 2 | (size is not None)]) + fingerprint[:2]
    digits = b"" if size is None else _digits(size[1]) + _digits(size[0])
    return begin + _checksum(fingerprint, begin, digits + content) + digits + content


def read_container(data: bytes) -> Container:
    """What the file says. CodecError for a foreign file, or one that ends too early; nothing is checked by its sum."""
    if len(data) > MOST_BYTES:
        raise CodecError(f"The file has more than {MOST_BYTES / 2**20:.0f} MiB, which is the limit of this codec.")
    if data[:2] != MAGIC[: len(data)] or not data:
        raise CodecError(NOT_OURS if data else "The file is empty: copy it again from where it came.")
    if len(data) < HEADER_BYTES:
        raise CodecError(CUT_SHORT)
    version, quality, other_size = data[2] >> 5, data[2] >> 2 & 7, data[2] & 1
    if version != VERSION or data[2] & 2:
        raise CodecError(f"The file is of version {version}, and this lab reads version {VERSION}: update the lab.")
    place, size = HEADER_BYTES, None
    if other_size:
        width, place = _number(data, place)
        height, place = _number(data, place)
        size = height, width
        _check_size(size)
    return Container(quality, data[3:5], size, data[place:])


def check_size(size: Size) -> None:
    """CodecError for a picture that is larger than what a file may hold."""
    _check_size(size)


def verify(data: bytes, fingerprint: bytes) -> None:
    """CodecError unless the checksum is that of the file, read by the decoder of this fingerprint."""
    if data[CHECKSUM] != _checksum(fingerprint, data[: CHECKSUM.start], data[CHECKSUM.stop :]):
        raise CodecError(
            "The checksum does not agree: the file is damaged or cut short. Copy it again from where it came."
        )


def _checksum(fingerprint: bytes, begin: bytes, rest: bytes) -> bytes:
    return zlib.crc32(rest, zlib.crc32(begin, zlib.crc32(fingerprint))).to_bytes(4, "big")


def _digits(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def _number(data: bytes, place: int) -> tuple[int, int]:
    number = 0
    for index, each in enumerate(data[place : place + MOST_DIGITS]):
        number |= (each & 127) << 7 * index
        if each < 128:
            return number, place + index + 1
    raise CodecError(CUT_SHORT if len(data) < place + MOST_DIGITS else "The header is damaged: it names no size.")


def _check_size(size: Size) -> None:
    height, width = size
    if height < 1 or width < 1:
        raise CodecError("The header is damaged: it names a picture without pixels.")
    if height * width > MOST_PIXELS:
        raise CodecError(
            f"The picture has {width:,} x {height:,} pixels, and the limit of this codec is {MOST_PIXELS:,}: make it "
            "smaller first."
        )


def part_at(data: bytes, place: int) -> str:
    """In which part of a file a byte lies, in words."""
    header = HEADER_BYTES
    if data[2] & 1:
        header = _number(data, _number(data, header)[1])[1]
    parts = (
        (2, "the two bytes that files are known by"),
        (3, "version and quality"),
        (5, "the fingerprint"),
        (CHECKSUM.stop, "the checksum"),
        (header, "the size of the picture"),
    )
    return next((name for end, name in parts if place < end), "the coded bytes")
