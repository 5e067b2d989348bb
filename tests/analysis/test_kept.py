"""Results that are made once and kept."""

import threading

import numpy as np
import pytest

from aecore.analysis.kept import Kept, identity
from aecore.data.image_set import ImageSet


def test_a_result_is_made_once_and_then_kept():
    kept, made = Kept(2), []
    for _ in range(3):
        assert kept.get("a", lambda: made.append(1) or 7) == 7
    assert len(made) == 1


def test_only_the_most_recently_used_stay():
    kept, made = Kept(2), []
    for key in "abacb":
        kept.get(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]


def test_two_threads_that_ask_for_the_same_wait_for_one_making():
    kept, made, begun, go_on = Kept(2), [], threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(30)
        made.append(1)
        return 5

    threads = [threading.Thread(target=lambda: kept.get("a", slow)) for _ in range(2)]
    for each in threads:
        each.start()
    begun.wait(30)
    assert kept.get("another", lambda: 6) == 6  # is not kept waiting
    go_on.set()
    for each in threads:
        each.join()
    assert len(made) == 1


def test_what_could_not_be_made_can_be_tried_again():
    kept = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0)
    assert kept.get("a", lambda: 2) == 2


def test_sets_are_told_apart_by_what_is_in_them():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 1, 4, 4), np.uint8)
    whole = identity(ImageSet(pixels))
    assert whole == identity(ImageSet(pixels.copy()))
    assert whole != identity(ImageSet(pixels[:29]))
    assert whole != identity(ImageSet(pixels.reshape(30, 1, 2, 8)))
    assert whole != identity(ImageSet(pixels[::-1]))
