"""1 - SSIM is that of scikit-image for every image on its own, also where no window fits."""

import numpy as np
import pytest
from skimage import metrics

from aecore.analysis.anomalies.structure import structural_errors


@pytest.mark.parametrize("shape", [(4, 1, 28, 28), (3, 3, 32, 20)])
def test_it_is_that_of_scikit_image_with_the_windows_of_the_paper(shape):
    chance = np.random.default_rng(0)
    images = chance.random(shape, np.float32)
    others = np.clip(images + chance.normal(0, 0.1, shape), 0, 1).astype(np.float32)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = [
        1 - metrics.structural_similarity(one, other, data_range=1.0, channel_axis=0, **settings)
        for one, other in zip(images, others, strict=True)
    ]
    assert structural_errors(images, others) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", [(2, 1, 9, 7), (2, 3, 3, 20), (2, 1, 2, 2), (2, 1, 1, 1)])
def test_the_same_image_has_no_error_and_another_has_one_however_small(shape):
    images = np.random.default_rng(0).random(shape, np.float32)
    assert structural_errors(images, images) == pytest.approx([0.0, 0.0], abs=1e-6)
    assert (structural_errors(images, 1 - images) > 0.01).all()
