"""Size against quality: a run's codec and the usual ones, on the same images, by files that are written and read.

    bytes   of the whole file with its header, mean over the images
    PSNR    in dB, from the mean squared error over all images; pixels run from 0 to 1

Beside them stands the best linear codec, principal components with the same coder, fitted on the run's training images:
a trained network is worth what it adds to that. Below its smallest file WebP has no quality. What stands beside a codec
there is WebP at its smallest, which has more bytes: that flatters WebP.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from aecore.analysis.principal_codec import STEPS, principal_codecs
from aecore.analysis.trained import Trained, model_of, part_of
from aecore.compression.codec import Codec, codec_of
from aecore.data.image_set import ImageSet, Pixels
from aecore.errors import DataError

IMAGES: Final = 1000
FIRST: Final = "the first {:,} test images"
WEBP_QUALITIES: Final = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 65, 80)
JPEG_QUALITIES: Final = (1, 5, 10, 20, 30, 50, 70, 85)
FORMATS: Final[dict[str, dict[str, Any]]] = {"WebP": {"method": 6}, "JPEG": {"optimize": True}}

Numbers = npt.NDArray[np.float64]
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Curve:
    """Quality against size of one codec, from the smallest files on."""

    name: str
    settings: tuple[int, ...]  # its qualities
    bytes: Numbers
    psnr_db: Numbers

    def at(self, size: float) -> float | None:
        """PSNR at a mean size, straight between its points; None below the smallest and above the largest."""
        if not len(self.bytes) or not self.bytes[0] <= size <= self.bytes[-1]:
            return None
        return float(np.interp(size, self.bytes, self.psnr_db))


@dataclass(frozen=True, eq=False)
class Comparison:
    """The curves of a run and of the usual codecs on the same images, and where lossless begins."""

    model: Curve
    webp: Curve
    jpeg: Curve
    linear: Curve  # principal components, fitted on the training images; without points where there is only one
    lossless_bytes: float  # of WebP without loss, mean
    images: int

    @property
    def crossing_bytes(self) -> float | None:
        """Where WebP becomes as good as the model; None where it does not between their points."""
        return crossing(self.model, self.webp)

    def gain(self, index: int) -> float:
        """How many dB a quality of the model is above WebP at the same size, or at its smallest if that is larger."""
        return float(self.model.psnr_db[index]) - (self.beside(index)[0])

    def beside(self, index: int) -> tuple[float, bool]:
        """WebP's PSNR beside a quality of the model, and whether it is that of its smallest file, which is larger."""
        found = self.webp.at(float(self.model.bytes[index]))
        return (float(self.webp.psnr_db[0]), True) if found is None else (found, False)

    def rows(self) -> list[dict[str, object]]:
        """A row for each quality, under names that say the unit."""
        return [
            {
                "quality": self.model.settings[index],
                "bytes": float(size),
                "psnr_db": float(self.model.psnr_db[index]),
                "webp_psnr_db": self.beside(index)[0],
                "webp_at_its_smallest": self.beside(index)[1],
                "above_webp_db": self.gain(index),
                "jpeg_psnr_db": self.jpeg.at(float(size)),
                "linear_psnr_db": self.linear.at(float(size)),
            }
            for index, size in enumerate(self.model.bytes)
        ]


def compare_codecs(trained: Trained, count: int = IMAGES, progress: Progress | None = None) -> Comparison:
    """Write and read a file for each of the first test images at every quality of the run and of the usual codecs.

    CodecError for a run without quantised codes, DataError without test images.
    """
    images = part_of(trained.splits, "test").images[:count]
    if not len(images):
        raise DataError("The test split has no images to compress: choose more images or classes.")
    codec = codec_of(model_of(trained))
    tell = _Steps(codec.common.qualities + len(STEPS) + 3, progress)
    model = model_curve(codec, images, tell)
    usual = {name: usual_curve(name, images) for name in tell.each(("WebP", "JPEG"))}
    linear = linear_curve(trained.splits.train, images, tell)
    lossless = float(np.mean([len(lossless_webp(each)) for each in images]))
    tell.done()
    return Comparison(model, usual["WebP"], usual["JPEG"], linear, lossless, len(images))


def model_curve(codec: Codec, images: Pixels, tell: "_Steps | None" = None) -> Curve:
    """Of the codec, one point for each quality."""
    sizes, errors = [], []
    for quality in range(codec.common.qualities):
        files = codec.encoder.files(images, quality)
        sizes.append(float(np.mean([len(each) for each in files])))
        errors.append(squared_error(images, codec.decoder.decode_many(files)))
        if tell:
            tell.done()
    settings = tuple(range(1, codec.common.qualities + 1))
    return _curve("this codec", settings, sizes, errors)


def linear_curve(training: ImageSet, images: Pixels, tell: "_Steps | None" = None) -> Curve:
    """Of the best linear codec, one point for each step of its quantisation."""
    sizes, errors = [], []
    for codec in principal_codecs(training):
        size, decoded = codec.measured(images)
        sizes.append(size)
        errors.append(squared_error(images, decoded))
        if tell:
            tell.done()
    return _curve("Principal components", tuple(range(1, len(sizes) + 1)), sizes, errors)


def usual_curve(name: str, images: Pixels) -> Curve:
    """Of WebP or JPEG, one point for each of many qualities."""
    qualities = WEBP_QUALITIES if name == "WebP" else JPEG_QUALITIES
    sizes, errors = [], []
    for quality in qualities:
        files = [usual_file(name, each, quality) for each in images]
        sizes.append(float(np.mean([len(each) for each in files])))
        decoded = (pixels_of(each, images.shape[1]) for each in files)
        errors.append(float(np.mean([squared_error(one, two) for one, two in zip(images, decoded, strict=True)])))
    return _curve(name, qualities, sizes, errors)


def nearest_usual(name: str, image: Pixels, size: int) -> tuple[int, bytes]:
    """The quality of WebP or JPEG (0 or 1 to 100) whose file of one image is nearest to `size` bytes, and the file."""
    low, high = (0 if name == "WebP" else 1), 100
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(usual_file(name, image, middle)) < size else (low, middle)
    both = {quality: usual_file(name, image, quality) for quality in (low, high)}
    best = min(both, key=lambda quality: abs(len(both[quality]) - size))
    return best, both[best]


def usual_file(name: str, image: Pixels, quality: int) -> bytes:
    """An image [channels, height, width] as WebP or JPEG, with as few bytes as their encoders manage."""
    return _saved(image, name.upper(), quality=quality, **FORMATS[name])


def lossless_webp(image: Pixels) -> bytes:
    """An image as WebP without loss."""
    return _saved(image, "WEBP", lossless=True, quality=100, method=6)


def pixels_of(file: bytes, channels: int) -> Pixels:
    """The pixels of a WebP or JPEG, [channels, height, width]."""
    with Image.open(io.BytesIO(file)) as opened:
        pixels = np.array(opened.convert("L" if channels == 1 else "RGB"))
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def squared_error(one: Pixels, other: Pixels) -> float:
    """Mean over all pixels, which run from 0 to 1."""
    return float(np.mean((one.astype(np.float64) - other) ** 2)) / 255**2


def decibels_of(error: float) -> float:
    """PSNR of a mean squared error; infinite without any."""
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def crossing(model: Curve, other: Curve) -> float | None:
    """The size at which `other` becomes as good as `model`, between the points of both; None where it does not."""
    low, high = max(model.bytes[0], other.bytes[0]), min(model.bytes[-1], other.bytes[-1])
    if low >= high:
        return None
    sizes = np.union1d(np.union1d(model.bytes, other.bytes), [low, high])
    sizes = sizes[(sizes >= low) & (sizes <= high)]
    ahead = np.interp(sizes, model.bytes, model.psnr_db) - np.interp(sizes, other.bytes, other.psnr_db)
    for index in range(len(sizes) - 1):
        if ahead[index] > 0 >= ahead[index + 1]:
            share = ahead[index] / (ahead[index] - ahead[index + 1])
            return float(sizes[index] + share * (sizes[index + 1] - sizes[index]))
    return None


class _Steps:
    def __init__(self, count: int, progress: Progress | None):
        self._count, self._done, self._progress = count, 0, progress

    def done(self) -> None:
        self._done += 1
        if self._progress:
            self._progress(min(1.0, self._done / self._count))

    def each(self, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            yield name
            self.done()


def _curve(name: str, settings: Sequence[int], sizes: Sequence[float], errors: Sequence[float]) -> Curve:
    quality = [decibels_of(each) for each in errors]
    order = np.argsort(sizes, kind="stable")
    return Curve(name, tuple(settings[each] for each in order), np.array(sizes)[order], np.array(quality)[order])


def _saved(image: Pixels, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    shown = image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    Image.fromarray(shown).save(file, kind, **settings)
    return file.getvalue()
