"""Reconstruction errors, computed on paper."""

import math

import pytest
import torch

from aecore.model import Pass
from aecore.objectives.catalog import RECONSTRUCTIONS
from aecore.objectives.reconstruction import CrossEntropy, ReconstructionSettings, SquaredError

SETTINGS = ReconstructionSettings()


def outcome(*logits: float) -> Pass:
    """One image of 1 x 1 x n with these logits."""
    return Pass(torch.tensor(logits).view(1, 1, 1, -1), torch.zeros(1, 1), None)


def clean(*pixels: float) -> torch.Tensor:
    return torch.tensor(pixels).view(1, 1, 1, -1)


def test_squared_error_of_two_pixels():
    """Logits 0 and log 3 give 1/2 and 3/4: (1 - 1/2)^2 + (1/4 - 3/4)^2 = 1/2."""
    error = SquaredError(SETTINGS)(outcome(0.0, math.log(3.0)), clean(1.0, 0.25))
    assert error.tolist() == pytest.approx([0.5])


def test_cross_entropy_of_two_pixels():
    """y = 1/2 and 3/4, x = 1 and 1/4: -log 1/2 - 1/4 log 3/4 - 3/4 log 1/4."""
    expected = -math.log(0.5) - 0.25 * math.log(0.75) - 0.75 * math.log(0.25)
    error = CrossEntropy(SETTINGS)(outcome(0.0, math.log(3.0)), clean(1.0, 0.25))
    assert error.tolist() == pytest.approx([expected])


def test_cross_entropy_stays_finite_and_exact_where_a_pixel_is_confidently_wrong():
    assert CrossEntropy(SETTINGS)(outcome(100.0, -100.0), clean(0.0, 1.0)).tolist() == pytest.approx([200.0])
    assert CrossEntropy(SETTINGS)(outcome(30.0, -60.0), clean(0.0, 1.0)).tolist() == pytest.approx([90.0])
    assert CrossEntropy(SETTINGS)(outcome(100.0, -100.0), clean(1.0, 0.0)).tolist() == pytest.approx([0.0])


def test_cross_entropy_of_a_grey_pixel_is_at_least_its_entropy():
    entropy = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    best = CrossEntropy(SETTINGS)(outcome(-math.log(3.0)), clean(0.25))
    assert best.tolist() == pytest.approx([entropy])
    assert float(CrossEntropy(SETTINGS)(outcome(-1.0), clean(0.25))) > entropy


@pytest.mark.parametrize("key", RECONSTRUCTIONS)
def test_errors_are_sums_over_pixels_one_for_each_image(key):
    measure = RECONSTRUCTIONS[key].build(SETTINGS)
    logits, images = torch.randn(4, 3, 5, 2), torch.rand(4, 3, 5, 2)
    errors = measure(Pass(logits, torch.zeros(4, 1), None), images)
    alone = [measure(Pass(logits[i : i + 1], torch.zeros(1, 1), None), images[i : i + 1]) for i in range(4)]
    torch.testing.assert_close(errors, torch.cat(alone))
    doubled = measure(Pass(logits.repeat(1, 1, 2, 1), torch.zeros(4, 1), None), images.repeat(1, 1, 2, 1))
    torch.testing.assert_close(doubled, 2 * errors)


@pytest.mark.parametrize("key", RECONSTRUCTIONS)
def test_errors_are_computed_in_float32_whatever_the_network_computed_in(key):
    measure = RECONSTRUCTIONS[key].build(SETTINGS)
    logits = torch.randn(2, 1, 3, 3).bfloat16()
    coarse = measure(Pass(logits, torch.zeros(2, 1), None), torch.full((2, 1, 3, 3), 0.3))
    exact = measure(Pass(logits.float(), torch.zeros(2, 1), None), torch.full((2, 1, 3, 3), 0.3))
    assert coarse.dtype == torch.float32
    assert torch.equal(coarse, exact)


@pytest.mark.parametrize("key", RECONSTRUCTIONS)
def test_every_error_has_a_name_for_files_and_a_unit_for_people(key):
    measure = RECONSTRUCTIONS[key].build(SETTINGS)
    assert measure.name.isidentifier()
    assert measure.unit.endswith("per image")
