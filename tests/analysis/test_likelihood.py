"""Likelihoods of variational models, against integrals over a code of one number."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from aecore.analysis import likelihood
from aecore.analysis.evaluate import evaluate
from aecore.analysis.likelihood import drawn_pixels, neg_log_likelihood
from aecore.analysis.trained import as_floats
from aecore.errors import SettingError

SMALL = (1, 4, 5)
BINARISED = {"training__binarise": True}


def integrated(trained, images):
    """-log p(x), mean over binarised images: the sum over a fine grid of z, and over the classes if they are coded."""
    model, z = trained.composition.model, torch.linspace(-7, 7, 1401)
    clean = drawn_pixels(as_floats(images.images), 0).flatten(1)
    classes = model.latent - 1
    codes = [z[:, None]] if not classes else [
        torch.cat([z[:, None], torch.eye(classes)[[label]].expand(len(z), -1)], 1) for label in range(classes)
    ]  # fmt: skip
    prior = torch.distributions.Normal(0, 1).log_prob(z) + math.log(float(z[1] - z[0])) - math.log(max(classes, 1))
    logs = []
    for each in codes:
        pixels = torch.distributions.Bernoulli(logits=model.decoder(each).flatten(1))
        logs.append(pixels.log_prob(clean[:, None]).sum(2) + prior)
    return -float(torch.logsumexp(torch.cat(logs, 1), 1).mean())


@pytest.fixture(params=["variational", "conditional"])
def trained(request, make, splits):
    changes = {"bottleneck__code_size": 1, "network__hidden": (24,)}
    return make(request.param, SMALL, splits(SMALL, count=80), fit=60, **changes, **BINARISED)


def test_the_estimate_is_the_integral_over_all_codes(trained):
    images = trained.splits.test
    assert neg_log_likelihood(trained, images, 5000) == pytest.approx(integrated(trained, images), abs=0.02)


def test_more_draws_than_fit_into_memory_are_decoded_in_pieces(trained, monkeypatch):
    monkeypatch.setattr(likelihood, "NUMBERS_AT_ONCE", 20 * 300)
    seen, decoder = [], trained.composition.model.decoder
    handle = decoder.register_forward_pre_hook(lambda module, given: seen.append(len(given[0])))
    images = trained.splits.test
    found = neg_log_likelihood(trained, images, 1000)
    handle.remove()
    assert max(seen) <= 300
    assert sum(seen) == 1000 * len(images) + len(images)  # the pass that gives the posterior decodes once
    assert found == pytest.approx(integrated(trained, images), abs=0.06)


def test_the_bound_lies_above_the_likelihood_and_draws_bring_them_together(trained):
    test = trained.splits.test.take(np.tile(np.arange(20), 100))  # so many that one draw for each is enough
    trained.splits = replace(trained.splits, test=test)
    found = evaluate(trained)
    assert found.neg_elbo_nats_per_image is None
    one, few, many = (neg_log_likelihood(trained, test, each) for each in (1, 5, 200))
    assert many < few < one
    assert one == pytest.approx(found.neg_elbo_binarised_nats_per_image, abs=0.15)  # both are one draw for each image


def test_numbers_of_binarised_and_of_grey_pixels_have_names_of_their_own(make):
    grey, binary = evaluate(make("variational")).to_dict(), evaluate(make("variational", **BINARISED)).to_dict()
    bounds = [{name for name in each if "nats" in name} for each in (grey, binary)]
    assert bounds[0] & bounds[1] == {"bce_nats_per_image"}  # of images as they are stored, for both
    assert "neg_elbo_binarised_nats_per_image" in bounds[1]
    assert "drawn black or white" in binary["likelihood_note"]
    assert "likelihood_note" not in grey


def test_a_model_trained_on_grey_pixels_has_a_likelihood_of_binarised_ones_and_says_so(make):
    found = evaluate(make("variational", SMALL), importance_samples=3)
    assert found.importance_samples == 3
    assert found.nll_nats_per_image is not None
    assert found.neg_elbo_nats_per_image is not None
    assert "trained on grey values" in found.likelihood_note


def test_the_same_model_has_the_same_likelihood_every_time(make):
    trained = make("variational", **BINARISED)
    assert evaluate(trained, 20, None, "test", 4) == evaluate(trained, 20, None, "test", 4)


def test_progress_ends_at_one_and_never_goes_back(make):
    told = []
    evaluate(make("variational", SMALL), progress=told.append, importance_samples=2)
    assert told[-1] == 1.0
    assert told == sorted(told)


@pytest.mark.parametrize(("variant", "draws", "words"), [
    ("simple", 5, "only of a variational model: choose a run whose bottleneck is Gaussian"),
    ("variational", -1, "-1 importance samples say nothing: take at least 1"),
])  # fmt: skip
def test_what_has_no_likelihood_is_refused_with_the_way_out(make, variant, draws, words):
    with pytest.raises(SettingError, match=words):
        evaluate(make(variant), importance_samples=draws)


def test_units_are_active_where_the_mean_follows_the_image(make):
    trained = make("variational", bottleneck__code_size=3)
    last = trained.composition.model.encoder[-1]
    with torch.no_grad():
        last.weight[:3] = 0  # the means
        last.weight[1, 0] = 1.0
    assert evaluate(trained).active_units == 1


def test_a_conditional_model_says_how_often_its_encoder_names_the_class(make):
    trained = make("conditional", fit=30)
    model, test = trained.composition.model, trained.splits.test
    named = model.encode(as_floats(test.images))[:, -4:].argmax(1)
    assert evaluate(trained).class_accuracy == pytest.approx(float((named.numpy() == test.labels).mean()))
