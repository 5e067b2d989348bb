"""The colours of a figure, given by whoever shows it: the lab's pages have one palette for light and one for dark."""

from dataclasses import dataclass

MARKERS = ("circle", "square", "diamond", "triangle-up")


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb. `classes` can be told apart by people who do not see all colours."""

    accent: str
    ink: str  # text
    muted: str  # ticks and captions
    background: str
    grid: str
    classes: tuple[str, ...]

    def of_class(self, index: int) -> str:
        """The colour of a class; after the last one they begin again, with the next marker."""
        return self.classes[index % len(self.classes)]

    def marker(self, index: int) -> str:
        """The shape of a class's points."""
        return MARKERS[index // len(self.classes) % len(MARKERS)]
