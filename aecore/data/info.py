"""DatasetInfo: what is known of a data set before any of its pictures is read."""

from dataclasses import dataclass
from typing import Literal

from aecore.data.image_set import Shape

Kind = Literal["shipped", "own"]


@dataclass(frozen=True)
class DatasetInfo:
    """One data set as a list shows it."""

    key: str  # the name by which recipes, the command line and the catalog know it
    title: str
    shape: Shape  # (channels, height, width) of every image
    train: int  # images in each part
    validation: int
    test: int
    class_names: tuple[str, ...]  # empty when the images have no labels
    source: str
    licence: str
    kind: Kind
    bytes_on_disk: int  # what the data set occupies where it is kept; a shipped one's unpacked cache is not counted

    @property
    def count(self) -> int:
        """Images in all three parts together."""
        return self.train + self.validation + self.test
