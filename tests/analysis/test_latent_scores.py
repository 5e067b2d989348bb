"""What is said of each image of a map in one number."""

import numpy as np
import pytest

from aecore.analysis.latent import latent_map
from aecore.analysis.latent_scores import far_from_data, latent_scores
from aecore.analysis.trained import decode

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("split", ["test", "train", "all"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_image_of_the_map_has_its_error_its_divergence_and_how_unusual_its_code_is(shape, split, make):
    trained = make("variational", shape, fit=3)
    seen = latent_map(trained, split, 130)
    error, divergence, unusual = latent_scores(trained, seen)
    splits = trained.splits
    images = splits.take(seen.indices) if split == "all" else getattr(splits, split).take(seen.indices)
    wanted = np.square(decode(trained, seen.codes) - images.images / 255).sum((1, 2, 3))
    np.testing.assert_allclose(error.values, wanted, rtol=1e-4)
    assert (divergence.values > 0).all()
    assert unusual.values.shape == (len(seen.codes),)
    assert (unusual.values >= 0).all()


def test_the_divergence_is_that_of_mean_and_spread(make):
    trained = make("variational", fit=3)
    seen = latent_map(trained, "test", 5)
    features = trained.composition.model.encoder(_floats(trained.splits.test.images[seen.indices]))
    mean, log_variance = features.numpy().T.reshape(2, -1, 5)
    expected = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(0)
    np.testing.assert_allclose(latent_scores(trained, seen)[1].values, expected, rtol=1e-4)


def _floats(images):
    import torch

    return torch.from_numpy(images / np.float32(255))


def test_a_model_without_a_distribution_has_no_divergence(make):
    trained = make("simple", fit=3)
    assert [each.key for each in latent_scores(trained, latent_map(trained))] == ["squared_error", "code_mahalanobis"]


def test_codes_are_within_reach_of_each_other_and_a_stranger_is_not():
    codes = np.random.default_rng(0).uniform(-1, 1, (2000, 2)).astype(np.float32)
    far = far_from_data(codes)
    gaps = np.sqrt(np.square(codes[:200, None] - codes[None]).sum(2))
    gaps[np.arange(200), np.arange(200)] = np.inf
    assert (gaps.min(1) <= far).mean() > 0.97
    assert far < 0.5
    assert far_from_data(codes[:1]) == 0
