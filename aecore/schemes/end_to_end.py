"""End to end: all parameters follow the gradient of one loss.

loss = mean over the batch of objective(model(corruption(clean)), clean)

A weight that rises in training has its value of the moment there, and its full value wherever the model is measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aecore.model import Autoencoder, Model
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Phase, Scheme
from aecore.settings import Settings
from aecore.shapes import PerImage


@dataclass(frozen=True)
class EndToEndSettings(Settings):
    """Nothing to set."""


class EndToEnd(Scheme):
    """One group, one phase."""

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The one phase."""
        loss, parts = self._losses(model, batch, streams, batch.done)
        yield Phase("all", loss.mean(), {name: each.mean() for name, each in parts.items()})

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss and its parts for each image."""
        loss, parts = self._losses(model, batch, streams, done=1.0)
        return {"loss": loss, **parts}

    def _losses(
        self, model: Model, batch: Batch, streams: Streams, done: float
    ) -> tuple[PerImage, dict[str, PerImage]]:
        corrupted = self.corruption(batch.clean, streams["corruption"])
        given = (batch.labels,) if isinstance(model, Autoencoder) and model.conditional else ()
        return self.objective(model(corrupted, streams["posterior"], *given), batch.clean, done)
