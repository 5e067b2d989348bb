"""A folder of odd and hostile picture files, each with what must become of it.

    python tests/hostile.py FOLDER     writes the files, to try them by hand

Most accepted files show the same reference: four fields, red and green above, blue and white below, 32 x 16 pixels.
Everything is made here, byte by byte where no encoder would write it.
"""

import io
import os
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Expected:
    """What must become of a file: a refusal whose sentence holds `says`, or pixels."""

    says: str = ""
    size: tuple[int, int] = (32, 16)  # width, height
    corners: tuple[tuple[int, ...], ...] = (RED, GREEN, BLUE, WHITE)  # left and right above, left and right below
    channels: int = 3

    @property
    def accepted(self) -> bool:
        return not self.says


REFERENCE = Expected()
DAMAGED = Expected(says="cut short or damaged")
TOO_LARGE = Expected(says="The limit is 16,384 a side and 64 million in all")


def make_corpus(folder: Path) -> dict[str, Expected]:
    """Write every odd and hostile file into `folder`; what must become of each, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {**_formats(), **_orientations(), **_modes(), **_names(), **_refused(), **_damaged(), **_bombs()}
    for name, (content, _) in made.items():
        (folder / name).write_bytes(content)
    expected = {name: outcome for name, (_, outcome) in made.items()}
    with (folder / "long.png").open("wb") as file:  # sparse: takes no room
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(65 * 2**20)
    expected["long.png"] = Expected(says="more than 64 MiB")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
        expected["pipe.png"] = Expected(says="no regular file")
    return expected


def make_archives(folder: Path) -> dict[str, tuple[int, str]]:
    """Write hostile archives; for each the usable pictures in it and words of the reason for what is left out.

    Minus one picture means that the archive as a whole must be refused, with those words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fine = encoded("PNG")
    made: dict[str, tuple[bytes, int, str]] = {
        "slip.zip": (zipped({"fine.png": fine, "../evil.png": fine}), 1, "leads out of the archive"),
        "absolute.zip": (zipped({"fine.png": fine, "/etc/evil.png": fine}), 1, "leads out of the archive"),
        "nameless.zip": (zipped({"fine.png": fine, "": fine}), 1, "name is empty"),
        "drive.zip": (zipped({"fine.png": fine, "C:\\evil.png": fine}), 1, "leads out of the archive"),
        "bomb.zip": (zipped({"fine.png": fine, "bomb.bmp": _flat_bmp()}), 1, "more than 200 times"),
        "nested.zip": (zipped({"fine.png": fine, "inner.zip": zipped({"a.png": fine})}), 1, "unpack it"),
        "link.zip": (_with_link(fine), 1, "a link"),
        "encrypted.zip": (_encrypted(fine), 1, "encrypted"),
        "lying.zip": (_lying(fine), 1, "damaged"),
        "checksum.zip": (_wrong_checksum(fine), 1, "damaged"),
        "rare.zip": (zipped({"fine.png": fine, "rare.png": fine}, rare="rare.png"), 1, "rare method"),
        "cut.zip": (zipped({"fine.png": fine})[:-30], -1, "damaged and cannot be opened"),
        "text.zip": (b"this is no archive\n", -1, "is text"),
        "empty.zip": (b"", -1, "is empty"),
    }
    for name, (content, _, _) in made.items():
        (folder / name).write_bytes(content)
    return {name: (count, says) for name, (_, count, says) in made.items()}


def reference() -> np.ndarray:
    """The reference picture, [16, 32, 3]."""
    fields = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    return fields.repeat(8, axis=0).repeat(16, axis=1)


def encoded(file_format: str, pixels: np.ndarray | None = None, **options: object) -> bytes:
    """A picture, the reference unless said otherwise, as the bytes of a file."""
    image = Image.fromarray(reference() if pixels is None else np.ascontiguousarray(pixels))
    return saved(image, file_format, **options)


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    """The bytes of the file that Pillow writes."""
    if file_format == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def png(width: int, height: int, bits: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG written by hand."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + extra + pixels + _chunk(b"IEND", b"")


def tiff(width: int, height: int, bits: int, pixels: bytes, order: str = "<", **tags: int) -> bytes:
    """An uncompressed grey TIFF written by hand. `tags` as t262=0; black is zero unless tag 262 says otherwise."""
    entries = {256: width, 257: height, 258: bits, 259: 1, 262: 1, 277: 1, 278: height, 279: len(pixels)}
    entries |= {int(tag[1:]): value for tag, value in tags.items()}
    entries[273] = 8 + 2 + 12 * (len(entries) + 1) + 4
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    body = struct.pack(order + "H", len(entries))
    for tag, value in sorted(entries.items()):
        body += struct.pack(order + "HHII", tag, 4, 1, value)
    return head + body + struct.pack(order + "I", 0) + pixels


def zipped(files: dict[str, bytes], rare: str = "") -> bytes:
    """A zip archive of named contents, names as they are; one may be packed by a rare method."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = zipfile.ZIP_LZMA if name == rare else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return file.getvalue()


Made = dict[str, tuple[bytes, Expected]]


def _formats() -> Made:
    exact = {"plain.png": "PNG", "plain.bmp": "BMP", "plain.gif": "GIF", "plain.tif": "TIFF", "plain.jpg": "JPEG"}
    made = {name: (encoded(file_format), REFERENCE) for name, file_format in exact.items()}
    made["plain.webp"] = (encoded("WEBP", lossless=True), REFERENCE)
    made["plain.avif"] = (encoded("AVIF", quality=95, subsampling="4:4:4"), REFERENCE)
    made["a png in truth.jpg"] = (encoded("PNG"), REFERENCE)
    made["no suffix"] = (encoded("JPEG"), REFERENCE)
    made["progressive.jpg"] = (encoded("JPEG", progressive=True), REFERENCE)
    made["packed.tif"] = (encoded("TIFF", compression="tiff_lzw"), REFERENCE)
    blue = Image.new("RGB", (32, 16), BLUE)
    for name, file_format in (("animated.gif", "GIF"), ("animated.webp", "WEBP"), ("pages.tif", "TIFF")):
        options = {"lossless": True} if file_format == "WEBP" else {}
        image = Image.fromarray(reference())
        made[name] = (saved(image, file_format, save_all=True, append_images=[blue], **options), REFERENCE)
    return made


def _orientations() -> Made:
    """For each EXIF orientation the pixels that a camera held that way stores (EXIF 2.32, tag Orientation)."""
    upright = reference()
    height, width = upright.shape[:2]
    rows, columns = np.meshgrid(np.arange(width), np.arange(height), indexing="ij")
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright[columns, rows],  # row 0 is the left side, column 0 the top
        6: upright[columns, width - 1 - rows],  # row 0 is the right side, column 0 the top
        7: upright[height - 1 - columns, width - 1 - rows],  # row 0 is the right side, column 0 the bottom
        8: upright[height - 1 - columns, rows],  # row 0 is the left side, column 0 the bottom
    }
    made = {
        f"turned {key}.jpg": (encoded("JPEG", pixels, exif=_exif(key)), REFERENCE) for key, pixels in stored.items()
    }
    for name, file_format in (("turned 6.png", "PNG"), ("turned 6.webp", "WEBP"), ("turned 6.tif", "TIFF")):
        options = {"lossless": True} if file_format == "WEBP" else {}
        made[name] = (encoded(file_format, stored[6], exif=_exif(6), **options), REFERENCE)
    made["turned 6.avif"] = (encoded("AVIF", stored[6], exif=_exif(6), quality=95, subsampling="4:4:4"), REFERENCE)
    made["turned 9.jpg"] = (encoded("JPEG", exif=_exif(9)), REFERENCE)  # there is no such orientation
    made["spoiled exif.jpg"] = (encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), REFERENCE)
    return made


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _modes() -> Made:
    grey_line = Expected(size=(4, 1), corners=((0,), (255,), (0,), (255,)), channels=1)
    levels = (0, 100 * 257, 40000, 65535)
    big, little = struct.pack(">4H", *levels), struct.pack("<4H", *levels)
    ink = np.full((16, 32, 4), (0, 255, 255, 0), np.uint8)  # cyan, magenta, yellow, black: no cyan at all is red
    fractions = np.array([[0.0, 0.25, 0.5, 1.0]], np.float32)
    return {
        "cmyk.jpg": (saved(Image.frombytes("CMYK", (32, 16), ink.tobytes()), "JPEG"), _flat(RED)),
        "cmyk.tif": (saved(Image.frombytes("CMYK", (32, 16), ink.tobytes()), "TIFF"), _flat(RED)),
        "grey.jpg": (saved(Image.new("L", (32, 16), 90), "JPEG"), _flat((90,))),
        "grey16.png": (png(4, 1, 16, 0, b"\0" + big), grey_line),
        "grey16 little.tif": (tiff(4, 1, 16, little), grey_line),
        "grey16 big.tif": (tiff(4, 1, 16, big, ">"), grey_line),
        "grey16 white is zero.tif": (tiff(4, 1, 16, struct.pack("<4H", *levels[::-1]), t262=0), grey_line),
        "grey32.tif": (tiff(4, 1, 32, struct.pack("<4I", *levels)), grey_line),
        "fractions.tif": (saved(Image.fromarray(fractions), "TIFF"), grey_line),
        "rgb16.png": (png(1, 1, 16, 2, b"\0" + struct.pack(">3H", 65535, 0, 40000)), _flat((255, 0, 156), (1, 1))),
        "onebit.png": (png(8, 1, 1, 0, b"\0\x0f"), Expected("", (8, 1), ((0,), (255,), (0,), (255,)), 1)),
        "clear palette.png": (_clear_palette(), Expected("", (2, 1), (WHITE, GREEN, WHITE, GREEN))),
        "clear palette.gif": (_clear_gif(), Expected("", (2, 1), (WHITE, GREEN, WHITE, GREEN))),
        "half clear.png": (png(1, 1, 8, 6, b"\0\xff\0\0\x80"), _flat((255, 127, 127), (1, 1))),
        "clear colour.png": (
            png(1, 1, 8, 2, b"\0\x01\x02\x03", _chunk(b"tRNS", b"\0\1\0\2\0\3")),
            _flat(WHITE, (1, 1)),
        ),
        "la.png": (png(2, 1, 8, 4, b"\0\x00\x00\x40\xff"), Expected("", (2, 1), ((255,), (64,), (255,), (64,)), 1)),
        "la16.png": (png(1, 1, 16, 4, b"\0" + struct.pack(">2H", 25700, 65535)), _flat((100,), (1, 1))),
        "clear grey16.png": (
            png(2, 1, 16, 0, b"\0" + struct.pack(">2H", 25700, 1), _chunk(b"tRNS", b"\0\1")),
            Expected("", (2, 1), ((100,), (255,), (100,), (255,)), 1),
        ),
        "odd tags.tif": (tiff(4, 1, 16, little, t65000=7, t50000=1, t254=4294967295), grey_line),
        "one pixel.png": (png(1, 1, 8, 0, b"\0\x2a"), _flat((42,), (1, 1))),
        "thin.png": (png(16384, 1, 8, 0, b"\0" + bytes(16384)), _flat((0,), (16384, 1))),
    }


def _flat(colour: tuple[int, ...], size: tuple[int, int] = (32, 16)) -> Expected:
    return Expected(size=size, corners=(colour,) * 4, channels=len(colour))


def _clear_palette() -> bytes:
    palette = _chunk(b"PLTE", bytes([*BLACK, *GREEN])) + _chunk(b"tRNS", b"\0\xff")
    return png(2, 1, 8, 3, b"\0\0\1", palette)


def _clear_gif() -> bytes:
    image = Image.new("P", (2, 1))
    image.putpalette([*BLACK, *GREEN])
    image.putpixel((1, 0), 1)
    return saved(image, "GIF", transparency=0)


def _names() -> Made:
    names = (
        "two\nlines.png",
        "<img src=x onerror=alert(1)>.png",
        "![fetch](http:)[me](x).png",
        "$(reboot) `ls` %s {0}.png",
        "Фотография 写真 🖼.png",
        "right\u202eto left.png",
        "n" * 240 + ".png",
    )
    return {name: (encoded("PNG"), REFERENCE) for name in names}


def _refused() -> Made:
    fine = encoded("PNG")
    contents = {
        "text.jpg": (b"I am not a picture.\n" * 20, "this is text"),
        "page.png": (b"<!doctype html><html><body>hello</body></html>", "this is text"),
        "empty.png": (b"", "empty"),
        "drawing.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n", "PostScript"),
        "drawing.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        "drawing.svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        "document.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        "layers.psd": (b"8BPS\0\1" + bytes(40), "Photoshop"),
        "phone.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "HEIC"),
        "video.mp4": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(40), "a video"),
        "packed.png": (zipped({"a.png": fine}), "zip archive"),
        "noise.png": (bytes(range(255, 0, -1)), "no picture of a known kind"),
        "program.bmp": (b"BM" + b"\x90" * 60, "no picture of a known kind"),
    }
    return {name: (content, Expected(says=says)) for name, (content, says) in contents.items()}


def _damaged() -> Made:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    made: Made = {}
    for name in ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"):
        whole = encoded(name, noise)
        made[f"half.{name.lower()}"] = (whole[: len(whole) // 2], DAMAGED)
        made[f"head only.{name.lower()}"] = (whole[:64], DAMAGED)
    packed = encoded("TIFF", noise, compression="tiff_lzw")
    made["half packed.tiff"] = (packed[: len(packed) // 2] + bytes(len(packed) - len(packed) // 2), DAMAGED)
    made["spoiled.png"] = (_spoiled(encoded("PNG", noise)), DAMAGED)
    made["spoiled header.png"] = (_spoiled(encoded("PNG"), at=18), DAMAGED)
    made["no pixels.png"] = (png(0, 5, 8, 0, b""), Expected(says="no pixels|damaged"))
    made["many passes.jpg"] = (_many_passes(), Expected(says="more than 100 passes"))
    made["text bomb.png"] = (_text_bomb(), DAMAGED)
    made["nan.tif"] = (saved(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"), Expected(says="finite"))
    made["lab.tif"] = (saved(Image.new("LAB", (4, 4)), "TIFF"), Expected(says="colour space LAB"))
    return made


def _many_passes() -> bytes:
    """A progressive JPEG whose last pass is drawn a thousand times."""
    whole = encoded("JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 1000 + whole[-2:]


def _text_bomb() -> bytes:
    """A comment that unpacks to 20 MB."""
    return png(1, 1, 8, 0, b"\0\x2a", _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20_000_000), 9)))


def _bombs() -> Made:
    whole_jpeg = bytearray(encoded("JPEG"))
    frame = whole_jpeg.index(b"\xff\xc0")
    whole_jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    bmp = bytearray(encoded("BMP"))
    bmp[18:26] = struct.pack("<ii", 60000, 60000)
    gif = bytearray(encoded("GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    frame_outside = bytearray(encoded("GIF"))
    image = frame_outside.rindex(b"\x2c\0\0\0\0")
    frame_outside[image + 5 : image + 9] = struct.pack("<HH", 65535, 65535)
    return {
        "bomb.png": (_flat_png(9000), TOO_LARGE),  # 81 million pixels in some kilobytes
        "header.png": (png(100_000, 100_000, 8, 2, b""), TOO_LARGE),
        "wide.png": (png(16_385, 1, 8, 0, bytes(16_386)), TOO_LARGE),
        "header.jpg": (bytes(whole_jpeg), TOO_LARGE),
        "header.bmp": (bytes(bmp), TOO_LARGE),
        "header.gif": (bytes(gif), TOO_LARGE),
        "frame outside.gif": (bytes(frame_outside), TOO_LARGE),
        "header.tif": (tiff(60000, 60000, 8, b""), TOO_LARGE),
        "bomb.webp": (_flat_webp(9000), TOO_LARGE),
        "larger bomb.webp": (_flat_webp(16383), TOO_LARGE),
    }


def _flat_png(side: int) -> bytes:
    return png(side, side, 1, 0, bytes((side + 7) // 8 + 1) * side)


def _flat_webp(side: int) -> bytes:
    """Lossless WebP of one colour: the size in its header is all that grows."""
    content = bytearray(saved(Image.new("RGB", (16, 16)), "WEBP", lossless=True))
    at = content.index(b"VP8L") + 9
    rest = int.from_bytes(content[at : at + 4], "little") >> 28 << 28
    content[at : at + 4] = (rest | (side - 1) << 14 | (side - 1)).to_bytes(4, "little")
    return bytes(content)


def _flat_bmp() -> bytes:
    """A valid picture that packs a thousandfold."""
    return saved(Image.new("RGB", (2000, 2000)), "BMP")


def _with_link(fine: bytes) -> bytes:
    file = io.BytesIO(zipped({"fine.png": fine}))
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def _encrypted(fine: bytes) -> bytes:
    return _changed(fine, lambda data, local, central: _or(_or(data, local + 6, 1), central + 8, 1))


def _lying(fine: bytes) -> bytes:
    """Says in both headers that its 16 kB are 20 bytes."""

    def lie(data: bytearray, local: int, central: int) -> bytearray:
        data[local + 22 : local + 26] = data[central + 24 : central + 28] = struct.pack("<I", 20)
        return data

    return _changed(fine, lie, encoded("BMP", np.zeros((64, 84, 3), np.uint8)))


def _wrong_checksum(fine: bytes) -> bytes:
    return _changed(fine, lambda data, local, central: _or(_or(data, local + 14, 0xFF), central + 16, 0xFF))


def _or(data: bytearray, at: int, bits: int) -> bytearray:
    data[at] = data[at] | bits if bits == 1 else data[at] ^ bits
    return data


def _changed(fine: bytes, change, odd: bytes | None = None) -> bytes:
    """An archive of one fine picture and `odd.png`, whose headers `change` alters: data, local and central offset."""
    data = bytearray(zipped({"fine.png": fine, "odd.png": fine if odd is None else odd}))
    local = data.index(b"odd.png") - 30
    central = data.rindex(b"odd.png") - 46
    return bytes(change(data, local, central))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _spoiled(content: bytes, at: int | None = None) -> bytes:
    """With some bits turned, in the middle unless said otherwise."""
    at = len(content) // 2 if at is None else at
    return content[:at] + bytes([content[at] ^ 0xFF, content[at + 1] ^ 0xFF]) + content[at + 2 :]


if __name__ == "__main__":
    for file_name, outcome in sorted(make_corpus(Path(sys.argv[1])).items()):
        print(f"{file_name!r:50} {outcome.says or 'accepted'}")
    make_archives(Path(sys.argv[1]) / "archives")
