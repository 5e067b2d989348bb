"""Quality against the strength of the noise, on one clean picture: model and classical methods side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.analysis.restoring.classical import TITLES, classically_denoised, methods
from aecore.analysis.restoring.denoise import LEVELS, denoised, with_noise
from aecore.analysis.restoring.orientations import ONE
from aecore.analysis.restoring.pixels import Bytes
from aecore.analysis.restoring.protocol import psnr_levels, studio_luma
from aecore.analysis.restoring.tiles import Progress, progress_of_part
from aecore.analysis.trained import Trained

STRENGTHS = (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 65.0, 75.0)
MODEL, NOISY = "Model", "Noisy"


@dataclass(frozen=True, eq=False)
class NoiseCurves:
    """PSNR in dB of each method at each strength, a standard deviation in grey levels of 255."""

    strengths: tuple[float, ...]
    psnr_db: Mapping[str, npt.NDArray[np.float64]]


def noise_curves(
    clean: Bytes,
    trained: Trained,
    slow: bool = False,
    progress: Progress | None = None,
    orientations: int = ONE,
) -> NoiseCurves:
    """Gaussian noise of eight strengths on `clean`, in 8 bits; everyone is told the strength.

    With `slow` BM3D too, where it is installed. `progress` is told the share done and may raise to break off;
    `orientations` of the model are 1 or 8. PSNR of the luma.
    """
    others = [each for each in methods() if slow or each != "bm3d"]
    found: dict[str, list[float]] = {each: [] for each in (MODEL, *(TITLES[each] for each in others), NOISY)}
    target = studio_luma(clean)
    for number, strength in enumerate(STRENGTHS):
        tell = progress_of_part(progress, number, len(STRENGTHS))
        noisy = with_noise(clean, "gaussian", strength / LEVELS)
        made = {NOISY: noisy, MODEL: denoised(noisy, trained, strength, tell, orientations).picture}
        for each in others:
            given = (noisy / LEVELS).astype(np.float32)
            made[TITLES[each]] = np.rint(classically_denoised(given, each, strength / LEVELS) * LEVELS).astype(np.uint8)
        for name, picture in made.items():
            found[name].append(psnr_levels(target, studio_luma(picture)))
    return NoiseCurves(STRENGTHS, {name: np.array(each) for name, each in found.items()})
