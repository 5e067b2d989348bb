"""Packed scenes: what goes in comes out, aligned, and the same content gives the same bytes."""

import json

import numpy as np
import pytest

from aecore.browser.packing import pack


def unpack(block: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """As assets/browser/packing.js does it."""
    end = 4 + int.from_bytes(block[:4], "little")
    header = json.loads(block[4:end])
    arrays = {
        name: np.frombuffer(block, place["type"], int(np.prod(place["shape"])), end + place["offset"]).reshape(
            place["shape"]
        )
        for name, place in header.pop("arrays").items()
    }
    return header, arrays


def test_header_and_arrays_come_back_as_they_were():
    header = {"title": "Größe − 3×3", "shape": [1, 28, 28], "nothing": None}
    arrays = {
        "bytes": np.arange(5, dtype=np.uint8),
        "codes": np.array([[1.5, -2.5], [0.25, 1e-30]], np.float32),
        "labels": np.array([-1, 2**31 - 1], np.int32),
        "empty": np.zeros((0, 3), np.float32),
    }
    header_back, arrays_back = unpack(pack(header, arrays))
    assert header_back == header
    assert list(arrays_back) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(arrays_back[name], array)


@pytest.mark.parametrize("length", range(9))
def test_every_array_starts_where_a_browser_can_read_it(length):
    block = pack({"x": "y" * length}, {"odd": np.zeros(length, np.uint8), "floats": np.ones(3, np.float32)})
    end = 4 + int.from_bytes(block[:4], "little")
    assert end % 8 == 0
    assert all(place["offset"] % 8 == 0 for place in json.loads(block[4:end])["arrays"].values())


def test_columns_of_a_larger_array_are_packed_in_their_own_order():
    wide = np.arange(12, dtype=np.float32).reshape(3, 4)
    _, arrays = unpack(pack({}, {"part": wide[:, 1:3]}))
    np.testing.assert_array_equal(arrays["part"], [[1, 2], [5, 6], [9, 10]])


def test_the_same_content_gives_the_same_bytes():
    block = [pack({"a": 1}, {"b": np.arange(4, dtype=np.int32)}) for _ in range(2)]
    assert block[0] == block[1]


def test_an_array_that_no_browser_reads_is_refused():
    with pytest.raises(TypeError, match="float64"):
        pack({}, {"codes": np.zeros(3)})


def test_a_number_that_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        pack({"low": float("nan")}, {})
