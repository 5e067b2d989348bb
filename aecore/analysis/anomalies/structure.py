"""Structural error: 1 - SSIM of an image and its reconstruction, mean over pixels.

SSIM compares mean, contrast and pattern around every pixel under a Gaussian window of standard deviation 1.5; images
with a side below 11 pixels take a flat window as large as fits. Several channels are averaged. Pixels run from 0 to 1.

Source: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity",
IEEE Transactions on Image Processing 2004, whose settings these are; computed by scikit-image.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.trained import Floats

WINDOW = 11  # pixels a side, of the Gaussian window


def structural_errors(images: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """1 - SSIM of each pair of images [n, channels, height, width]."""
    count, channels, height, width = images.shape
    side = min(height, width)
    if side < 3:
        return np.array([1.0 - _of_whole(one, other) for one, other in zip(images, others, strict=True)], np.float64)
    window = WINDOW if side >= WINDOW else side - 1 + side % 2
    edge = (window - 1) // 2  # where a window would leave the image, as Wang et al. leave it out
    maps = _maps(images.reshape(-1, width), others.reshape(-1, width), window)
    inside = maps.reshape(count, channels, height, width)[..., edge : height - edge, edge : width - edge]
    return np.asarray(1.0 - inside.mean((1, 2, 3), dtype=np.float64))


def _maps(images: Floats, others: Floats, window: int) -> Floats:
    """SSIM around every pixel of pictures that stand on each other: a single call costs less than one for each."""
    from skimage import metrics

    compare: Any = metrics.structural_similarity
    settings: dict[str, object] = {"win_size": window}
    if window == WINDOW:
        settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, found = compare(images, others, data_range=1.0, full=True, **settings)
    return np.asarray(found, np.float32)


def _of_whole(image: Floats, other: Floats) -> float:
    """SSIM of a picture that no window fits into: one window of all its pixels."""
    x, y = image.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    small, smaller = 0.01**2, 0.03**2
    mean, spread = (x.mean(), y.mean()), (x.var(), y.var())
    both = float(np.mean((x - mean[0]) * (y - mean[1])))
    top = (2 * mean[0] * mean[1] + small) * (2 * both + smaller)
    return float(top / ((mean[0] ** 2 + mean[1] ** 2 + small) * (spread[0] + spread[1] + smaller)))
