"""Streams of chance: named, independent, and able to go on from where they were."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from aecore.randomness import Streams, derive, numpy_stream, torch_stream


def draw(generator: torch.Generator, count: int = 4) -> list[float]:
    return torch.rand(count, generator=generator).tolist()


def test_a_derived_seed_is_the_same_on_every_machine():
    """The first 63 bits that `printf 0/weights | sha256sum` prints."""
    assert derive(0, "weights") == 133441691874178746
    assert 0 <= derive(7) < 2**63


def test_seed_and_every_name_count():
    seeds = {derive(0), derive(1), derive(0, "a"), derive(1, "a"), derive(0, "b"), derive(0, "a", 1), derive(0, "a", 2)}
    assert len(seeds) == 7


def test_streams_of_one_name_draw_the_same_and_of_two_names_do_not():
    assert draw(torch_stream(3, "noise")) == draw(torch_stream(3, "noise"))
    assert draw(torch_stream(3, "noise")) != draw(torch_stream(3, "order"))
    assert np.array_equal(numpy_stream(3, "noise").random(4), numpy_stream(3, "noise").random(4))
    assert not np.array_equal(numpy_stream(3, "noise").random(4), numpy_stream(4, "noise").random(4))


def test_two_streams_of_a_run_draw_differently():
    streams = Streams(5)
    assert draw(streams["corruption"]) != draw(streams["posterior"])


def test_drawing_from_one_stream_does_not_shift_another():
    alone, beside = Streams(5), Streams(5)
    draw(beside["corruption"], 1000)
    assert draw(alone["posterior"]) == draw(beside["posterior"])


def test_a_stream_goes_on_where_it_was_at_the_last_call():
    streams = Streams(5)
    assert draw(streams["noise"]) != draw(streams["noise"])


def test_restored_streams_go_on_as_if_nothing_had_happened():
    streams = Streams(5)
    draw(streams["a"]), draw(streams["b"], 3)
    state = streams.state()
    onwards = draw(streams["a"]), draw(streams["b"])

    resumed = Streams(5)
    resumed.restore(state)
    assert (draw(resumed["a"]), draw(resumed["b"])) == onwards


def test_a_state_is_a_copy_that_later_draws_do_not_change():
    streams = Streams(5)
    draw(streams["a"])
    kept = streams.state()
    before = kept["a"].clone()
    draw(streams["a"])
    streams.state()
    assert torch.equal(kept["a"], before)


def test_streams_that_a_state_does_not_name_start_anew():
    streams = Streams(5)
    draw(streams["a"])
    streams.restore({})
    assert draw(streams["a"]) == draw(Streams(5)["a"])
    assert list(streams.state()) == ["a"]


def test_a_state_of_another_kind_of_device_gives_a_new_stream_that_repeats_nothing():
    of_a_gpu = {"a": torch.arange(16, dtype=torch.uint8)}
    first, second, other = Streams(5), Streams(5), Streams(5)
    first.restore(of_a_gpu)
    second.restore(of_a_gpu)
    other.restore({"a": of_a_gpu["a"] + 1})
    drawn = draw(first["a"])
    assert drawn == draw(second["a"])
    assert drawn != draw(other["a"])
    assert drawn != draw(Streams(5)["a"])


@pytest.mark.parametrize(
    "module", ["aecore.randomness", "aecore.settings", "aecore.catalog", "aecore.variants.catalog"]
)
def test_what_lists_and_forms_need_does_not_import_torch(module):
    report = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
