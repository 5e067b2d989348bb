"""Whole numbers to bytes and back: a range coder driven by the tables.

The numbers are written one after the other through the code, each for all tiles at once. A number outside its table
is written as the escape; the values of all escapes follow at the end, 16 bits each. The end of the stream is cut:
behind it zeros are read, and of all byte strings that decode to the same numbers a shortest is kept. On a picture of
one tile that saves about three bytes.

Source: the coder is the package `constriction` (Bamler, "Understanding Entropy Coding With Asymmetric Numeral
Systems (ANS): a Statistician's Perspective", 2022); range coding: Martin, "Range Encoding: an Algorithm for Removing
Redundancy from a Digitised Message", 1979. Cutting the end is our choice.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.bottlenecks.quantised import LARGEST
from aecore.compression.tables import TOTAL, Table
from aecore.errors import CodecError

WORD_BYTES = 4
Bins = npt.NDArray[np.int64]  # [tiles, code]
Places = npt.NDArray[np.int32]


class Coder:
    """Writes and reads the codes of pictures with one set of tables."""

    def __init__(self, tables: Sequence[Table]):
        import constriction  # 5 ms, and only here

        self._first = np.array([each.first for each in tables], dtype=np.int64)
        self._escapes = np.array([each.escape for each in tables], dtype=np.int64)
        self._queue: Any = constriction.stream.queue
        family = constriction.stream.model
        # Fractions of 2^16 are exact as floating-point numbers, and so is all that the coder makes of them.
        self._models = [family.Categorical(each.frequencies / TOTAL, perfect=False) for each in tables]
        self._values = family.Uniform(2 * LARGEST + 2)

    def write(self, bins: Bins) -> bytes:
        """The bytes of [tiles, code] whole numbers, each within +-LARGEST."""
        places, values = self._places(bins)
        encoder = self._queue.RangeEncoder()
        for model, each in zip(self._models, places, strict=True):
            encoder.encode(each, model)
        if len(values):
            encoder.encode(values, self._values)
        return self._cut(encoder.get_compressed().astype(">u4").tobytes(), places, values)

    def read(self, content: bytes, tiles: int) -> Bins:
        """[tiles, code] whole numbers. CodecError for bytes that no encoder writes."""
        try:
            places, values = self._decoded(content, tiles)
        except AssertionError:  # what the coder raises for bytes that its models rule out
            raise CodecError(
                "The compressed bytes say nothing that this decoder knows: they are damaged or made by something else."
            ) from None
        bins = places.astype(np.int64) + self._first[:, None]
        bins[places == self._escapes[:, None]] = values.astype(np.int64) - LARGEST
        return np.ascontiguousarray(np.minimum(bins, LARGEST).T)

    def _places(self, bins: Bins) -> tuple[Places, Places]:
        """Where each number stands in its table, [code, tiles], and what the escapes among them stand for."""
        numbers = np.ascontiguousarray(bins.T)
        places = numbers - self._first[:, None]
        escapes = np.broadcast_to(self._escapes[:, None], places.shape)
        outside = (places < 0) | (places >= escapes)
        return np.where(outside, escapes, places).astype(np.int32), (numbers[outside] + LARGEST).astype(np.int32)

    def _decoded(self, content: bytes, tiles: int) -> tuple[Places, Places]:
        padding = b"\0" * (2 * WORD_BYTES + -len(content) % WORD_BYTES)
        decoder = self._queue.RangeDecoder(np.frombuffer(content + padding, ">u4").astype(np.uint32))
        if tiles == 1:  # many times faster than arrays of one number
            places = np.array([[decoder.decode(model)] for model in self._models], dtype=np.int32)
        else:
            places = np.stack([decoder.decode(model, tiles) for model in self._models])
        count = int((places == self._escapes[:, None]).sum())
        return places, decoder.decode(self._values, count) if count else np.empty(0, dtype=np.int32)

    def _cut(self, content: bytes, places: Places, values: Places) -> bytes:
        """The shortest bytes that decode to the same numbers: a byte less for as long as they do."""
        while content:
            number = int.from_bytes(content[:-1], "big")
            shorter = (each.to_bytes(len(content) - 1, "big") for each in (number, number + 1) if _fits(each, content))
            found = next((each for each in shorter if self._gives(each, places, values)), None)
            if found is None:
                return content
            content = found
        return content

    def _gives(self, content: bytes, places: Places, values: Places) -> bool:
        try:
            found = self._decoded(content, places.shape[1])
        except AssertionError:
            return False
        return bool(np.array_equal(found[0], places) and np.array_equal(found[1], values))


def _fits(number: int, content: bytes) -> bool:
    return bool(number < 256 ** (len(content) - 1))
