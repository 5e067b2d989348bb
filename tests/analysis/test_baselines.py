"""Principal components as a baseline."""

import numpy as np
import pytest
import torch

from aecore.analysis import baselines
from aecore.analysis.baselines import fit_pca
from aecore.analysis.trained import as_floats
from aecore.data.image_set import ImageSet
from aecore.errors import DataError


@pytest.fixture(autouse=True)
def _fitted_anew(monkeypatch):
    monkeypatch.setattr(baselines, "_KEPT", baselines.Kept(2))


def mean_sse(pca, images):
    clean = as_floats(images.images)
    return float((clean - pca.reconstruct(clean)).square().flatten(1).sum(1).mean())


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 24)])
def test_more_components_leave_less_error_and_the_curve_agrees_with_reconstructions(shape, blobs):
    train, test = blobs(900, shape, 0), blobs(60, shape, 1)
    curve = fit_pca(train, 40).errors_by_size(test)
    assert np.all(np.diff(curve) <= 1e-6)
    for size in (1, 7, 40):
        assert mean_sse(fit_pca(train, size), test) == pytest.approx(curve[size], rel=1e-4)


def test_images_on_a_line_are_reconstructed_from_one_number():
    shades = np.arange(1, 41, dtype=np.uint8)[:, None, None, None] * np.array([[[1, 2], [3, 4]]], dtype=np.uint8)
    images = ImageSet(shades)
    assert mean_sse(fit_pca(images, 1), images) == pytest.approx(0, abs=1e-6)


def test_a_code_larger_than_there_are_directions_is_cut_and_says_so(blobs):
    pca = fit_pca(blobs(10, (1, 8, 8)), 64)
    assert (pca.size, pca.asked) == (9, 64)
    assert "more than the 9 directions" in pca.note


def test_one_image_has_no_direction_and_is_its_own_mean(blobs):
    one = blobs(1, (3, 6, 5))
    pca = fit_pca(one, 4)
    assert pca.size == 0
    assert mean_sse(pca, one) == pytest.approx(0, abs=1e-6)


def test_no_image_is_an_error_that_says_what_is_missing(blobs):
    with pytest.raises(DataError, match="at least one training image"):
        fit_pca(blobs(1, (1, 4, 4)).take([]), 2)


def test_large_images_are_fitted_on_what_fits_into_memory_and_say_so(blobs, monkeypatch):
    monkeypatch.setattr(baselines, "NUMBERS", 200 * 3 * 20 * 20)
    train, test = blobs(300, (3, 20, 20), 0), blobs(50, (3, 20, 20), 1)
    pca = fit_pca(train, 8)
    assert pca.fitted_on == 200
    assert "200 of 300" in pca.note
    assert "randomised" in pca.note
    exact = np.linalg.svd((train.images.reshape(300, -1) / 255.0) - pca.mean, full_matrices=False)[2][:8]
    rest = test.images.reshape(50, -1) / 255.0 - pca.mean
    best = np.square(rest - rest @ exact.T @ exact).sum(1).mean()
    assert mean_sse(pca, test) < 1.2 * best


def test_components_are_orthonormal_and_ordered_by_the_variance_they_explain(blobs):
    pca = fit_pca(blobs(900, (1, 20, 20)), 12)
    assert np.allclose(pca.components @ pca.components.T, np.eye(12), atol=1e-4)
    assert np.all(np.diff(pca.explained) <= 0)


def test_the_same_images_are_fitted_once_and_other_images_anew(blobs, monkeypatch):
    fits = []
    fit = baselines._fit
    monkeypatch.setattr(baselines, "_fit", lambda *given: fits.append(given) or fit(*given))
    train = blobs(100, (1, 8, 8))
    fit_pca(train, 2), fit_pca(train, 5), fit_pca(train.take(range(99)), 2)
    assert len(fits) == 2


def test_decoding_a_code_gives_images_of_the_shape_asked_for(blobs):
    pca = fit_pca(blobs(30, (3, 5, 4)), 2)
    assert pca.decode(torch.zeros(7, 2), (3, 5, 4)).shape == (7, 3, 5, 4)
