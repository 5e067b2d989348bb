"""Training a diffusion model: see at every level of noise what is behind it.

    t ~ U(0, 1),   z_t = alpha x + sigma e                       x what is diffused, e noise from N(0, I)
    loss = E |target(x, e) - f(z_t, t, y)|^2,  mean over numbers     target: velocity or noise

The class y is left out of some of the images, so that the same network also answers without one. After every step the
running average of the weights follows. The times of a batch are spread evenly over [0, 1] from a common random
beginning, which makes the loss waver less.

Source: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020; classes left out: Ho and Salimans,
"Classifier-Free Diffusion Guidance", 2022; evenly spread times: Kingma, Salimans, Poole, Ho, "Variational Diffusion
Models", NeurIPS 2021. All times count alike, which is our choice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.chance import normal
from aecore.model import Model
from aecore.networks.diffusion import Diffusion
from aecore.networks.pixel_diffusion import PixelDiffusion
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Phase, Scheme
from aecore.settings import Settings, setting
from aecore.shapes import PerImage
from aecore.sharing import mine, whole

LEVELS = 16  # of noise, one image at each in turn when it is measured


@dataclass(frozen=True)
class DiffusionTrainingSettings(Settings):
    """Classes left out, and the running average."""

    label_dropout: float = setting(
        0.15, 0.0, 1.0, "of the images", "are shown without their class, so that guidance has something to start from"
    )
    average_decay: float = setting(
        0.995, 0.0, 0.99999, "per step", "how slowly the running average of the weights follows them", advanced=True
    )


class DiffusionScheme(Scheme):
    """One group, one phase; the average follows after it."""

    steady = True
    trains: type[Model] = PixelDiffusion
    settings: DiffusionTrainingSettings

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The one phase, and the running average."""
        assert isinstance(model, Diffusion)
        yield from self.denoising_phase(model, batch, streams, "all")

    def denoising_phase(self, model: Diffusion, batch: Batch, streams: Streams, group: str) -> Iterator[Phase]:
        """A step of `group` towards the target at random times."""
        count, device = len(batch.clean), batch.clean.device
        even = torch.arange(whole(count), device=device) / whole(count)
        times = mine((even + torch.rand(1, generator=streams["times"], device=device)) % 1)
        kinds = model.kinds(batch.labels, count)
        if kinds is not None:
            lots = mine(torch.rand(whole(count), 1, generator=streams["labels"], device=device))
            kept = lots >= self.settings.label_dropout
            kinds = kinds * kept
        loss = self.denoising_loss(model, batch, times, kinds, streams).mean()
        yield Phase(group, loss, {part(model): loss})
        model.follow(self.settings.average_decay)

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss of each image at one of `LEVELS` fixed times: the first image at the first, and so on in turn."""
        assert isinstance(model, Diffusion)
        count, device = len(batch.clean), batch.clean.device
        times = mine((torch.arange(whole(count), device=device) % LEVELS + 0.5) / LEVELS)
        loss = self.denoising_loss(model, batch, times, model.kinds(batch.labels, count), streams)
        return {"loss": loss, part(model): loss}

    def denoising_loss(
        self, model: Diffusion, batch: Batch, times: Tensor, kinds: Tensor | None, streams: Streams
    ) -> PerImage:
        """Squared error of the answer, mean over numbers, for each image at its time."""
        with torch.no_grad():
            clean = model.states(batch.clean)
        noise = normal(clean, streams["noise"])
        alpha, sigma = (each[:, None, None, None] for each in model.noising.scales(times))
        answer = model.answer(alpha * clean + sigma * noise, times, kinds)
        return (answer - model.noising.target(clean, noise, alpha, sigma)).square().mean((1, 2, 3))


def part(model: Diffusion) -> str:
    """The name of the number that is made small."""
    return f"{model.noising.prediction}_error"
