"""End to end: all parameters follow the gradient of one loss.

loss = mean over the batch of objective(model(corruption(clean)), clean)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from aecore.corruption.catalog import Corruption
from aecore.model import Autoencoder
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.schemes.scheme import Phase
from aecore.settings import Settings
from aecore.shapes import Images, PerImage


@dataclass(frozen=True)
class EndToEndSettings(Settings):
    """Nothing to set."""


class EndToEnd:
    """One group, one phase."""

    def __init__(self, settings: EndToEndSettings, corruption: Corruption, objective: Objective):
        self.settings = settings
        self.corruption = corruption
        self.objective = objective

    def groups(self, model: Autoencoder) -> Mapping[str, list[nn.Parameter]]:
        """Everything."""
        return {"all": list(model.parameters())}

    def phases(self, model: Autoencoder, clean: Images, streams: Streams) -> Iterator[Phase]:
        """The one phase."""
        loss, parts = self._losses(model, clean, streams)
        yield Phase("all", loss.mean(), {name: each.mean() for name, each in parts.items()})

    def measure(self, model: Autoencoder, clean: Images, streams: Streams) -> Mapping[str, PerImage]:
        """The loss and its parts for each image."""
        loss, parts = self._losses(model, clean, streams)
        return {"loss": loss, **parts}

    def _losses(self, model: Autoencoder, clean: Images, streams: Streams) -> tuple[PerImage, dict[str, PerImage]]:
        corrupted = self.corruption(clean, streams["corruption"])
        return self.objective(model(corrupted, streams["posterior"]), clean)
