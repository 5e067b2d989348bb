"""The range coder: everything comes back, in about as many bytes as the tables say, and damage is no crash."""

import numpy as np
import pytest

from aecore.bottlenecks.quantised import LARGEST
from aecore.compression.coding import Coder
from aecore.compression.tables import TOTAL, Table
from aecore.errors import CodecError

# From -1 on, 40 numbers of the same kind.
TABLES = [Table(-1, np.array([1000, TOTAL - 1301, 300, 1]))] * 40


def test_numbers_inside_and_outside_of_their_tables_come_back():
    bins = np.random.default_rng(0).integers(-3, 4, (7, 40))
    bins[0, :4] = LARGEST, -LARGEST, 100, -2
    coder = Coder(TABLES)
    assert np.array_equal(coder.read(coder.write(bins), 7), bins)


def test_what_is_all_but_certain_costs_one_byte_however_much_of_it_there_is():
    coder = Coder([Table(0, np.array([TOTAL - 2, 1, 1]))] * 40)
    nothing = np.zeros((50, 40), dtype=np.int64)
    assert len(coder.write(nothing)) <= 1
    assert np.array_equal(coder.read(coder.write(nothing), 50), nothing)


def test_files_are_as_long_as_the_probabilities_say_and_less_than_a_byte_more():
    coder, chance = Coder(TABLES), np.random.default_rng(1)
    frequencies = TABLES[0].frequencies
    sizes = []
    for _ in range(100):
        bins = chance.choice([-1, 0, 1], (1, 40), p=[0.2, 0.5, 0.3])
        bits = -np.log2(frequencies[bins + 1] / TOTAL).sum()
        sizes.append(len(coder.write(bins)) - bits / 8)
    assert max(sizes) < 1.2
    assert np.mean(sizes) < 0.6


def test_many_tiles_and_one_tile_are_written_alike():
    coder = Coder(TABLES)
    one = np.random.default_rng(2).integers(-1, 2, (1, 40))
    assert np.array_equal(coder.read(coder.write(one), 1), one)
    assert np.array_equal(coder.read(coder.write(np.repeat(one, 3, 0)), 3), np.repeat(one, 3, 0))


@pytest.mark.parametrize("content", [b"\xff" * 40, b"\x00" * 3, b"\x80", bytes(range(200))])
@pytest.mark.parametrize("tiles", [1, 5])
def test_any_bytes_give_numbers_or_a_sentence(content, tiles):
    try:
        found = Coder(TABLES).read(content, tiles)
    except CodecError:
        return
    assert found.shape == (tiles, 40)
    assert np.abs(found).max() <= LARGEST


def test_bytes_that_no_encoder_writes_are_refused_with_a_sentence():
    with pytest.raises(CodecError, match="damaged or made by something else"):
        Coder(TABLES).read(b"\xff" * 40, 1)
