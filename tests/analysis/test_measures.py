"""Measures, on images small enough to be worked out by hand."""

import math

import pytest
import torch

from aecore.analysis.measures import Measures, Sum, cross_entropies, entropy_floor, psnr_db, squared_errors


def two_pixels(first, second):
    return torch.tensor([first, second]).reshape(1, 1, 1, 2)


def test_squared_error_is_summed_over_pixels():
    assert squared_errors(two_pixels(1.0, 0.0), two_pixels(0.5, 0.1)).item() == pytest.approx(0.26)


def test_ten_decibels_are_a_tenth_of_the_squared_error():
    assert psnr_db(0.1) == pytest.approx(10)
    assert psnr_db(0.01) == pytest.approx(20)


def test_the_mean_weighs_images_and_not_batches():
    total = Sum(pixels=2)
    total.add(torch.tensor([1.0, 1.0, 1.0]))
    total.add(torch.tensor([5.0]))
    assert total.mean().sse_per_image == 2.0
    assert total.mean().mse_per_pixel == 1.0


def test_images_without_error_have_no_finite_psnr_and_json_gets_null():
    perfect = Measures(images=1, pixels=4, sse_per_image=0.0)
    assert perfect.psnr_db == math.inf
    assert perfect.to_dict()["psnr_db"] is None


def test_cross_entropy_of_a_grey_pixel_predicted_exactly_is_its_entropy():
    grey = two_pixels(0.5, 0.5)
    assert cross_entropies(grey, grey).item() == pytest.approx(2 * math.log(2))
    assert entropy_floor(grey).item() == pytest.approx(2 * math.log(2))


def test_cross_entropy_stays_finite_for_numbers_outside_the_range_of_pixels():
    outside = cross_entropies(two_pixels(1.0, 0.0), two_pixels(-0.2, 1.4))
    assert outside.item() == pytest.approx(2 * math.log(510), rel=1e-5)


def test_black_and_white_pixels_have_no_entropy():
    assert entropy_floor(two_pixels(1.0, 0.0)).item() == 0.0
