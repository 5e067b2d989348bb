"""The line before each device."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A run waits for its device; place 1 is next."""

    place: int
