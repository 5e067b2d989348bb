"""The best linear denoiser as a baseline."""

import numpy as np
import pytest
import torch

from aecore.analysis import linear_denoiser
from aecore.analysis.linear_denoiser import WholeImage, Window, fit_linear_denoiser
from aecore.analysis.measures import squared_errors
from aecore.analysis.trained import as_floats
from aecore.corruption.catalog import of_strength
from aecore.data.image_set import ImageSet
from aecore.errors import DataError


@pytest.fixture(autouse=True)
def _fitted_anew(monkeypatch):
    monkeypatch.setattr(linear_denoiser, "_KEPT", linear_denoiser.Kept(4))


def remaining(denoise, images, corruption):
    """Mean squared error before and after denoising."""
    clean = as_floats(images.images)
    noisy = corruption(clean, torch.Generator().manual_seed(3))
    return squared_errors(clean, noisy).mean().item(), squared_errors(clean, denoise(noisy)).mean().item()


def test_one_pixel_is_shrunk_towards_its_mean_as_wiener_says():
    # Pixel 0.25 or 0.75, noise of variance s^2 = 0.01, far from clipping: weight = 0.0625 / (0.0625 + 0.01).
    values = np.tile(np.array([64, 191], np.uint8), 4000)[:, None, None, None]
    fitted = fit_linear_denoiser(ImageSet(values), of_strength("gaussian", 0.1), "one pixel")
    assert isinstance(fitted, WholeImage)
    assert fitted.weights.item() == pytest.approx(0.0620 / 0.0720, abs=0.01)
    assert fitted(torch.full((1, 1, 1, 1), 0.5)).item() == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("shape", [(1, 9, 8), (3, 6, 5)])
def test_whole_images_lose_most_of_their_noise(shape, blobs):
    noise = of_strength("gaussian", 0.3)
    fitted = fit_linear_denoiser(blobs(500, shape, 0), noise, "gaussian")
    before, after = remaining(fitted, blobs(200, shape, 1), noise)
    assert isinstance(fitted, WholeImage)
    assert after < 0.35 * before


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 24), (3, 64, 48)])
@pytest.mark.parametrize(("key", "level"), [("gaussian", 0.3), ("masking", 0.5), ("salt_pepper", 0.3)])
def test_images_too_few_for_whole_moments_get_one_filter_for_all_places(shape, key, level, blobs):
    noise = of_strength(key, level)
    fitted = fit_linear_denoiser(blobs(60, shape, 0), noise, key)
    before, after = remaining(fitted, blobs(20, shape, 1), noise)
    assert isinstance(fitted, Window)
    assert "11 x 11" in fitted.title
    assert after < 0.5 * before


def test_the_result_is_an_image(blobs):
    fitted = fit_linear_denoiser(blobs(60, (1, 12, 12)), of_strength("gaussian", 1.0), "strong")
    restored = fitted(torch.rand(5, 1, 12, 12))
    assert restored.shape == (5, 1, 12, 12)
    assert restored.min() >= 0
    assert restored.max() <= 1


def test_pixels_that_never_change_do_no_harm():
    fitted = fit_linear_denoiser(ImageSet(np.zeros((100, 1, 4, 4), np.uint8)), of_strength("masking", 0.5), "black")
    assert torch.equal(fitted(torch.zeros(2, 1, 4, 4)), torch.zeros(2, 1, 4, 4))


def test_no_image_is_an_error_that_says_what_is_missing(blobs):
    with pytest.raises(DataError, match="at least one training image"):
        fit_linear_denoiser(blobs(1, (1, 4, 4)).take([]), of_strength("gaussian", 0.1), "none")
