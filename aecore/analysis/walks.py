"""Walks through the latent space: over several codes one after the other, or along a line drawn by hand.

    walk     from stop to stop, `steps` images on each leg:   t = 0, 1/steps, ..., (steps - 1)/steps, and the last stop
             n stops give (n - 1) steps + 1 images; a closed walk goes back to the first stop and leaves it out at the
             end, because the next round begins with it: n steps images
    along    a line through many places, its images at equal distances along it, both ends included

The ways from stop to stop are those of `aecore.analysis.latent`.
"""

from collections.abc import Sequence

import numpy as np

from aecore.analysis.drawn import drawn_codes, has_encoder
from aecore.analysis.latent import LatentMap, Path, between, lift
from aecore.analysis.projections import inverse
from aecore.analysis.trained import Floats, Indices, Trained, decode, encode
from aecore.errors import SettingError

MAX_IMAGES = 5000
LEG_STEPS, LINE_STEPS = 24, 72  # images from stop to stop, and along a drawn line


def walk(trained: Trained, stops: Floats, steps: int = LEG_STEPS, way: str = "straight", closed: bool = False) -> Path:
    """The images on a walk over `stops` [n, latent]; `positions` counts legs. SettingError as `walk_codes`."""
    codes, positions = walk_codes(stops, steps, way, closed)
    return Path(codes, decode(trained, codes), positions)


def walk_over(
    trained: Trained,
    images: Sequence[int] | Indices,
    steps: int = LEG_STEPS,
    way: str = "straight",
    closed: bool = False,
) -> Path:
    """The images on a walk over pictures, by index into training, then validation, then test images.

    Of a model without an encoder they are drawn ones: `aecore.analysis.drawn.drawn_codes`, by number.
    """
    return walk(trained, _stops(trained, images), steps, way, closed)


def _stops(trained: Trained, images: Sequence[int] | Indices) -> Floats:
    if has_encoder(trained):
        return encode(trained, trained.splits.take(images).images)
    return drawn_codes(trained, 1 + max(images))[list(images)]


def walk_codes(
    stops: Floats, steps: int = LEG_STEPS, way: str = "straight", closed: bool = False
) -> tuple[Floats, Floats]:
    """The codes [images, latent] of a walk, and where each lies: 0 at the first stop, 1 at the second, and so on.

    SettingError for fewer than two stops, less than one step, too many images or an unknown way.
    """
    if len(stops) < 2:
        raise SettingError(f"A walk of {len(stops)} stops leads nowhere: choose 2 or more.")
    if steps < 1:
        raise SettingError(f"A leg of {steps} steps has no image: choose 1 or more.")
    legs = len(stops) - (not closed)
    _check_count(legs * steps + (not closed))
    ends = np.concatenate([stops[1:], stops[:1]]) if closed else stops[1:]
    codes = [between(start, end, steps + 1, way)[:-1] for start, end in zip(stops, ends, strict=closed)]
    codes += [] if closed else [stops[-1:]]
    together = np.concatenate(codes).astype(np.float32)
    return together, np.arange(len(together), dtype=np.float32) / np.float32(steps)


def walk_along(trained: Trained, seen: LatentMap, line: Floats, steps: int = LINE_STEPS) -> Path:
    """The images along a line [n, 2] that was drawn on a map of the model, evenly paced in its plane.

    `positions` is the share of the line's length, 0 to 1. A plane by UMAP or t-SNE has no formula: codes are those of
    `aecore.analysis.projections.inverse`. SettingError for a line without length.
    """
    places, latent = resample(line, steps), seen.codes.shape[1]
    bent = seen.projection is None and latent > 2
    codes = inverse(seen.codes, seen.plane, places) if bent else lift(places, latent, seen.projection)
    return Path(codes, decode(trained, codes), np.linspace(0, 1, steps, dtype=np.float32))


def resample(line: Floats, steps: int) -> Floats:
    """`steps` points at equal distances along the straight pieces between points [n, d], both ends included.

    SettingError for fewer than two steps, too many, or a line without length.
    """
    if steps < 2:
        raise SettingError(f"A line of {steps} steps has no beginning and end: choose 2 or more.")
    _check_count(steps)
    if not np.isfinite(line).all():
        raise SettingError("The line has places that are no numbers: draw it again.")
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line.astype(np.float64), axis=0), axis=1))])
    if len(line) < 2 or travelled[-1] == 0:
        raise SettingError("The line has no length: draw a longer one.")
    wanted = np.linspace(0, travelled[-1], steps)
    return np.column_stack([np.interp(wanted, travelled, each) for each in line.T]).astype(np.float32)


def _check_count(images: int) -> None:
    if images > MAX_IMAGES:
        raise SettingError(f"This walk has {images:,} images, the limit is {MAX_IMAGES:,}: choose fewer steps.")
