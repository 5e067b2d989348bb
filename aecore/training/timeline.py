"""One stage of training as a line of steps: which chapter each belongs to, and what an epoch consists of.

    step        0 ........................ steps - 1          share that is over   0 ... 1
    chapters    |-- share 1 --|-- share 2 --|

A scheme whose chapters all see every image may change chapter in the middle of an epoch. Where one sees some images
only, every epoch belongs to the chapter in which its middle lies, and has as many steps as that chapter needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from aecore.schemes.scheme import Chapter
from aecore.training.batches import images_per_step

LEAST_STEPS = 50  # of an epoch over some images only: fewer would not be worth measuring afterwards


@dataclass(frozen=True)
class Feed:
    """What an epoch of one chapter is made of."""

    images: int  # how many different ones; 0 for all
    batch_size: int
    passes: int  # how often it goes over them
    steps: int

    @classmethod
    def of(cls, chapter: Chapter, count: int, batch_size: int) -> "Feed":
        """Full batches only, so that all steps have one shape; which images are left over changes every pass."""
        some = 0 if chapter.images >= count else chapter.images
        size = images_per_step(batch_size, some or count)
        full = (some or count) // size
        passes = max(1, -(-LEAST_STEPS // full)) if some else 1
        return cls(some, size, passes, full * passes)


class Timeline:
    """The chapters of a stage of `epochs` over `count` training images, `batch_size` as chosen (0: automatic)."""

    def __init__(self, chapters: Sequence[Chapter], epochs: int, count: int, batch_size: int):
        self._chapters = tuple(chapters)
        feeds = [Feed.of(each, count, batch_size) for each in chapters]
        shares = list(accumulate(each.share for each in chapters))
        if any(each.images for each in feeds):
            owners = [_first_beyond(shares, (epoch + 0.5) / epochs) for epoch in range(epochs)]
        else:
            owners = [0] * epochs
        self._feeds = [feeds[each] for each in owners]
        self._first = [0, *accumulate(each.steps for each in self._feeds)]
        if any(each.images for each in feeds):
            ends = [sum(owner <= index for owner in owners) for index in range(len(chapters))]
            shares = [self._first[each] / self._last for each in ends]
        self._bounds = list(pairwise([0.0, *shares[:-1], 1.0]))

    @property
    def images(self) -> int:
        """How many images all steps see together."""
        return sum(each.steps * each.batch_size for each in self._feeds)

    @property
    def steps(self) -> int:
        """Steps of all epochs."""
        return self._first[-1]

    @property
    def _last(self) -> int:
        return max(self._first[-1] - 1, 1)

    def feed(self, epoch: int) -> Feed:
        """What an epoch of the stage is made of, the first one being 0."""
        return self._feeds[epoch]

    def seen(self, epoch: int, step: int) -> int:
        """Images seen before a step of an epoch."""
        begun = self._feeds[epoch].batch_size * step if epoch < len(self._feeds) else 0
        return sum(each.steps * each.batch_size for each in self._feeds[:epoch]) + begun

    def done(self, epoch: int, step: int) -> float:
        """Share of the stage's steps that are over: 0 at the first step and 1 at the last."""
        return (self._first[epoch] + step) / self._last

    def chapter(self, done: float) -> tuple[Chapter, float]:
        """The chapter that is being trained then, and the share of it that is over."""
        for chapter, (begin, end) in zip(self._chapters, self._bounds, strict=True):
            if done < end:
                return chapter, (done - begin) / (end - begin)
        index = max(i for i, (begin, _) in enumerate(self._bounds) if begin < 1.0)
        return self._chapters[index], 1.0


def _first_beyond(shares: Sequence[float], place: float) -> int:
    """Index of the chapter that `place` lies in."""
    return next((index for index, share in enumerate(shares) if place < share), len(shares) - 1)
