"""End to end: all parameters follow the gradient of one loss.

loss = mean over the batch of objective(model(corruption(clean)), clean)

A weight that rises in training has its value of the moment there, and its full value wherever the model is measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aecore.chance import Chance
from aecore.model import Autoencoder, Model
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Phase, Scheme
from aecore.settings import Settings
from aecore.shapes import Images, PerImage, Scalar


@dataclass(frozen=True)
class EndToEndSettings(Settings):
    """Nothing to set."""


class EndToEnd(Scheme):
    """One group, one phase."""

    steady = True

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The one phase."""
        loss, parts = self._losses(model, batch, streams, self.objective.weight_at(batch.done))
        yield Phase("all", loss.mean(), {name: each.mean() for name, each in parts.items()})

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss and its parts for each image."""
        loss, parts = self._losses(model, batch, streams, self.objective.weight_at(1.0))
        return {"loss": loss, **parts}

    def _losses(
        self, model: Model, batch: Batch, streams: Streams, weight: float | Scalar
    ) -> tuple[PerImage, dict[str, PerImage]]:
        corrupted = self.corruption(batch.clean, streams["corruption"])
        return losses(model, self.objective, corrupted, batch, streams["posterior"], weight)


def losses(
    model: Model, objective: Objective, corrupted: Images, batch: Batch, chance: Chance, weight: float | Scalar
) -> tuple[PerImage, dict[str, PerImage]]:
    """The loss of each image and its parts, the penalty weighing `weight`: of one model, or of each under vmap."""
    given = (batch.labels,) if isinstance(model, Autoencoder) and model.conditional else ()
    return objective.weighed(model(corrupted, chance, *given), batch.clean, weight)
