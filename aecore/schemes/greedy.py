"""Layer by layer: the outermost autoencoder first, its codes train the next, and at the end, if wished, all together.

    level 1   h_1 = f_1(image)            loss = objective(g_1(h_1), image)
    level k   h_k = f_k(h_(k-1))          loss = ||g_k(h_k) - h_(k-1)||^2      levels before it stay as they are
    then      fine-tuning: the objective of the whole, all levels trained

Each level is a chapter with its own learning-rate schedule. The innermost has the bottleneck, and the penalty, if
there is one. Behind a corruption each level is given what those before it make of the corrupted image and is asked
for what they make of the clean one. Whatever is trained, the error of the image is measured: through the trained
levels in and back out. In training an eighth of the batch is enough for that; it costs time that a level would not
need.

Source: Bengio, Lamblin, Popovici, Larochelle, "Greedy Layer-Wise Training of Deep Networks", NIPS 2006; Hinton and
Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006 (the fine-tuning). Decoders of
the levels as the decoder of the whole, and equal shares of the epochs, are our choices.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from aecore.corruption.catalog import Corruption
from aecore.errors import SettingError
from aecore.model import Autoencoder, Coded, Model, Pass
from aecore.networks.levels import decoded, encoded, levels_of
from aecore.objectives.catalog import Objective
from aecore.objectives.penalties import NoPenalty, NoPenaltySettings
from aecore.randomness import Streams
from aecore.schemes.end_to_end import EndToEnd, EndToEndSettings
from aecore.schemes.scheme import Batch, Chapter, Phase, Scheme
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage
from aecore.sharing import first, mean_of_first

TOGETHER = "together"
MEASURED = 8  # in training the error of the image is that of one image in so many


@dataclass(frozen=True)
class GreedySettings(Settings):
    """What follows when every layer is trained."""

    fine_tuning: float = setting(
        0.25, 0.0, 0.9, "of all epochs", "how much of training goes to all layers together at the end; 0 leaves it out"
    )


class Greedy(Scheme):
    """One group: where a level is not being trained nothing has a gradient, and the optimiser leaves it alone."""

    steady = True

    def __init__(self, settings: GreedySettings, corruption: Corruption, objective: Objective):
        super().__init__(settings, corruption, objective)
        self.fine_tuning = settings.fine_tuning
        self._together = EndToEnd(EndToEndSettings(), corruption, objective)

    def equip(self, model: Model, classes: int) -> None:
        """SettingError for networks that do not come in levels."""
        if not levels_of(model):
            raise SettingError(
                "scheme.kind is 'greedy', but these networks do not come in levels that mirror each other: choose "
                "network.kind=dense, tied or conv, or scheme.kind=end_to_end."
            )

    def chapters(self, model: Model, further: bool) -> tuple[Chapter, ...]:
        """A level each, of equal length, and fine-tuning; a finished model is trained on as a whole."""
        if further:
            return (Chapter(TOGETHER, "All layers", 1.0),)
        count, rest = len(levels_of(model)), self.fine_tuning
        levels = [Chapter(str(number), f"Layer {number}", (1.0 - rest) / count) for number in range(1, count + 1)]
        return (*levels, Chapter(TOGETHER, "All layers", rest)) if rest else tuple(levels)

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The one phase, of the level or of the whole."""
        number = _number(batch.chapter)
        if not number:
            model.train()
            yield from self._together.phases(model, batch, streams)
            return
        _only(model, number)
        loss, parts, restored = self._of_level(model, number, batch, streams)
        some = self._image_error(model, number, first(restored, MEASURED), first(batch.clean, MEASURED))
        seen = {name: mean_of_first(each, MEASURED) for name, each in some.items()}
        yield Phase("all", loss.mean(), seen | {name: each.mean() for name, each in parts.items()})

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss of the level, the error of the image, and what else there is, for each image."""
        number = _number(batch.chapter)
        if not number:
            return self._together.measure(model, batch, streams)
        loss, parts, restored = self._of_level(model, number, batch, streams)
        return {"loss": loss, **self._image_error(model, number, restored, batch.clean), **parts}

    def reconstruct(self, model: Autoencoder, corrupted: Images, chapter: str) -> Images:
        """In and out again through the levels that have been trained."""
        levels, number = levels_of(model), _number(chapter)
        if number in (0, len(levels)):
            return model.decode(model.encode(corrupted))
        trained = levels[:number]
        return torch.sigmoid(decoded(trained, encoded(trained, corrupted)).float())

    def _of_level(
        self, model: Model, number: int, batch: Batch, streams: Streams
    ) -> tuple[PerImage, dict[str, PerImage], Tensor]:
        """The loss of one level, its parts, and what the level makes of what it was given."""
        assert isinstance(model, Autoencoder)
        levels = levels_of(model)
        before, level, innermost = levels[: number - 1], levels[number - 1], number == len(levels)
        corrupted = self.corruption(batch.clean, streams["corruption"])
        with torch.no_grad():
            given = encoded(before, corrupted)
            wanted = given if corrupted is batch.clean else encoded(before, batch.clean)
        inner = encoded([level], given)
        coded = model.bottleneck(inner, streams["posterior"]) if innermost else Coded(inner.flatten(1))
        restored = decoded([level], coded.codes if innermost else inner)
        objective = self.objective if innermost else replace(self.objective, penalty=NoPenalty(NoPenaltySettings()))
        if before:
            error = (restored.float() - wanted.float()).square().flatten(1).sum(1)
            objective = replace(objective, reconstruction=_Known(error))
        # Behind an outer level there are no logits yet: only the code is looked at, by the penalty.
        outcome = Pass(batch.clean if before else restored, coded.codes, coded.posterior)
        return *objective(outcome, batch.clean), restored

    @torch.no_grad()
    def _image_error(self, model: Model, number: int, restored: Tensor, clean: Images) -> dict[str, PerImage]:
        """The reconstruction error of the image behind the levels that are already trained, by its name."""
        logits = decoded(levels_of(model)[: number - 1], restored)
        error = self.objective.reconstruction
        return {error.name: error(Pass(logits, logits.flatten(1), None), clean)}


class _Known:
    """In place of the reconstruction error: how far a level's output is from the codes that it was given."""

    name = "code_error"
    unit = "squared error of the codes, per image"
    takes_pixels = False

    def __init__(self, error: PerImage):
        self.error = error

    def __call__(self, outcome: Pass, clean: Images) -> PerImage:
        return self.error


def _number(chapter: str) -> int:
    """The level that a chapter trains, counted from 1; 0 for all together."""
    return int(chapter) if chapter.isdecimal() else 0


def _only(model: Model, number: int) -> None:
    """Training mode for one level: running means and deviations of the others stay as they are."""
    model.eval()
    level = levels_of(model)[number - 1]
    for module in (*level.encoder, *level.decoder):
        module.train()
