"""Whole-number probabilities for the entropy coder, the same on every machine to the last bit.

    P_j(q) = F_j((q + 1/2) / g_j) - F_j((q - 1/2) / g_j)           F_j a mixture of logistic distributions
    frequencies   whole numbers of at least 1 that add up to 2^16, one for each q from `first` on; the last one is
                  the escape, which announces a q outside the table

Whoever decodes must use exactly the frequencies that were encoded with: a difference in one of them makes everything
after it noise. exp() of floating-point numbers differs between processors and libraries. So the tables are computed
in whole numbers: exponentials of the weights in decimal arithmetic, which its standard defines to the last digit, the
logistic function by a table of it with straight lines between. They travel as whole numbers with the exported parts.

Source: the density is that of `aecore.bottlenecks.quantised`; Balle, Johnston, Minnen, "Integer Networks for Data
Compression with Latent-Variable Models", ICLR 2019 (why floating-point tables fail between two hosts).
"""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cache

import numpy as np
import numpy.typing as npt

from aecore.bottlenecks.quantised import LARGEST, Quantised

TOTAL = 2**16
MOST_SYMBOLS = 1023  # of one number: beyond them escapes do
DIGITS = 24

# Whole numbers stand for fractions of these powers of 2. Products stay below 2^63.
EDGE, INVERSE, SHARE, CHANCE = 14, 20, 20, 40
FARTHEST, STEPS = 24, 64  # the logistic function is tabled from 0 to FARTHEST, STEPS to a unit
NARROWEST, WIDEST = Decimal(2) ** -8, Decimal(2) ** 14  # of a component, in bins
TAIL = 2 ** (CHANCE - 19)  # what lies outside of the table on either side, at most: an eighth of the smallest frequency

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


@dataclass(frozen=True, eq=False)
class _Mixture:
    """The components of one density in whole numbers of bins: middles, inverse scales and shares."""

    middles: Whole  # times 2^EDGE
    inverses: Whole  # of the scales, times 2^INVERSE
    shares: Whole  # times 2^SHARE, adding up to it

    def below(self, edges: Whole) -> Whole:
        """The probability below each edge (in halves of a bin), times 2^CHANCE."""
        away = (edges[:, None] << EDGE - 1) - self.middles
        # In units of the scale, times 2^EDGE; what is farther than the table ends there.
        limit = (np.int64(FARTHEST) << EDGE + INVERSE) // self.inverses
        units = np.clip(away, -limit, limit) * self.inverses >> INVERSE
        found: Whole = (_logistic(units) * self.shares).sum(1) >> SHARE
        return found


def make_tables(bottleneck: Quantised, quality: int) -> tuple[Table, ...]:
    """A table for each number of the code at `quality`, 0 the coarsest."""
    gains = bottleneck.log_gains[quality].detach().cpu().tolist()
    parts = (bottleneck.weights, bottleneck.means, bottleneck.log_scales)
    mixtures = zip(*(each.detach().cpu().tolist() for each in parts), strict=True)
    with localcontext(Context(prec=DIGITS)):
        return tuple(
            _table(_mixture(Decimal(gain).exp(), *mixture)) for gain, mixture in zip(gains, mixtures, strict=True)
        )


def _mixture(gain: Decimal, weights: list[float], means: list[float], log_scales: list[float]) -> _Mixture:
    exponentials = [Decimal(each).exp() for each in weights]
    shares = [int(each / sum(exponentials) * 2**SHARE) for each in exponentials]
    shares[shares.index(max(shares))] += 2**SHARE - sum(shares)
    middles = [int(min(max(Decimal(mean) * gain, Decimal(-LARGEST)), Decimal(LARGEST)) * 2**EDGE) for mean in means]
    scales = (min(max(Decimal(each).exp() * gain, NARROWEST), WIDEST) for each in log_scales)
    inverses = [int(2**INVERSE / each) for each in scales]
    return _Mixture(*(np.array(each, dtype=np.int64) for each in (middles, inverses, shares)))


def _table(mixture: _Mixture) -> Table:
    low, high = _range(mixture)
    below = mixture.below(2 * np.arange(low, high + 2, dtype=np.int64) - 1)
    worth = np.flatnonzero((below[1:] >= TAIL) & (below[:-1] <= (1 << CHANCE) - TAIL))
    first, last = (int(worth[0]), int(worth[-1])) if len(worth) else (0, 0)
    return Table(low + first, frequencies(np.diff(below[first : last + 2]), 1 << CHANCE))


def _range(mixture: _Mixture) -> tuple[int, int]:
    """The whole numbers that may be worth a place, at most MOST_SYMBOLS of them."""
    reach = (np.int64(FARTHEST) << EDGE + INVERSE) // mixture.inverses
    low = int((mixture.middles - reach).min() >> EDGE)
    high = int((mixture.middles + reach).max() >> EDGE) + 1
    half = MOST_SYMBOLS // 2
    centre = int((mixture.middles * mixture.shares >> SHARE).sum() >> EDGE)
    centre = max(half - LARGEST, min(LARGEST - half, centre))
    return max(low, centre - half), min(high, centre + half)


def frequencies(shares: Whole, whole: int) -> Whole:
    """Of shares of `whole`: at least 1 each, and 1 for the escape; what rounding leaves goes to the most probable."""
    room = TOTAL - 1 - len(shares)
    sizes = np.append(1 + np.maximum(shares, 0) * room // whole, 1)
    sizes[int(np.argmax(sizes))] += TOTAL - int(sizes.sum())
    return sizes


def _logistic(units: Whole) -> Whole:
    """1 / (1 + exp(-x)) of x times 2^EDGE, times 2^CHANCE."""
    table, step = _logistic_table(), (1 << EDGE) // STEPS
    place = np.minimum(np.abs(units), FARTHEST << EDGE)
    index, rest = place // step, place % step
    small = table[index] + ((table[np.minimum(index + 1, len(table) - 1)] - table[index]) * rest) // step
    return np.asarray(np.where(units < 0, small, (1 << CHANCE) - small), np.int64)


@cache
def _logistic_table() -> Whole:
    """1 / (1 + exp(x)) at x = 0, 1 / STEPS ... FARTHEST, times 2^CHANCE."""
    with localcontext(Context(prec=DIGITS)):
        places = (Decimal(index) / STEPS for index in range(FARTHEST * STEPS + 1))
        return np.array([int(2**CHANCE / (1 + each.exp())) for each in places], dtype=np.int64)
