"""Enlarging a picture of any size with a trained network, and what can be said about the result.

    up(y)          bicubic                                              y: the picture as it came, 8 bits
    x = R(up(y))   what the network makes of it                         in tiles: the same as in one piece

Whether x is true cannot be seen from y. Two things can: x shrunk again should be y, and whatever x has beyond up(y) was
added by the network.

Source: Irani and Peleg, "Improving Resolution by Image Registration", CVGIP 1991 (shrinking again as a test).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.analysis.restoring.orientations import ONE, check_orientations, restored
from aecore.analysis.restoring.pixels import Bytes, check_size, to_picture, to_tensor
from aecore.analysis.restoring.tiles import SIDE, Progress, count_of, progress_of_part, tiles
from aecore.analysis.trained import Trained, restorer_of
from aecore.corruption.shrink import Shrink, ShrinkSettings, enlarge, shrink
from aecore.errors import SettingError
from aecore.model import Restorer

FACTORS = (2, 3, 4)
BICUBIC_MARGIN = 4  # pixels of the small picture that bicubic interpolation can see, and some
BICUBIC = "bicubic"


@dataclass(frozen=True, eq=False)
class Judged:
    """What the picture that came says of the one that was made."""

    disagreement: npt.NDArray[np.float32]  # [height, width] of the small picture, |shrunk again - came|, 0 to 1
    added: npt.NDArray[np.float32]  # [height, width] of the large one, |made - bicubic|, 0 to 1

    @property
    def mean_levels(self) -> float:
        """Mean disagreement in grey levels of 255."""
        return float(self.disagreement.mean()) * 255


def factors_of(trained: Trained) -> tuple[int, ...]:
    """The factors that the model was trained for, of 2, 3 and 4. RunError for a model that does not restore."""
    restorer_of(trained)
    corruption = trained.composition.corruption
    if not isinstance(corruption, Shrink):
        return ()
    return _factors(corruption.settings)


def _factors(settings: ShrinkSettings) -> tuple[int, ...]:
    if settings.varying:
        return tuple(each for each in FACTORS if each <= settings.factor)
    return tuple(each for each in FACTORS if each == settings.factor)


def enlarged(
    picture: Bytes,
    factor: int,
    trained: Trained | None = None,
    progress: Progress | None = None,
    orientations: int = ONE,
) -> Bytes:
    """`picture` `factor` times larger, by the network or, without one, by bicubic interpolation.

    `orientations` is 1, or 8 for the mean over the picture turned and mirrored, which takes 8 times as long and changes
    nothing in bicubic interpolation. `progress` is told the share done and may raise to break off. SettingError for a
    factor the network was not trained for, another number of orientations, or a result of more than 24 million pixels;
    RunError for a model that restores nothing.
    """
    height, width, channels = picture.shape
    if factor not in FACTORS:
        raise SettingError(f"The factor is {factor}: choose one of {', '.join(map(str, FACTORS))}.")
    check_orientations(orientations)
    check_size(width * factor, height * factor, "The enlarged picture")
    model = None if trained is None else _model(trained, factor)
    made = np.empty((height * factor, width * factor, channels), dtype=np.uint8)
    cell, margin = margin_of(trained, factor)
    side = max(SIDE // factor, 1)
    total = count_of(height, width, side)
    for number, tile in enumerate(tiles(height, width, margin, cell, side)):
        tell = progress_of_part(progress, number, total)
        part = to_tensor(picture[tile.down.outer, tile.across.outer])
        part = enlarge(part, part.shape[-2] * factor, part.shape[-1] * factor)
        if model is None:
            tell(1.0)
        else:
            part = restored(model, part, factor, orientations, tell)
        kept = part[..., tile.down.within(factor), tile.across.within(factor)]
        made[tile.down.enlarged(factor), tile.across.enlarged(factor)] = to_picture(kept)
    return made


def margin_of(trained: Trained | None, factor: int) -> tuple[int, int]:
    """What a part needs around it to be enlarged as it is in the whole, in pixels of the small picture.

    The squares at whose corners the part with its margin must begin and end, and the margin itself.
    """
    if trained is None:
        return 1, BICUBIC_MARGIN
    network = restorer_of(trained).network
    return network.cell(factor), BICUBIC_MARGIN + -(-network.reach(factor) // factor)


def shrunk(picture: Bytes, factor: int) -> Bytes:
    """`picture` cut to a multiple of `factor` and made so many times smaller: bicubic, antialiased, 8 bits."""
    height, width = (side // factor * factor for side in picture.shape[:2])
    if not height or not width:
        raise SettingError(
            f"The picture has {picture.shape[1]} x {picture.shape[0]} pixels: it cannot be made {factor} times smaller."
        )
    return to_picture(shrink(to_tensor(picture[:height, :width]), factor))


def judged(came: Bytes, made: Bytes) -> Judged:
    """What a picture says of its enlargement. SettingError where one is no whole multiple of the other."""
    factor = made.shape[0] // came.shape[0]
    if made.shape[:2] != (came.shape[0] * factor, came.shape[1] * factor):
        raise SettingError("The enlarged picture is no multiple of the one that came: enlarge it again.")
    small, plain = shrunk(made, factor).astype(np.float32), enlarged(came, factor).astype(np.float32)
    return Judged(
        np.abs(small - came).mean(2) / 255,
        np.abs(made.astype(np.float32) - plain).mean(2) / 255,
    )


def blended(made: Bytes, came: Bytes, share: float) -> Bytes:
    """Between what the network made (share 0) and bicubic enlargement, which adds nothing (share 1)."""
    if not 0 <= share <= 1:
        raise SettingError(f"The share is {share:g}: choose 0 (the network) to 1 (bicubic).")
    if share == 0:
        return made
    plain = enlarged(came, made.shape[0] // came.shape[0])
    mixed = made.astype(np.float32) * (1 - share) + plain.astype(np.float32) * share
    return np.round(mixed).astype(np.uint8)


def _model(trained: Trained, factor: int) -> Restorer:
    known = factors_of(trained)
    if factor not in known:
        if not known:
            raise SettingError("This run was not trained to enlarge: choose one of super-resolution.")
        raise SettingError(
            f"This run was trained to enlarge {' or '.join(map(str, known))} times, not {factor}: choose one of "
            "these or another run."
        )
    return restorer_of(trained)
