"""Commands of the codec: encode, decode, and how it compares with the usual ones."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, counted, table
from aecore.cli.commands import Commands, Keys, runs_of
from aecore.cli.output import show_progress
from aecore.cli.results import require_place, write

if TYPE_CHECKING:
    from aecore.analysis.compression import Comparison
    from aecore.compression.codec import PictureDecoder, PictureEncoder

ENCODED: Keys = {
    "file": "where it was written",
    "bytes": "its size with the header",
    "bits_per_pixel": "the same for each place of the picture",
    "height": "of the picture, in pixels",
    "width": "of the picture, in pixels",
    "quality": "1 makes the smallest files",
    "decoder": "the beginning of the fingerprint of the decoder that the file needs",
    "how": "what was done to the picture on the way in",
}
DECODED: Keys = {
    "file": "where it was written",
    "height": "of the picture, in pixels",
    "width": "of the picture, in pixels",
    "channels": "1 grey, 3 colour",
}
COMPARED: Keys = {
    "run": "its id",
    "images": "how many of the first test images the means are over",
    "rows": "a list, one for each quality: quality, bytes (of the whole file, mean), psnr_db (from the mean squared "
    "error over all images), webp_psnr_db at the same bytes, webp_at_its_smallest (whether WebP has no file as small, "
    "so that its smallest stands there), above_webp_db, jpeg_psnr_db at the same bytes (null where JPEG has no file as "
    "small)",
    "webp_smallest_bytes": "mean size of WebP's smallest files",
    "jpeg_smallest_bytes": "mean size of JPEG's smallest files",
    "crossing_bytes": "from where on WebP is as good; null where it is not at any size of these files",
    "lossless_bytes": "mean size of WebP without loss",
}


def add_commands(commands: Commands) -> None:
    """encode, decode, compression."""
    encode = commands.add("encode", "compress a picture with a run whose codes are quantised", _encode, ENCODED)
    encode.add_argument("picture", type=Path, metavar="IN", help="a picture")
    _add_output(encode)
    _add_with(encode, "codec-encoder")
    encode.add_argument("--quality", type=int, metavar="Q", help="1 makes the smallest files (default: the best)")

    decode = commands.add("decode", "make a picture of a compressed file", _decode, DECODED)
    decode.add_argument("compressed", type=Path, metavar="IN", help="a file that `encode` wrote")
    _add_output(decode)
    _add_with(decode, "codec-decoder")
    decode.add_argument("--no-check", action="store_true", help="do not look at the checksum: shows what damage does")

    compared = commands.add(
        "compression", "compare the files of runs with WebP and JPEG", _compare, COMPARED, many=True
    )
    compared.add_argument("runs_compared", nargs="+", metavar="RUN", help="runs whose codes are quantised")
    compared.add_argument(
        "--images", type=int, default=1000, metavar="N", help="how many of the first test images (default 1000)"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="is replaced if it is there")


def _add_with(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--with",
        dest="codec",
        required=True,
        metavar="FILE_OR_RUN",
        help=f"what `export --what {what}` wrote, or a run",
    )


def _encode(options: argparse.Namespace) -> Answer:
    require_place(options.output)
    encoder = _encoder(options)

    from aecore.compression.pictures import encode_picture

    quality = None if options.quality is None else options.quality - 1
    made = encode_picture(encoder, options.picture.name, options.picture, quality)
    write(options.output, made.file)
    height, width = made.pixels.shape[1:]
    document = {
        "file": str(options.output),
        "bytes": len(made.file),
        "bits_per_pixel": made.bits_per_pixel,
        "height": height,
        "width": width,
        "quality": options.quality or encoder.common.qualities,
        "decoder": encoder.common.fingerprint[:2].hex(),
        "how": made.how,
    }
    text = f"{options.output}: {len(made.file):,} bytes, {made.bits_per_pixel:.2f} bits per pixel ({made.how})"
    return Answer(document, text)


def _decode(options: argparse.Namespace) -> Answer:
    require_place(options.output)

    from aecore.compression.pictures import decode_file, png_of, read_compressed

    compressed = read_compressed(options.compressed)
    pixels = decode_file(_decoder(options), compressed, check=not options.no_check)
    write(options.output, png_of(pixels))
    channels, height, width = pixels.shape
    document = {"file": str(options.output), "height": height, "width": width, "channels": channels}
    return Answer(document, f"{options.output}: {width:,} x {height:,} pixels")


def _encoder(options: argparse.Namespace) -> "PictureEncoder":
    path = Path(options.codec)
    if path.is_file():
        from aecore.compression.parts import read_encoder, read_part_file

        return read_encoder(read_part_file(path))
    run = runs_of(options).get(options.codec)

    from aecore.compression.codec import codec_of
    from aecore.runs.opened import open_run

    return codec_of(open_run(run).composition.model).encoder


def _decoder(options: argparse.Namespace) -> "PictureDecoder":
    path = Path(options.codec)
    if path.is_file():
        from aecore.compression.parts import read_decoder, read_part_file

        return read_decoder(read_part_file(path))
    run = runs_of(options).get(options.codec)

    from aecore.compression.codec import codec_of
    from aecore.runs.opened import open_run

    return codec_of(open_run(run).composition.model).decoder


def _compare(options: argparse.Namespace) -> Answer:
    runs = [runs_of(options).get(each) for each in options.runs_compared]

    from aecore.analysis.compression import compare_codecs
    from aecore.runs.opened import open_run

    documents, texts = [], []
    for run in runs:
        found = compare_codecs(
            open_run(run), max(1, options.images), lambda done: show_progress(f"{done:4.0%} measured")
        )
        documents.append(_document(run.id, found))
        texts.append(f"{run.summary().name} ({run.id})\n\n{as_text(found)}")
    return Answer(documents, "\n\n".join(texts))


def _document(run: str, found: "Comparison") -> dict[str, object]:
    return {
        "run": run,
        "images": found.images,
        "rows": found.rows(),
        "webp_smallest_bytes": float(found.webp.bytes[0]),
        "jpeg_smallest_bytes": float(found.jpeg.bytes[0]),
        "crossing_bytes": found.crossing_bytes,
        "lossless_bytes": found.lossless_bytes,
    }


def as_text(found: "Comparison") -> str:
    """The table of one run, and what it says in sentences."""
    rows = [{name: _digits(value) for name, value in row.items()} for row in found.rows()]
    for row, each in zip(rows, found.rows(), strict=True):
        row["webp_psnr_db"] = f"{row['webp_psnr_db']}{' *' if each['webp_at_its_smallest'] else '  '}"
    columns = {"quality": "quality", "bytes": "bytes", "psnr_db": "PSNR in dB", "webp_psnr_db": "WebP"}
    columns |= {"above_webp_db": "above WebP", "jpeg_psnr_db": "JPEG", "linear_psnr_db": "PCA"}
    crossing = found.crossing_bytes
    crossed = (
        f"WebP is as good from {crossing:.0f} bytes on." if crossing else "The curves do not cross at these sizes."
    )
    return "\n".join(
        [
            table(rows, columns),
            f"Whole files, mean over the first {counted(found.images, 'test image')}; PSNR from the mean squared "
            "error.",
            "PCA: principal components of the training images, quantised evenly, with the same coder and header.",
            f"* WebP has no file as small: at its smallest, {found.webp.bytes[0]:.1f} bytes. JPEG's smallest has "
            f"{found.jpeg.bytes[0]:.1f}.",
            f"{crossed} Without loss WebP takes {found.lossless_bytes:.1f} bytes.",
        ]
    )


def _digits(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "-" if value is None else str(value)
