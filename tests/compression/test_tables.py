"""Tables of whole numbers: what they add up to, that they follow the density, and that they are the same everywhere."""

import hashlib

import numpy as np
import pytest
import torch

from aecore.bottlenecks.quantised import Quantised, QuantisedSettings
from aecore.compression.tables import MOST_SYMBOLS, TOTAL, make_tables


def bottleneck(means, log_scales, gain=0.0, weights=None) -> Quantised:
    made = Quantised(QuantisedSettings(code_size=len(means), qualities=1)).requires_grad_(False)
    made.log_gains.fill_(gain)
    made.means.copy_(torch.tensor(means))
    made.log_scales.copy_(torch.tensor(log_scales))
    if weights is not None:
        made.weights.copy_(torch.tensor(weights))
    return made


def test_frequencies_are_the_probabilities_of_a_logistic_distribution():
    (table,) = make_tables(bottleneck([[0.25, 0.25]], [[0.5, 0.5]]), 0)
    edges = np.arange(table.first, table.first + table.escape + 1) - 0.5
    expected = np.diff(1 / (1 + np.exp(-(edges - 0.25) / np.exp(0.5))))
    assert table.frequencies[:-1] / TOTAL == pytest.approx(expected, abs=2e-3)
    assert table.frequencies.argmax() + table.first == 0


@pytest.mark.parametrize("scale", [-9.0, -2.0, 0.0, 4.0, 20.0])
@pytest.mark.parametrize("mean", [-1e6, -3.3, 0.0, 1e6])
def test_every_table_adds_up_and_leaves_room_for_what_it_does_not_know(mean, scale):
    (table,) = make_tables(bottleneck([[mean, 0.1]], [[scale, -1.0]], weights=[[3.0, 0.0]]), 0)
    assert table.frequencies.sum() == TOTAL
    assert table.frequencies.min() >= 1
    assert table.escape <= MOST_SYMBOLS


def test_wider_bins_know_fewer_numbers():
    fine, coarse = (make_tables(bottleneck([[0.0, 1.0]], [[0.0, 0.0]], gain), 0)[0] for gain in (2.0, 0.0))
    assert fine.escape > 3 * coarse.escape


def test_tables_are_the_same_to_the_last_bit_on_every_machine():
    chance = np.random.default_rng(0)
    means, scales = chance.normal(size=(2, 40, 2)).round(3)
    tables = make_tables(bottleneck(means.tolist(), scales.tolist(), 1.0, (means * scales).tolist()), 0)
    said = hashlib.sha256(str([(each.first, each.frequencies.tolist()) for each in tables]).encode())
    assert said.hexdigest()[:16] == "384c39491f0908ff"


def test_the_tables_cost_what_training_was_told():
    made = Quantised(QuantisedSettings(code_size=30, qualities=2)).eval().requires_grad_(False)
    numbers = made.bins(torch.randn(50, 30, generator=torch.Generator().manual_seed(0)), 1)
    outcome = made(made.from_bins(numbers, 1), None)
    tables = make_tables(made, 1)
    bits = sum(
        -np.log2(table.frequencies[numbers[:, index].numpy().astype(int) - table.first] / TOTAL)
        for index, table in enumerate(tables)
    )
    assert bits == pytest.approx(outcome.terms["rate_bits"].value.numpy(), rel=5e-3)
