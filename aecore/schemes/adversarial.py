"""Adversarial: a discriminator learns to tell real images from generated ones, a generator to deceive it.

    phase 1   discriminator   -log D(x) - log(1 - D(G(z))) + weight * R1      G as it is
    phase 2   generator       -log D(G(z))                                    D as phase 1 left it, the same z

Each has its own optimiser. R1 is taken on an eighth of each batch: its mean is the same, its cost an eighth.

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, algorithm 1 with one step of the discriminator;
see `aecore.objectives.adversarial` for the losses. What is measured on validation images are the losses of images
from the running mean of the generator against them, without smoothing and R1.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.corruption.catalog import Corruption
from aecore.model import Model
from aecore.networks.gan import GAN
from aecore.objectives.adversarial import discriminator_loss, diversity, generator_loss, gradient_penalty
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Group, Phase, Scheme
from aecore.settings import Settings, setting
from aecore.shapes import PerImage
from aecore.sharing import first, mean_of_first

PENALISED = 8  # one image in so many
BETA_2 = 0.99


@dataclass(frozen=True)
class AdversarialSettings(Settings):
    """What keeps the game in balance."""

    gradient_penalty: float = setting(
        1.0, 0.0, 1000.0, "times R1", "how strongly the discriminator is kept flat around real images; 0 leaves it out",
        label="Gradient penalty",
    )  # fmt: skip
    label_smoothing: float = setting(
        0.0, 0.0, 0.5, "probability", "real images are to be called real with 1 less this", advanced=True
    )
    discriminator_rate: float = setting(
        1.0, 0.01, 100.0, "times", "learning rate of the discriminator, as a multiple of the generator's", advanced=True
    )
    momentum: float = setting(
        0.5, 0.0, 0.99, "per step", "how much of the last steps is kept (Adam's first beta); little swings less",
        advanced=True,
    )  # fmt: skip
    average_steps: int = setting(
        200, 0, 100000, "steps", "images come from the mean of the generator's weights over about so many; 0: as it is",
        label="Averaged weights", advanced=True,
    )  # fmt: skip


class Adversarial(Scheme):
    """Two groups, two phases."""

    steady = True
    trains = GAN
    ignores = frozenset({"corruption", "objective", "penalty"})

    def __init__(self, settings: AdversarialSettings, corruption: Corruption, objective: Objective):
        super().__init__(settings, corruption, objective)
        self.options = settings

    def groups(self, model: Model) -> Mapping[str, Group]:
        """Discriminator and generator."""
        gan, betas = _gan(model), (self.options.momentum, BETA_2)
        return {
            "discriminator": Group(list(gan.discriminator.parameters()), betas),
            "generator": Group(list(gan.generator.parameters()), betas),
        }

    def passes(self, part: str) -> float:
        """The discriminator sees real and generated images, and generated ones again. R1 goes there and back twice."""
        penalty = 2 / PENALISED if self.options.gradient_penalty else 0.0
        return 2 + 2 / 3 + penalty if part == "discriminator" else 1.0

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """First the discriminator, then the generator; then the running mean follows."""
        gan = _gan(model)
        generated = gan.generate(len(batch.clean), streams["codes"])
        real_logits, generated_logits = gan.judge(batch.clean), gan.judge(generated.detach())
        losses = discriminator_loss(real_logits, generated_logits, self.options.label_smoothing).mean()
        yield Phase(
            "discriminator",
            losses + self._penalty(gan, batch),
            {
                "discriminator_loss": losses,
                "belief_in_real": torch.sigmoid(real_logits).mean(),
                "belief_in_generated": torch.sigmoid(generated_logits).mean(),
            },
            self.options.discriminator_rate,
        )
        with _left_alone(gan.discriminator):
            loss = generator_loss(gan.judge(generated)).mean()
        yield Phase("generator", loss, {"generator_loss": loss})
        gan.follow(self.options.average_steps)

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """Both losses, how sure the discriminator is that images are real, and how much the generated ones differ."""
        gan = _gan(model)
        generated = gan.decode(gan.prior(len(batch.clean), streams["codes"]))
        real_logits, generated_logits = gan.judge(batch.clean), gan.judge(generated)
        discriminator, generator = discriminator_loss(real_logits, generated_logits), generator_loss(generated_logits)
        return {
            "loss": discriminator + generator,
            "discriminator_loss": discriminator,
            "generator_loss": generator,
            "belief_in_real": torch.sigmoid(real_logits),
            "belief_in_generated": torch.sigmoid(generated_logits),
            "diversity": diversity(generated, batch.clean),
        }

    def _penalty(self, gan: GAN, batch: Batch) -> Tensor:
        """R1 of a part of the batch, with its weight."""
        if not self.options.gradient_penalty:
            return batch.clean.new_zeros(())
        penalties = gradient_penalty(gan.judge, first(batch.clean, PENALISED))
        return self.options.gradient_penalty * mean_of_first(penalties, PENALISED)


def _gan(model: Model) -> GAN:
    """The model, which the composition has made sure is one."""
    assert isinstance(model, GAN)
    return model


@contextmanager
def _left_alone(module: nn.Module) -> Iterator[None]:
    """What is computed meanwhile gives the module's parameters no gradients: it is only passed through."""
    parameters = [each for each in module.parameters() if each.requires_grad]
    for each in parameters:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in parameters:
            each.requires_grad_(True)
