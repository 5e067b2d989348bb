"""Denoising without learning: what a network has to beat.

    non-local means   a pixel becomes the mean of pixels whose surroundings look like its own
    total variation   the picture that is near the noisy one and has the least sum of absolute differences
    BM3D              similar blocks are stacked and their transform is shrunk; where the package `bm3d` is installed,
                      whose licence allows non-commercial use only

All are told the strength of the noise. Strength of smoothing by the rules of thumb of their library.

Source: Buades, Coll, Morel, "A Non-Local Algorithm for Image Denoising", CVPR 2005; Chambolle, "An Algorithm for Total
Variation Minimization and Applications", Journal of Mathematical Imaging and Vision 2004; Dabov, Foi, Katkovnik,
Egiazarian, "Image Denoising by Sparse 3-D Transform-Domain Collaborative Filtering", IEEE TIP 2007. Computed by
scikit-image and bm3d.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from aecore.errors import SettingError

Floats = npt.NDArray[np.float32]
Method = Callable[[Floats, float], Floats]

TITLES: Mapping[str, str] = {"nlm": "Non-local means", "tv": "Total variation", "bm3d": "BM3D"}
TV_WEIGHT = 0.75  # of the noise's standard deviation, found on training photographs at 15, 25 and 50 of 255
LEAST = 1e-4


def methods() -> tuple[str, ...]:
    """The keys of the methods that can be used here."""
    return tuple(key for key in TITLES if key != "bm3d" or find_spec("bm3d") is not None)


def classically_denoised(pixels: Floats, method: str, noise_std: float) -> Floats:
    """Floats [height, width, channels] around [0, 1] -> the same in [0, 1]; `noise_std` in the same unit.

    SettingError for a method that is unknown or not installed.
    """
    if method not in TITLES:
        raise SettingError(f"There is no method {method!r}: choose one of {', '.join(methods())}.")
    if method not in methods():
        raise SettingError(
            "BM3D is not installed: its package may be used for non-commercial purposes only. pip install bm3d adds it."
        )
    if noise_std < LEAST:
        return np.clip(pixels, 0, 1)
    made = _METHODS[method](pixels, noise_std)
    return np.clip(made.reshape(pixels.shape), 0, 1).astype(np.float32)


def _nlm(pixels: Floats, noise_std: float) -> Floats:
    from skimage.restoration import denoise_nl_means

    made: Floats = denoise_nl_means(
        pixels, h=0.8 * noise_std, sigma=noise_std, fast_mode=True, patch_size=5, patch_distance=6, channel_axis=-1
    )
    return made


def _tv(pixels: Floats, noise_std: float) -> Floats:
    from skimage.restoration import denoise_tv_chambolle

    made: Floats = denoise_tv_chambolle(pixels, weight=TV_WEIGHT * noise_std, channel_axis=-1)
    return made


def _bm3d(pixels: Floats, noise_std: float) -> Floats:
    bm3d = import_module("bm3d")  # not a requirement: its licence is not ours to give
    run = bm3d.bm3d if pixels.shape[-1] == 1 else bm3d.bm3d_rgb
    given = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    made: Floats = np.asarray(run(given, noise_std), dtype=np.float32)
    return made


_METHODS: Mapping[str, Method] = {"nlm": _nlm, "tv": _tv, "bm3d": _bm3d}
