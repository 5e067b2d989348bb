"""One picture of a person's own, taken in for this visit only: nothing of it is kept on the server's disk.

key.file   the uploader          key.part.x, key.part.y   where the part that is looked at lies, in percent
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.shared.words import plain

KINDS = ["png", "jpg", "jpeg", "webp", "avif", "gif", "bmp", "tif", "tiff"]
# Photographs that scikit-image carries, free to use and never trained on here: NASA's Eileen Collins (public domain),
# coffee by Rachel Michetti, a cat by Stefan van der Walt, a cameraman by Lav Varshney (all CC0).
SAMPLES = {"Cat": "chelsea.png", "Coffee": "coffee.png", "Astronaut": "astronaut.png", "Cameraman": "camera.png"}
KEPT = "lab.pictures"  # of this visit: a few decoded pictures
MOST_KEPT = 2

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture as it was taken in: uint8 [height, width, 1 or 3]."""

    name: str
    pixels: Pixels
    digest: str  # of its file
    notes: tuple[str, ...]

    @property
    def described(self) -> str:
        """Its name, size and colours in words."""
        height, width, channels = self.pixels.shape
        notes = f", {', '.join(self.notes)}" if self.notes else ""
        return f"{plain(self.name)}: {width:,} × {height:,} pixels, {'grey' if channels == 1 else 'colour'}{notes}"


@dataclass(frozen=True)
class Part:
    """A rectangle of a picture, in its pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, pixels: Pixels, times: int = 1) -> Pixels:
        """The rectangle of a picture `times` larger."""
        down = slice(self.top * times, (self.top + self.height) * times)
        across = slice(self.left * times, (self.left + self.width) * times)
        return np.ascontiguousarray(pixels[down, across])


def pick_picture(key: str, label: str = "Picture") -> Upload | None:
    """The picture that a person gives, or a sample, at first one of them; None for neither.

    PictureError when it cannot be taken in.
    """
    file = st.file_uploader(label, KINDS, key=f"{key}.file", help="Stays in memory until this visit ends.")
    sample = st.pills("Or a sample", list(SAMPLES), default=next(iter(SAMPLES)), key=f"{key}.sample")
    if file is not None:
        return take_in(file.name, file.getvalue())
    return None if sample is None else take_in(SAMPLES[sample], _sample(SAMPLES[sample]))


def _sample(file: str) -> bytes:
    """The bytes of a picture that scikit-image carries. Its licence is in the README beside it."""
    import skimage.data

    return (Path(skimage.data.__file__).parent / file).read_bytes()


def take_in(name: str, data: bytes) -> Upload:
    """The decoded picture, kept for the visit, so that it is decoded once."""
    digest = hashlib.sha256(data).hexdigest()
    kept: dict[str, Upload] = st.session_state.setdefault(KEPT, {})
    if digest not in kept:
        from aecore.analysis.restoring.files import taken_in

        with st.spinner("Reading the picture …"):
            picture = taken_in(name, data)
        while len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
        kept[digest] = Upload(picture.name, picture.pixels, digest, picture.notes)
    return kept[digest]


def pick_part(key: str, pixels: Pixels, side: int) -> Part:
    """The part that is looked at, at most `side` pixels a side; where there is more, sliders move it."""
    height, width = pixels.shape[:2]
    high, wide = min(side, height), min(side, width)
    down, across = 50, 50
    if wide < width:
        across = st.slider("Across", 0, 100, 50, format="%d %%", key=f"{key}.part.x", help="Which part is shown.")
    if high < height:
        down = st.slider("Down", 0, 100, 50, format="%d %%", key=f"{key}.part.y", help="Which part is shown.")
    return Part((height - high) * down // 100, (width - wide) * across // 100, high, wide)
