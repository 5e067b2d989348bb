"""Whole-number probabilities for the entropy coder, the same on every machine to the last bit.

    P_j(q) = F_j((q + 1/2) / g_j) - F_j((q - 1/2) / g_j)           F_j a mixture of logistic distributions
    frequencies   whole numbers of at least 1 that add up to 2^16, one for each q from `first` on; the last one is
                  the escape, which announces a q outside the table

Whoever decodes must use exactly the frequencies that were encoded with: a difference in one of them makes everything
after it noise. exp() of floating-point numbers differs between processors and libraries. So the tables are computed
from the model's weights in decimal arithmetic, which the standard defines to the last digit, and travel as whole
numbers with the exported parts.

Source: the density is that of `aecore.bottlenecks.quantised`; Balle, Johnston, Minnen, "Integer Networks for Data
Compression with Latent-Variable Models", ICLR 2019 (why floating-point tables fail between two hosts).
"""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

import numpy as np
import numpy.typing as npt

from aecore.bottlenecks.quantised import LARGEST, Quantised

TOTAL = 2**16
MOST_SYMBOLS = 1023  # of one number: beyond them escapes do
DIGITS = 24
TAIL = Decimal(1) / (8 * TOTAL)  # what lies outside of the table on either side, at most

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Table:
    """The frequencies of one number of the code at one quality; the last is that of the escape."""

    first: int  # the whole number that the first frequency belongs to
    frequencies: Whole

    @property
    def escape(self) -> int:
        """The place of the escape, and how many whole numbers the table knows."""
        return len(self.frequencies) - 1


def make_tables(bottleneck: Quantised, quality: int) -> tuple[Table, ...]:
    """A table for each number of the code at `quality`, 0 the coarsest."""
    gains = bottleneck.log_gains[quality].detach().cpu().tolist()
    mixtures = zip(
        bottleneck.weights.detach().cpu().tolist(),
        bottleneck.means.detach().cpu().tolist(),
        bottleneck.log_scales.detach().cpu().tolist(),
        strict=True,
    )
    with localcontext(Context(prec=DIGITS)):
        return tuple(_table(Decimal(gain).exp(), *mixture) for gain, mixture in zip(gains, mixtures, strict=True))


def _table(gain: Decimal, weights: list[float], means: list[float], log_scales: list[float]) -> Table:
    shares = [Decimal(each).exp() for each in weights]
    whole = sum(shares)
    # In bins: the middle and the steepness of each component, and its share.
    parts = [
        (share / whole, Decimal(mean) * gain, Decimal(log_scale).exp() * gain)
        for share, mean, log_scale in zip(shares, means, log_scales, strict=True)
    ]
    low, high = _range(parts)
    edges = [_distribution(parts, Decimal(q) - Decimal("0.5")) for q in range(low, high + 2)]
    while high > low and edges[1] < TAIL:
        edges, low = edges[1:], low + 1
    while high > low and 1 - edges[-2] < TAIL:
        edges, high = edges[:-1], high - 1
    probabilities = [after - before for before, after in zip(edges, edges[1:], strict=False)]
    return Table(low, _frequencies(probabilities))


def _range(parts: list[tuple[Decimal, Decimal, Decimal]]) -> tuple[int, int]:
    """The whole numbers that may be worth a place, at most MOST_SYMBOLS of them."""
    reach = -TAIL.ln()
    low = int(min(middle - reach * scale for _, middle, scale in parts).to_integral_value("ROUND_FLOOR"))
    high = int(max(middle + reach * scale for _, middle, scale in parts).to_integral_value("ROUND_CEILING"))
    centre = int(sum(share * middle for share, middle, _ in parts).to_integral_value())
    half = MOST_SYMBOLS // 2
    centre = max(half - LARGEST, min(LARGEST - half, centre))
    return min(max(low, centre - half), centre), max(min(high, centre + half), centre)


def _distribution(parts: list[tuple[Decimal, Decimal, Decimal]], edge: Decimal) -> Decimal:
    total = Decimal(0)
    for share, middle, scale in parts:
        away = (edge - middle) / scale
        small = 1 / (1 + abs(away).exp()) if abs(away) < 200 else Decimal(0)
        total += share * (small if away < 0 else 1 - small)
    return total


def _frequencies(probabilities: list[Decimal]) -> Whole:
    """At least 1 each, and 1 for the escape; what rounding leaves goes to the most probable."""
    room = TOTAL - 1 - len(probabilities)
    sizes = [1 + max(0, int(each * room)) for each in probabilities] + [1]
    sizes[sizes.index(max(sizes))] += TOTAL - sum(sizes)
    return np.array(sizes, dtype=np.int64)
