"""The contract between an experiment and the job that performs it.

An experiment is a function `perform(settings, dataset, place)` that gives an iterator. It yields an `Advance` before
every piece of work and a `Result` after every one whose outcome is to stay. The job writes the results down as they
come and may end between any two events; performed again, the experiment finds in `place.known` what it need not do
again. What many pieces of work share (a trained encoder) it keeps in `place.folder` by itself.

All chance comes from seeds among the settings. Needs no torch.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aecore.settings import Settings

Values = Mapping[str, str | int | float | None]  # plain JSON


@dataclass(frozen=True)
class Advance:
    """A piece of work begins: the share of all work that is done, 0 to 1, and what comes now, in words."""

    done: float
    message: str


def between(begin: float, end: float, share: float) -> float:
    """How far all work is when so much of a piece is done that goes from `begin` to `end`: never beyond its end."""
    return min(end, begin + (end - begin) * share)


@dataclass(frozen=True)
class Result:
    """One line of the results."""

    values: Values

    def in_words(self) -> str:
        """Names and values; what is empty is left out."""
        return ", ".join(f"{name} {value}" for name, value in self.values.items() if value not in (None, ""))


@dataclass(frozen=True)
class Place:
    """Where an experiment works, on which device, and the results that are already there."""

    folder: Path
    device: str
    known: tuple[Values, ...] = ()


Perform = Callable[[Settings, str, Place], Generator[Advance | Result, None, None]]
Table = tuple[list[dict[str, object]], dict[str, str]]  # rows, and the headings of their columns


@dataclass(frozen=True)
class Kind:
    """An entry of the catalog: key, name on screen, one sentence, settings, what it does, and its results as a table.

    `seconds` estimates how long it takes on a data set, for whoever is about to start it. A `patient` one is stopped
    between two events, and keeps what it has when its iterator is closed; any other may end in the middle of a piece.
    """

    key: str
    title: str
    summary: str
    settings: type[Settings]
    perform: Perform
    table: Callable[[Sequence[Values]], Table]
    seconds: Callable[[Settings, str], float]
    patient: bool = False
