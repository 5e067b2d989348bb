"""Enlarging and denoising from file to file: what the pages and the shell both do, so that both give the same bytes."""

from dataclasses import dataclass
from pathlib import Path

from aecore.analysis.restoring.denoise import denoised
from aecore.analysis.restoring.enlarge import blended, enlarged
from aecore.analysis.restoring.orientations import ONE
from aecore.analysis.restoring.tiles import Progress
from aecore.analysis.trained import Trained
from aecore.data.pictures import Picture, read_picture
from aecore.data.saving import picture_file


@dataclass(frozen=True)
class Made:
    """A file that was made of a picture, and what is to be said of it."""

    content: bytes
    width: int
    height: int
    notes: tuple[str, ...]
    noise_std: float | None = None  # that was taken out, in grey levels of 255
    estimated: bool = False


def taken_in(name: str, data: bytes | Path) -> Picture:
    """The picture as every restoring begins: upright, 8 bits, grey or RGB. PictureError says why not."""
    return read_picture(name, data)


def enlarged_file(
    picture: Picture,
    factor: int,
    trained: Trained | None,
    kind: str = "png",
    blend: float = 0.0,
    progress: Progress | None = None,
    orientations: int = ONE,
) -> Made:
    """The picture `factor` times larger as a file; without `trained` by bicubic interpolation.

    `blend` is the share of bicubic in the result, which takes back what the network added; `orientations` 1 or 8.
    """
    made = blended(enlarged(picture.pixels, factor, trained, progress, orientations), picture.pixels, blend)
    return Made(picture_file(made, kind), made.shape[1], made.shape[0], picture.notes)


def denoised_file(
    picture: Picture,
    trained: Trained,
    noise_std: float | None = None,
    kind: str = "png",
    progress: Progress | None = None,
    orientations: int = ONE,
) -> Made:
    """The picture without its noise as a file; `noise_std` in grey levels of 255, None to estimate it.

    `orientations` is 1 or 8.
    """
    made = denoised(picture.pixels, trained, noise_std, progress, orientations)
    height, width = made.picture.shape[:2]
    return Made(picture_file(made.picture, kind), width, height, picture.notes, made.noise_std, made.estimated)
