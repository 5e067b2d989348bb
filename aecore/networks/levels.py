"""Networks in levels: the outermost level turns images into numbers and back, every further one numbers into fewer.

    level 1   image -> h_1      and   h_1 -> image
    level k   h_(k-1) -> h_k    and   h_k -> h_(k-1)
    level n   h_(n-1) -> features, and from the code -> h_(n-1)

Each level is an autoencoder of its own, so that they can be trained one after the other.
"""

from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

from torch import Tensor, nn

from aecore.model import Autoencoder, Model

Modules = Sequence[nn.Module]


class Stack(nn.Sequential):
    """Modules one after the other, which know where a level begins. Names are those of a flat sequence."""

    def __init__(self, *levels: Modules):
        super().__init__(*chain.from_iterable(levels))
        self._bounds = tuple(accumulate(map(len, levels), initial=0))

    def levels(self) -> tuple[Modules, ...]:
        """The modules of each level, in the order in which they run."""
        modules = list(self)
        return tuple(modules[begin:end] for begin, end in pairwise(self._bounds))


class Level(NamedTuple):
    """One level of an autoencoder: the way in and the way out."""

    encoder: Modules
    decoder: Modules


def levels_of(model: Model) -> tuple[Level, ...]:
    """The levels of an autoencoder, the outermost first; none where its networks have no levels that mirror."""
    if not isinstance(model, Autoencoder):
        return ()
    if not isinstance(model.encoder, Stack) or not isinstance(model.decoder, Stack):
        return ()
    inwards, outwards = model.encoder.levels(), model.decoder.levels()[::-1]
    if len(inwards) != len(outwards):
        return ()
    return tuple(map(Level, inwards, outwards))


def encoded(levels: Sequence[Level], numbers: Tensor) -> Tensor:
    """Inwards through `levels`, the outermost first: images become what the last of them gives."""
    return _through(chain.from_iterable(level.encoder for level in levels), numbers)


def decoded(levels: Sequence[Level], numbers: Tensor) -> Tensor:
    """Outwards through the same levels, the innermost first."""
    return _through(chain.from_iterable(level.decoder for level in reversed(levels)), numbers)


def _through(modules: "chain[nn.Module]", numbers: Tensor) -> Tensor:
    for module in modules:
        numbers = module(numbers)
    return numbers
