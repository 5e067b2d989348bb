"""A catalog: the named parts of one kind, so that a new part is one file and one entry.

Nothing else in the laboratory asks `if key == ...`: a part is looked up here and built with its own settings.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from aecore.errors import SettingError
from aecore.settings import Settings

Built = TypeVar("Built")


@dataclass(frozen=True)
class Part(Generic[Built]):
    """One entry: its key in recipes, its name on screen, one sentence, its settings and how it is built.

    `build` takes the settings first; what follows is fixed by the kind of part and documented beside its catalog.
    A part may need something that only some parts of another kind offer, said in the same words: "posterior".
    """

    key: str
    title: str
    summary: str
    settings: type[Settings]
    build: Callable[..., Built]
    needs: str = ""
    offers: tuple[str, ...] = ()


class Catalog(Mapping[str, Part[Built]]):
    """The parts of one kind, in the order in which a person should meet them."""

    def __init__(self, kind: str, *parts: Part[Built]):
        self.kind = kind
        self._parts = {part.key: part for part in parts}
        if len(self._parts) != len(parts):
            raise ValueError(f"two parts of the kind {kind} share a key")

    def __getitem__(self, key: str) -> Part[Built]:
        """SettingError for an unknown key, naming those that exist."""
        try:
            return self._parts[key]
        except (KeyError, TypeError):
            raise SettingError(f"There is no {self.kind} {key!r}: choose one of {', '.join(self._parts)}.") from None

    def __contains__(self, key: object) -> bool:
        return key in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
