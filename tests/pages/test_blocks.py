"""Large arrays that a browser fetches by the hash of their content."""

import numpy as np
import pytest
from starlette.requests import Request

from aecore.browser.blocks import as_block
from pages.shared.serving import serve_block


def fetched(name):
    """What the route answers: it waits for nothing, so that it needs no event loop."""
    with pytest.raises(StopIteration) as answered:
        serve_block(Request({"type": "http", "path_params": {"hash": name}})).send(None)
    return answered.value.value


def test_a_block_is_served_by_its_hash_while_somebody_holds_it():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    block = as_block(array)
    answer = fetched(block.hash)
    assert answer.status_code == 200
    assert answer.body == array.tobytes()
    assert "immutable" in answer.headers["cache-control"]
    assert block.place == {"type": "float32", "shape": [3, 4], "hash": block.hash}
    name = block.hash
    del block
    assert fetched(name).status_code == 404


def test_the_same_content_is_the_same_block_and_another_type_or_shape_is_not():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    block = as_block(array)
    assert as_block(array[:, ::-1][:, ::-1].copy()) is block
    others = [as_block(array.astype(np.int32)), as_block(array.reshape(4, 3)), as_block(array + 1)]
    assert len({block.hash, *(each.hash for each in others)}) == 4


def test_a_block_of_nothing_is_empty_and_types_that_a_browser_does_not_know_are_refused():
    block = as_block(np.empty((0, 3), np.uint8))
    assert fetched(block.hash).body == b""
    with pytest.raises(TypeError, match="float64"):
        as_block(np.zeros(3))


def test_rows_that_lie_apart_in_memory_travel_row_after_row():
    array = np.arange(12, dtype=np.int32).reshape(3, 4).T
    block = as_block(array)
    assert fetched(block.hash).body == np.ascontiguousarray(array).tobytes()
