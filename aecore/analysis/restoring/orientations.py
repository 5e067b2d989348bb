"""Geometric self-ensemble: the mean over what a network makes of a picture upright, turned and mirrored.

    x = 1/8 sum_k T_k^-1 R(T_k y)        T_k: the eight turns and mirrorings that a rectangle of pixels has

A network sees a picture a little differently from every side. In the mean its errors partly cancel, and the answer no
longer depends on how the picture is held: that of the turned picture is the turned answer.

Source: Timofte, Rothe, Van Gool, "Seven Ways to Improve Example-Based Single Image Super Resolution", CVPR 2016
(enhanced prediction); Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution",
CVPR Workshops 2017 (self-ensemble).
"""

import torch
from torch import Tensor

from aecore.analysis.restoring.tiles import Progress
from aecore.analysis.trained import device_of
from aecore.errors import SettingError
from aecore.model import Restorer
from aecore.shapes import Images

ONE, ALL = 1, 8
QUARTERS = 4
SIDES = (-2, -1)


def check_orientations(orientations: int) -> None:
    """SettingError for any number but 1 and 8."""
    if orientations not in (ONE, ALL):
        raise SettingError(
            f"The number of orientations is {orientations}: choose {ONE}, the picture as it is, or {ALL}, the mean "
            "over it turned and mirrored."
        )


def restored(
    model: Restorer, images: Images, strength: float, orientations: int = ONE, progress: Progress | None = None
) -> Images:
    """Whole images in one piece -> the mean over so many orientations of what the model makes of them, in [0, 1].

    `strength` in the unit of the corruption. `progress` is told the share done after each orientation.
    """
    strengths = torch.full((len(images),), float(strength), device=device_of(model))
    total = torch.zeros_like(images)
    with torch.inference_mode():
        for number in range(orientations):
            made = model.restore(turned(images, number).to(device_of(model)), strengths)
            total += _turned_back(made.cpu(), number)
            if progress:
                progress((number + 1) / orientations)
    return total / orientations


def turned(images: Tensor, number: int) -> Tensor:
    """[..., height, width] in orientation 0 to 7: so many quarter turns, from 4 on mirrored too; 0 is upright."""
    quarters = images.rot90(number % QUARTERS, SIDES)
    return quarters if number < QUARTERS else quarters.flip(-1)


def _turned_back(images: Tensor, number: int) -> Tensor:
    quarters = images if number < QUARTERS else images.flip(-1)
    return quarters.rot90(-(number % QUARTERS), SIDES)
