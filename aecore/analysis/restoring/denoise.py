"""Taking noise out of a picture of any size with a trained network that is told its strength, or estimates it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.restoring.orientations import ONE, check_orientations, restored, turned
from aecore.analysis.restoring.pixels import Bytes, check_size, to_picture, to_tensor
from aecore.analysis.restoring.tiles import Progress, count_of, progress_of_part, tiles
from aecore.analysis.trained import Trained, device_of, noise, restorer_of
from aecore.corruption.catalog import of_strength
from aecore.corruption.graded import Graded
from aecore.corruption.shrink import Shrink
from aecore.errors import SettingError
from aecore.model import Restorer

LEVELS = 255.0
STRONGEST = 75.0  # grey levels of 255
ESTIMATING_SHARE = 0.15  # of the time, where the strength has to be estimated first


@dataclass(frozen=True, eq=False)
class Denoised:
    """The picture, the strength that the network was told, and whether it was its own estimate."""

    picture: Bytes
    noise_std: float  # of 255 grey levels
    estimated: bool


def removes_noise(trained: Trained) -> bool:
    """Whether the model was trained to take noise out of pictures of any size."""
    model = trained.composition.model
    return isinstance(model, Restorer) and not isinstance(trained.composition.corruption, Shrink)


def denoised(
    picture: Bytes,
    trained: Trained,
    noise_std: float | None = None,
    progress: Progress | None = None,
    orientations: int = ONE,
) -> Denoised:
    """`picture` without its noise. `noise_std` is its standard deviation in grey levels of 255, None to estimate it.

    `orientations` is 1, or 8 for the mean over the picture turned and mirrored, which takes 8 times as long.
    `progress` is told the share done and may raise to break off. SettingError for a strength outside 0 to 75, another
    number of orientations, a picture of more than 24 million pixels, or a model that was trained for something else.
    """
    if not removes_noise(trained):
        raise SettingError("This run was not trained to take noise out of pictures: choose one of denoising.")
    if noise_std is not None and not 0 <= noise_std <= STRONGEST:
        raise SettingError(f"The noise is {noise_std:g} grey levels: choose 0 to {STRONGEST:g}.")
    check_orientations(orientations)
    model = restorer_of(trained)
    height, width, _ = picture.shape
    check_size(width, height, "The picture")
    told = noise_std is not None or not model.told
    begun = 0.0 if told else ESTIMATING_SHARE

    def tell(done: float) -> None:
        if progress:
            progress(begun + (1 - begun) * done)

    strength = noise_std / LEVELS if noise_std is not None else 0.0
    if not told:
        strength = min(_estimate(model, picture, progress, orientations), STRONGEST / LEVELS)
    made = _in_tiles(model, picture, strength, tell, orientations)
    return Denoised(made, strength * LEVELS, not told)


def estimated_noise(picture: Bytes, trained: Trained) -> float:
    """The strength of the noise in a picture as the model sees it, in grey levels of 255."""
    return _estimate(restorer_of(trained), picture, None) * LEVELS


def with_noise(picture: Bytes, kind: str, strength: float, seed: int = 0) -> Bytes:
    """A picture with noise added and kept in 8 bits.

    `kind` is a key of the corruptions, `strength` in the unit of its strength; for Gaussian noise the standard
    deviation as a share of the range. The same seed draws the same noise.
    """
    corrupted = of_strength(kind, strength)(to_tensor(picture), noise(seed, "added", 0))
    return to_picture(corrupted)


def noise_field(shape: tuple[int, int, int], kind: str, seed: int = 0) -> npt.NDArray[np.float32]:
    """The chance that `with_noise` applies to a picture [height, width, channels] of this shape, whatever the strength.

    float32 [channels, height, width] of standard normal numbers for Gaussian noise, [1, height, width] of uniform ones
    for salt and pepper and for masking. SettingError for a corruption that leaves nothing to chance.
    """
    corruption = of_strength(kind, 0.0)
    height, width, channels = shape
    like = torch.empty(1, channels, height, width)
    chance = corruption.draw(like, noise(seed, "added", 0)) if isinstance(corruption, Graded) else ()
    if not chance:
        raise SettingError(f"The corruption {kind} leaves nothing to chance: choose one that adds noise.")
    field: npt.NDArray[np.float32] = chance[0][0].numpy()
    return field


def _estimate(model: Restorer, picture: Bytes, progress: Progress | None, orientations: int = ONE) -> float:
    """The mean over orientations and tiles, these by their size."""
    height, width, _ = picture.shape
    total, weight = 0.0, 0
    with torch.inference_mode():
        for number, tile in enumerate(tiles(height, width, 0, model.network.cell(0)), 1):
            part = to_tensor(picture[tile.down.inner, tile.across.inner])
            size = part.shape[-1] * part.shape[-2]
            for each in range(orientations):
                guess = model.estimate(turned(part, each).to(device_of(model)))
                if guess is None:
                    raise SettingError("This model cannot tell how strong the noise is: give its strength.")
                total, weight = total + float(guess) * size, weight + size
            if progress:
                progress(ESTIMATING_SHARE * number / count_of(height, width))
    return total / weight


def _in_tiles(model: Restorer, picture: Bytes, strength: float, progress: Progress, orientations: int) -> Bytes:
    height, width, _ = picture.shape
    made = np.empty_like(picture)
    margin, cell = model.network.reach(strength), model.network.cell(strength)
    total = count_of(height, width)
    for number, tile in enumerate(tiles(height, width, margin, cell)):
        part = to_tensor(picture[tile.down.outer, tile.across.outer])
        part = restored(model, part, strength, orientations, progress_of_part(progress, number, total))
        made[tile.down.inner, tile.across.inner] = to_picture(part[..., tile.down.within(), tile.across.within()])
    return made
