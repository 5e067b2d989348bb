"""What training will cost, said before it starts."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from aecore.analysis import architecture
from aecore.analysis.estimate import estimate, memory
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS


@pytest.fixture(autouse=True)
def peace(monkeypatch):
    """Whatever else this machine does: a test says when it disturbs."""
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: True)


def recipe(variant="simple", **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(variant, DataChoice("blobs"), flat)


def test_time_grows_with_epochs_images_and_layers():
    cpu = find_device("cpu")

    def seconds(images, **changes):
        return estimate(recipe("deep", **changes), (1, 28, 28), images, 500, cpu).seconds

    small = seconds(5000, training__epochs=1)
    assert seconds(5000, training__epochs=4) == pytest.approx(4 * small)
    assert seconds(50_000, training__epochs=1) > 5 * small
    assert seconds(5000, training__epochs=1, network__hidden=(2000, 2000, 2000)) > 3 * small


def test_memory_counts_weights_activations_and_batch():
    cpu = find_device("cpu")
    found = estimate(recipe("deep", training__batch_size=256), (1, 28, 28), 1000, 100, cpu)
    assert found.memory.parameters == 16 * found.parameters
    assert found.memory.total > found.memory.parameters + found.memory.activations
    wide = estimate(recipe("deep", training__batch_size=512), (1, 28, 28), 1000, 100, cpu)
    assert wide.memory.activations == 2 * found.memory.activations
    assert found.memory.fits


def test_weights_are_not_counted_with_every_image():
    cpu = find_device("cpu")
    wide = recipe("simple", bottleneck__code_size=4096, training__batch_size=1)
    assert estimate(wide, (1, 28, 28), 1000, 100, cpu).memory.activations < 100_000  # its weights take 26 MB


def test_a_layer_too_large_to_be_tried_is_estimated_all_the_same():
    cpu = find_device("cpu")
    huge = recipe("deep", network__hidden=(16384, 16384), training__batch_size=256)
    started = time.perf_counter()
    found = estimate(huge, (3, 64, 64), 10_000, 100, cpu)
    assert found.seconds_per_step > 256 * 3 * 2 * 470_000_000 / 5e12  # no processor does five million million a second
    assert time.perf_counter() - started < 10


def test_a_batch_is_never_larger_than_the_data():
    cpu = find_device("cpu")
    few = estimate(recipe("simple"), (1, 28, 28), 10, 2, cpu)
    assert few.memory.images == 4 * 10 * 784
    assert few.seconds > 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_estimated(variant):
    found = estimate(recipe(variant), (1, 12, 12), 1000, 100, find_device("cpu"), classes=3)
    assert found.seconds > 0
    assert found.memory.activations > 0


def test_the_estimate_says_what_it_rests_on():
    found = estimate(recipe("convolutional"), (3, 20, 24), 1000, 100, find_device("cpu"))
    assert "every layer" in found.how.lower()
    assert found.precision in ("float32", "tf32", "bfloat16")


def test_what_was_disturbed_is_tried_again_and_the_best_counts(monkeypatch):
    tries = iter([9.0, 1e-3, 5.0, *[1e-5] * 100])
    monkeypatch.setattr("aecore.analysis.estimate._seconds", lambda *_: next(tries))
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: False)
    asked = (recipe("simple", bottleneck__code_size=37), (1, 13, 13), 1000, 100, find_device("cpu"))

    first = estimate(*asked)
    monkeypatch.setattr("aecore.analysis.estimate.in_peace", lambda *_: True)
    second, third = estimate(*asked), estimate(*asked)

    assert (first.disturbed, second.disturbed, third.disturbed) == (True, False, False)
    assert "Other work" in first.how
    assert second.seconds < first.seconds
    assert third.seconds == second.seconds


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_memory_alone_is_that_of_the_estimate_computed_or_not(variant, monkeypatch):
    asked = (recipe(variant), (1, 28, 28), 1000, 100, find_device("cpu"), 4)
    found, alone = estimate(*asked).memory, memory(*asked)

    monkeypatch.setattr(architecture, "MOST_NUMBERS_COMPUTED", 0)

    assert all(
        (each.parameters, each.activations, each.images) == (found.parameters, found.activations, found.images)
        for each in (alone, memory(*asked))
    )


def test_a_small_model_is_estimated_without_loading_the_compiler():
    code = """
import sys
from aecore.analysis.estimate import estimate, memory
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
for work in (memory, estimate):
    for variant in ("variational", "convolutional", "gan", "diffusion"):
        work(make_recipe(variant, DataChoice("x"), {}), (1, 28, 28), 1000, 100, find_device("cpu"), 10)
    print([name for name in ("torch._dynamo", "sympy") if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    # A layer that is tried alone is given a gradient, for which torch loads sympy.
    assert result.stdout.splitlines() == ["[]", "['sympy']"], result.stderr
