"""A step's batch divided among processes: what belongs to the whole batch stays of the whole batch.

    images of the batch    0  1  2  3  4  5  6  ...  n-1
    process r of R has     r, r + R, r + 2R, ...             so that the first images of a batch are spread over all

Chance is drawn for the whole batch by every process, from the same stream, and each takes its part; means over the
batch are taken over all processes, with their gradients. A step of R processes therefore computes what one process
computes, but for the order in which sums are rounded. Outside of `shared` these functions are what their names say of
rows that are all here.

Like `torch.no_grad` this is a context: whoever draws noise or normalises a batch need not know how many processes
there are, only that rows are drawn by `mine(... whole ...)` and means over a batch are `whole_mean`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

import torch
from torch import Tensor

Sum = Callable[[Tensor], Tensor]  # the sum over all processes, with its gradient
Rows = TypeVar("Rows", Tensor, Any)  # anything that is cut along its first axis


@dataclass(frozen=True)
class Part:
    """The images of a batch of `whole` that this process has."""

    whole: int
    rank: int = 0
    ranks: int = 1
    counted: bool = True  # False where another process computes the same and counts it

    @property
    def count(self) -> int:
        """How many there are."""
        return len(range(self.rank, self.whole, self.ranks))

    @property
    def weight(self) -> float:
        """By how much a mean over this part counts in a mean over the parts: 1 where all are of the same size."""
        return self.count * self.ranks / self.whole

    def of(self, rows: Rows) -> Rows:
        """This part of rows that are there for the whole batch."""
        return rows[self.rank :: self.ranks] if self.ranks > 1 else rows


@dataclass(frozen=True)
class _Shared:
    part: Part
    total: Sum


_SHARED: ContextVar[_Shared | None] = ContextVar("shared", default=None)


@contextmanager
def shared(part: Part, total: Sum) -> Iterator[None]:
    """Within, a batch is `part` of one whose other images are with other processes; `total` sums over them."""
    token = _SHARED.set(_Shared(part, total))
    try:
        yield
    finally:
        _SHARED.reset(token)


def is_shared() -> bool:
    """Whether other processes have other images of this batch."""
    return _SHARED.get() is not None


def whole(count: int) -> int:
    """How many images the batch has of which `count` are here."""
    here = _SHARED.get()
    if here is None:
        return count
    assert count == here.part.count, f"{count} rows are no batch of which {here.part.count} images are here"
    return here.part.whole


def whole_like(rows: Tensor) -> Tensor:
    """Room for the whole batch: as `torch.empty_like(rows)`, with a row for every image."""
    if not is_shared():
        return torch.empty_like(rows)
    channels_last = rows.ndim == 4 and not rows.is_contiguous()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    return rows.new_empty((whole(len(rows)), *rows.shape[1:])).contiguous(memory_format=layout)


def spread(rows: Tensor) -> Tensor:
    """The rows in their places in the whole batch, all others 0."""
    here = _SHARED.get()
    if here is None:
        return rows
    room = whole_like(rows).zero_()
    here.part.of(room).copy_(rows)
    return room


def mine(rows: Tensor) -> Tensor:
    """Of rows for the whole batch those of the images that are here."""
    here = _SHARED.get()
    return rows if here is None else here.part.of(rows)


def whole_sum(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes, with its gradient."""
    here = _SHARED.get()
    return tensor if here is None else here.total(tensor)


def whole_mean(rows: Tensor, axes: tuple[int, ...] = (0,)) -> Tensor:
    """The mean over these axes, the batch among them, with its gradient; processes may have unlike many rows."""
    if not is_shared():
        return rows.mean(axes)
    sums = rows.sum(axes)
    count = rows.new_tensor([float(prod(rows.shape[axis] for axis in axes))])
    total = whole_sum(torch.cat([sums.flatten(), count]))
    return (total[:-1] / total[-1]).view(sums.shape)


def everyones(rows: Tensor) -> Tensor:
    """The rows of all processes in the order of the whole batch. No gradient passes."""
    return rows if not is_shared() else whole_sum(spread(rows.detach()))


def first(rows: Tensor, one_in: int) -> Tensor:
    """Of the first images of the whole batch, one in `one_in` and at least one, those that are here."""
    here = _SHARED.get()
    if here is None:
        return rows[: -(-len(rows) // one_in)]
    some = -(-here.part.whole // one_in)
    return rows[: len(range(here.part.rank, some, here.part.ranks))]


def mean_of_first(values: Tensor, one_in: int) -> Tensor:
    """The mean of one number for each image of `first`.

    Of a shared batch it is what this process adds to the mean over all, when processes count by `Part.weight`.
    """
    here = _SHARED.get()
    if here is None:
        return values.mean()
    return values.sum() / (-(-here.part.whole // one_in) * here.part.weight / here.part.ranks)
