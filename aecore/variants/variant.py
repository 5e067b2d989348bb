"""What a variant is: a choice on every axis, and what a person should know of it. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aecore.errors import SettingError

PART_KINDS = ("corruption", "network", "bottleneck", "objective", "penalty", "scheme")
NEUTRAL = {
    "corruption": "none",
    "network": "dense",
    "bottleneck": "plain",
    "objective": "mse",
    "penalty": "none",
    "scheme": "end_to_end",
}

# Changes to recipes are flat: "network.kind" chooses the part, "network.hidden" sets one of its settings.
Changes = Mapping[str, object]


@dataclass(frozen=True)
class Preset:
    """A named set of changes: title on the button, what it is good for, and the changes."""

    title: str
    note: str
    changes: Changes


@dataclass(frozen=True)
class Variant:
    """One system of the lecture.

    `place` orders the variants as the lecture does. `changes` are the differences from the neutral composition,
    `important` the settings a form shows first, `picture` the file in `pages/shared/points` that makes its point.
    `images` is how many training images it is explained with, 0 for all.
    """

    key: str
    place: int
    title: str
    summary: str  # one line
    idea: str  # a paragraph
    mathematics: str  # LaTeX
    source: str
    picture: str
    changes: Changes
    important: tuple[str, ...]
    presets: tuple[Preset, ...] = ()
    data: str = "mnist"  # the data set it is explained with
    images: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = {name.split(".")[0] for name in self.changes} | {name.split(".")[0] for name in self.important}
        unknown = kinds - set(PART_KINDS) - {"training"}
        if unknown:
            raise SettingError(f"The variant {self.key!r} speaks of {', '.join(sorted(unknown))}, which is no part.")
