"""A large picture in tiles, so that memory stays bounded and the answer is the same as for the whole.

    +-- outer ----------------+      what the network is shown: the tile and a margin on every side, up to the edge of
    |   +-- inner -------+    |      the picture
    |   |                |    |
    |   +----------------+    |      what is kept: farther from the cut than the network can see
    +-------------------------+

Outer tiles begin at multiples of the network's cell, and end at such when counted from the far edge: squares which it
folds are the same squares, from whichever side the picture is seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

Progress = Callable[[float], None]

SIDE = 192  # pixels of a tile, without its margin: larger ones do not run faster on a processor


@dataclass(frozen=True)
class Span:
    """One tile along one side of a picture."""

    start: int
    stop: int
    outer_start: int
    outer_stop: int

    @property
    def inner(self) -> slice:
        """Where the tile lies in the picture."""
        return slice(self.start, self.stop)

    @property
    def outer(self) -> slice:
        """What is shown."""
        return slice(self.outer_start, self.outer_stop)

    def within(self, times: int = 1) -> slice:
        """Where the tile lies in what is shown; `times` larger where that was enlarged."""
        return slice((self.start - self.outer_start) * times, (self.stop - self.outer_start) * times)

    def enlarged(self, times: int) -> slice:
        """Where the tile lies in a picture `times` larger."""
        return slice(self.start * times, self.stop * times)


@dataclass(frozen=True)
class Tile:
    """A tile: down and across."""

    down: Span
    across: Span


def tiles(height: int, width: int, margin: int, cell: int = 1, side: int = SIDE) -> Iterator[Tile]:
    """Tiles that cover a picture of `height` x `width`, row by row; `margin` in its pixels."""
    for down in _spans(height, margin, cell, side):
        for across in _spans(width, margin, cell, side):
            yield Tile(down, across)


def span(start: int, stop: int, length: int, margin: int, cell: int) -> Span:
    """The part from `start` to `stop` of a side of so many pixels, and what is to be shown around it."""
    before, after = (max(0, each - margin) // cell * cell for each in (start, length - stop))
    return Span(start, stop, before, length - after)


def count_of(height: int, width: int, side: int = SIDE) -> int:
    """How many tiles there are."""
    return -(-height // side) * -(-width // side)


def progress_of_part(progress: Progress | None, number: int, count: int) -> Progress:
    """What is to be told of part `number`, from 0, so that `progress` is told the share done of all `count`."""
    return lambda done: None if progress is None else progress((number + done) / count)


def _spans(length: int, margin: int, cell: int, side: int) -> Iterator[Span]:
    for start in range(0, length, side):
        yield span(start, min(start + side, length), length, margin, cell)
