"""Several runs on the same images."""

import numpy as np
import pytest

from aecore.analysis.compare import compare, evaluate_all
from aecore.analysis.reconstruct import reconstruct
from aecore.errors import SettingError

SHAPES = [(1, 28, 28), (3, 20, 24)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_run_reconstructs_the_same_images(shape, make):
    runs = [make("simple", shape), make("convolutional", shape), make("variational", shape)]
    found = compare(runs, ["a", "b", "c"], indices=[4, 0, 7])
    images = runs[0].splits.test.images[[4, 0, 7]]
    assert np.array_equal(found.original, images)
    assert found.reconstructions.shape == (3, 3, *shape)
    for row, run in enumerate(runs):
        alone = reconstruct(run, images, "none")
        assert np.allclose(found.reconstructions[row], alone.reconstruction, atol=1e-6)
        assert list(found.sse[row]) == pytest.approx([each.sse_per_image for each in alone.measures], rel=1e-5)
        assert found.measures[row].sse_per_image == pytest.approx(found.sse[row].mean(), rel=1e-5)
    assert found.latents == (32, 32, 2)


def test_all_runs_see_the_same_noise_whatever_they_were_trained_with(make):
    runs = [make("simple"), make("denoising", network__kind="dense")]
    found = compare(runs, ["plain", "denoising"], corruption="gaussian", level=0.4)
    turned = compare(runs[::-1], ["denoising", "plain"], corruption="gaussian", level=0.4)
    assert np.array_equal(found.corrupted, turned.corrupted)
    assert np.array_equal(found.reconstructions, turned.reconstructions[::-1])
    assert found.corruption == "Gaussian noise, 0.4 of the pixel range"


def test_images_are_one_of_each_class_when_none_are_named(make):
    assert sorted(compare([make("simple")], ["a"], count=4).labels) == ["a", "b", "c", "d"]


def test_images_without_classes_have_no_labels(make, splits):
    assert compare([make("simple", data=splits((1, 28, 28), labelled=False))], ["a"], count=3).labels == ("",) * 3


def test_runs_on_images_of_different_shapes_are_refused_naming_them(make):
    with pytest.raises(SettingError, match=r"grey: 1 x 28 x 28; colour: 3 x 20 x 24"):
        compare([make("simple"), make("simple", (3, 20, 24))], ["grey", "colour"])


@pytest.mark.parametrize("names", [["a"], ["a", "a"]])
def test_names_must_tell_the_runs_apart(names, make):
    with pytest.raises(SettingError, match="2 runs need as many different names"):
        compare([make("simple"), make("deep")], names)


def test_nothing_to_compare_is_refused():
    with pytest.raises(SettingError, match="at least one run"):
        compare([], [])


def test_evaluating_all_keeps_names_and_tells_its_progress(make):
    told = []
    found = evaluate_all([make("simple"), make("deep")], ["a", "b"], limit=20, progress=told.append)
    assert list(found) == ["a", "b"]
    assert told == sorted(told)
    assert told[-1] == 1.0
