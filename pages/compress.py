"""How few bytes hold a picture, and what is lost?

Reads a run whose codes are quantised, its test images, and pictures and compressed files that a person uploads. Writes
nothing; what is downloaded is made from the pixels.

    ?run=ID   the run to compress with
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.runs.folder import Run
from pages.shared.charts import show_chart
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.matrix import Numbers, Row, Scale, decibels, show_matrix, show_numbers
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_quantised_code, pick_run
from pages.shared.pictures import Picture, Pixels, show_pictures
from pages.shared.results import Slot, slot
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.compression import Comparison
    from aecore.compression.codec import Codec
    from aecore.compression.pictures import Encoded
    from aecore.runs.opened import OpenRun

PAGE = "compress"
TEST, OWN = "test", "own"
SOURCES = {TEST: "Test image", OWN: "Your own"}
KINDS = ["png", "jpg", "jpeg", "webp", "avif", "gif", "bmp", "tif", "tiff"]
SIDE = 168  # CSS pixels, about
MOST_SHOWN = 512  # pixels a side: larger ones are shown smaller
CURVE_IMAGES = 1000
USUAL = ("WebP", "JPEG")


@dataclass(frozen=True, eq=False)
class Beside:
    """One picture as a usual codec keeps it in about as many bytes."""

    head: str
    note: str
    pixels: Pixels
    bytes: int


def show() -> None:
    """The picture and what becomes of it, the damaged file, a file to decode, and all sizes against quality."""
    run = pick_run(PAGE, has_quantised_code)
    if run is None:
        _how_to_train()
        return
    opened = open_for_page(run)
    codec = _codec(opened)
    picture, controls = st.columns([4, 1], gap="medium")
    with controls:
        chosen = _pick(opened)
        quality = _pick_quality(run, codec)
    encoded = None
    with picture, errors_shown():
        if chosen is not None:
            encoded = _encoded(run, codec, *chosen, quality)
            _compare(codec, encoded, chosen[0], quality, run)
    st.divider()
    damage, decode = st.columns(2, gap="large")
    with damage, errors_shown():
        check = _damage(codec, encoded)
    with decode, errors_shown():
        _decode(codec, check)
    st.divider()
    with errors_shown():
        _curve(opened)


def _how_to_train() -> None:
    from pages.shared.points import how_to_train, usual_recipe

    st.caption("This page needs a run whose codes are quantised. This trains one, in a few minutes:")
    how_to_train(usual_recipe("compression", "mnist"))


def _codec(opened: "OpenRun") -> "Codec":
    from aecore.compression.codec import codec_of

    place: Slot[Codec] = slot(opened.run, "codec")
    return place.fill("Making the tables of the entropy coder …", lambda tell: codec_of(opened.composition.model))


# --- which picture, and how small


def _pick(opened: "OpenRun") -> tuple[str, bytes] | None:
    """Name and content of the picture; a test image is given as a PNG, so that it takes the way of all others."""
    source = st.segmented_control(
        "Picture", list(SOURCES), default=TEST, required=True, format_func=SOURCES.__getitem__, key=f"{PAGE}.source"
    )
    if source == OWN:
        file = st.file_uploader("Picture", KINDS, key=f"{PAGE}.file")
        if file is None:
            st.info("Add a picture: it is cut into tiles of the size that this model knows.")
            return None
        return file.name, file.getvalue()
    from aecore.compression.pictures import png_of

    test = opened.splits.test
    scope = f"{PAGE}.{opened.run.id}"
    index = int(st.number_input("Number of the test image", 0, len(test) - 1, 0, key=f"{scope}.index"))
    label = "" if test.labels is None else f", {test.class_names[test.labels[index]]}"
    st.caption(plain(f"of {len(test):,}{label}"))
    return f"test image {index}", png_of(np.array(test.images[index]))


def _pick_quality(run: Run, codec: "Codec") -> int:
    """From 0, the coarsest."""
    count = codec.common.qualities
    if count == 1:
        return 0
    return st.slider("Quality", 1, count, count, key=f"{PAGE}.{run.id}.quality", help="1 makes the smallest files.") - 1


def _encoded(run: Run, codec: "Codec", name: str, data: bytes, quality: int) -> "Encoded":
    return _encode(codec, str(run.path), weights_version(run), name, data, quality)


@st.cache_data(max_entries=4, show_spinner="Compressing …")
def _encode(_codec: "Codec", path: str, version: int, name: str, data: bytes, quality: int) -> "Encoded":
    from aecore.compression.pictures import encode_picture

    return encode_picture(_codec.encoder, name, data, quality)


# --- what became of it


def _compare(codec: "Codec", encoded: "Encoded", name: str, quality: int, run: Run) -> None:
    from aecore.analysis.compression import lossless_webp
    from aecore.compression.container import ENDING
    from aecore.compression.pictures import decode_file, png_of

    original, size = encoded.pixels, len(encoded.file)
    decoded = decode_file(codec.decoder, encoded.file)
    with st.spinner("Writing WebP and JPEG of the same size …"):
        usual = [Beside(each, *_nearest(each, original, size)) for each in USUAL]
        lossless = len(lossless_webp(original))
    columns = [Beside("This codec", f"quality {quality + 1}", decoded, size), *usual]
    _matrix(original, columns)
    _sizes(original, columns, lossless)
    notes = [] if encoded.how == "taken as it is" else [f"{plain(name)}: {plain(encoded.how)}."]
    tiles = codec.common.tile
    if original.shape[1:] != tiles:
        notes.append(f"Cut into tiles of {tiles[1]} x {tiles[0]} pixels, the last ones filled up by reflection.")
    notes.append("The file holds its size, a checksum and the fingerprint of its decoder, nothing else.")
    st.caption(" ".join(notes))
    stem = name.rpartition(".")[0] or name
    file, picture = st.columns(2)
    file.download_button(
        f"Compressed file, {size:,} bytes", encoded.file, f"{stem}{ENDING}", "application/octet-stream",
        key=f"{PAGE}.download", icon=":material/download:",
    )  # fmt: skip
    picture.download_button(
        "Decoded picture", png_of(decoded), f"{stem}.decoded.png", "image/png",
        key=f"{PAGE}.picture", icon=":material/image:",
    )  # fmt: skip
    _lines(run, name, quality)


@st.cache_data(max_entries=8, show_spinner=False)
def _nearest(name: str, original: Pixels, size: int) -> tuple[str, Pixels, int]:
    """How a usual codec is set to come near to so many bytes, what is left of the picture, and its bytes."""
    from aecore.analysis.compression import nearest_usual, pixels_of

    quality, file = nearest_usual(name, original, size)
    return f"quality {quality}", pixels_of(file, len(original)), len(file)


def _matrix(original: Pixels, columns: list[Beside]) -> None:
    from aecore.plots.heatmap import ANCHORS, heatmap, largest_error

    errors = np.stack([_error_map(original, each.pixels) for each in columns])
    largest = largest_error(errors)
    maps = heatmap(errors, largest)
    rows = [
        Row("Picture", [_shown(original, "Original"), *(_shown(each.pixels, each.head) for each in columns)]),
        Row(
            "Error map",
            ["", *(_shown(made, f"Error map of {each.head}") for made, each in zip(maps, columns, strict=True))],
            scale=Scale(ANCHORS, "0", f"{largest:.2f}"),
        ),
    ]
    heads = ["Original", *(each.head for each in columns)]
    width = original.shape[2]
    side = width * max(1, round(SIDE / width)) if width <= SIDE else SIDE
    show_matrix(rows, heads, "The picture, and what each codec keeps of it", side)


def _error_map(original: Pixels, decoded: Pixels) -> npt.NDArray[np.float32]:
    difference: npt.NDArray[np.float32] = np.abs(original.astype(np.float32) - decoded).mean(0, keepdims=True) / 255
    return difference


def _sizes(original: Pixels, columns: list[Beside], lossless: int) -> None:
    places = original.shape[1] * original.shape[2]
    quality = [_psnr(original, each.pixels) for each in columns]
    rows = [
        Numbers("Bytes", "of the whole file", [f"{each.bytes:,}" for each in columns] + [f"{lossless:,}"]),
        Numbers(
            "Bits per pixel",
            "of the whole file",
            [f"{8 * size / places:.2f}" for size in (*(each.bytes for each in columns), lossless)],
        ),
        Numbers("PSNR", "dB, over all pixels and colours", [*map(decibels, quality), "∞"]),
        Numbers("Chosen", "nearest to as many bytes", [each.note for each in columns] + ["–"]),
    ]
    heads = [each.head for each in columns] + ["WebP, lossless"]
    show_numbers(rows, heads, "Size and quality of each codec")
    smallest = [each for each in columns[1:] if each.bytes > 1.1 * columns[0].bytes]
    if smallest:
        st.caption(f"{' and '.join(each.head for each in smallest)} cannot be as small: the smallest file stands here.")


def _psnr(original: Pixels, decoded: Pixels) -> float:
    from aecore.analysis.compression import decibels_of, squared_error

    return decibels_of(squared_error(original, decoded))


def _shown(pixels: Pixels, alt: str) -> Picture:
    from PIL import Image

    channels, height, width = pixels.shape
    if max(height, width) > MOST_SHOWN:
        step = -(-max(height, width) // MOST_SHOWN)
        whole = Image.fromarray(pixels[0] if channels == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
        small = np.asarray(whole.reduce(step))
        pixels = small[None] if small.ndim == 2 else np.ascontiguousarray(small.transpose(2, 0, 1))
    return Picture(pixels, alt)


def _lines(run: Run, name: str, quality: int) -> None:
    from aecore.analysis.recipes_as_code import compress_lines

    lines = compress_lines(run.id, name, quality + 1)
    as_code(lines, "compress")


# --- one bit


def _damage(codec: "Codec", encoded: "Encoded | None") -> bool:
    """What one flipped bit does; whether the checksum is looked at."""
    st.header("One wrong bit")
    check = st.toggle(
        "Look at the checksum", True, key=f"{PAGE}.check", help="Off, a damaged file is decoded all the same."
    )
    if encoded is None:
        st.caption("Choose a picture first.")
        return bool(check)
    from aecore.compression.container import part_at
    from aecore.compression.pictures import decode_file, flipped

    if not st.toggle("Flip a bit of the file", key=f"{PAGE}.flip"):
        st.caption("Bits change on disks and on the way. The checksum finds every single one.")
        return bool(check)
    last = 8 * len(encoded.file) - 1
    bit = int(st.number_input("Bit to flip", 0, last, min(last, 8 * 9), key=f"{PAGE}.bit"))
    st.caption(f"Of the bits 0 to {last:,}. This one lies in {part_at(encoded.file, bit // 8)}.")
    with errors_shown():
        damaged = decode_file(codec.decoder, flipped(encoded.file, bit), check)
        whole = decode_file(codec.decoder, encoded.file)
        show_pictures(
            [
                _named(_shown(whole, "Decoded"), "as written"),
                _named(_shown(damaged, "Decoded, damaged"), "one bit off"),
            ],
            SIDE,
        )
        changed = float(np.mean(np.any(whole != damaged, axis=0))) if whole.shape == damaged.shape else 1.0
        st.caption(
            f"{changed:.0%} of the pixels differ. A range coder has no place to start again: whatever comes after the "
            "wrong bit may be another number."
        )
    return bool(check)


def _named(picture: Picture, caption: str) -> Picture:
    return Picture(picture.pixels, picture.alt, caption)


# --- a file that came from elsewhere


def _decode(codec: "Codec", check: bool) -> None:
    from aecore.compression.pictures import decode_file, png_of

    st.header("Decode a file")
    file = st.file_uploader("Compressed file", key=f"{PAGE}.compressed")
    if file is None:
        st.caption(f"One that was made for this decoder, {codec.common.fingerprint[:2].hex()}.")
        return
    with st.spinner("Decoding …"):
        decoded = decode_file(codec.decoder, file.getvalue(), check)
    _, height, width = decoded.shape
    show_pictures([_named(_shown(decoded, "Decoded file"), f"{width:,} x {height:,} pixels")], SIDE)
    st.download_button(
        "Picture", png_of(decoded), f"{file.name.rpartition('.')[0] or 'picture'}.png", "image/png",
        key=f"{PAGE}.decoded", icon=":material/download:",
    )  # fmt: skip


# --- all sizes


def _curve(opened: "OpenRun") -> None:
    from aecore.analysis.compression import compare_codecs
    from aecore.plots.compression import rate_distortion

    st.header("Quality against size")
    count = min(CURVE_IMAGES, len(opened.splits.test))
    st.caption(
        "Every quality of this codec, principal components with the same coder, WebP and JPEG on the same images, by "
        "files that are written and read."
    )
    place: Slot[Comparison] = slot(opened.run, "compression", count)
    if not place.wanted(f"Measure {count:,} test images", f"{PAGE}.curve", ":material/show_chart:"):
        return
    wait = f"Writing and reading {count:,} files at every quality, a minute or two …"
    found = place.fill(wait, lambda tell: compare_codecs(opened, count, tell))
    alt = "PSNR against bytes: this codec, principal components, WebP and JPEG"
    show_chart(rate_distortion(found, palette()), key=f"{PAGE}.chart", alt=alt)
    _table(found)


def _table(found: "Comparison") -> None:
    rows = found.rows()
    values = {
        ("Bytes", "mean of whole files"): [f"{float(size):.1f}" for size in found.model.bytes],
        ("PSNR", "dB, from the mean squared error"): [decibels(float(each)) for each in found.model.psnr_db],
        ("WebP", "dB at as many bytes"): [
            decibels(found.beside(index)[0]) + ("*" if found.beside(index)[1] else "") for index in range(len(rows))
        ],
        ("JPEG", "dB at as many bytes"): [decibels(found.jpeg.at(float(size))) for size in found.model.bytes],
        ("PCA", "dB at as many bytes"): [decibels(found.linear.at(float(size))) for size in found.model.bytes],
    }
    numbers = [Numbers(label, unit, each) for (label, unit), each in values.items()]
    show_numbers(numbers, [f"Quality {row['quality']}" for row in rows], "Size and quality at every setting")
    crossing = found.crossing_bytes
    st.caption(
        (
            f"The curves cross at {crossing:.0f} bytes: beyond, WebP is the better codec. "
            if crossing
            else "The curves do not cross at the sizes measured here. "
        )
        + f"Without loss WebP takes {found.lossless_bytes:.0f} bytes: no file needs to be larger. "
        f"\\* WebP has no file as small; its smallest, {found.webp.bytes[0]:.0f} bytes, stands there. "
        f"JPEG has none below {found.jpeg.bytes[0]:.0f} bytes. Means over the first {found.images:,} test images."
    )


with page("Compress", "How few bytes hold a picture, and what is lost?"):
    show()
