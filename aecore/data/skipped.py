"""A file that was left out of a data set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """One file that was left out, and why in a sentence."""

    name: str
    reason: str
