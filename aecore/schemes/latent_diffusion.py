"""Latent diffusion: first an autoencoder, then a diffusion model on its codes, the autoencoder left as it is.

    chapter 1    code = encoder(x) + s n,  n ~ N(0, I)
                 loss = |sigmoid(pictures(code)) - x|^2 + pull * KL(N(encoder(x), s^2 I) || N(0, I))
                 and the mean and variance of every channel of the codes are watched
    chapter 2    the loss of `aecore.schemes.diffusion` on (encoder(x) - mean) / spread

The noise on the codes makes the decoder forgive small errors, which those of the diffusion model always have; the
divergence, weighed very lightly, keeps the codes from running away from the noise.

Source: Rombach, Blattmann, Lorenz, Esser, Ommer, "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR
2022 (two stages; a light KL penalty). The same spread s for every code is our choice.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.chance import normal
from aecore.model import Model
from aecore.networks.latent_diffusion import LatentDiffusion
from aecore.randomness import Streams
from aecore.schemes.diffusion import DiffusionScheme, DiffusionTrainingSettings
from aecore.schemes.scheme import Batch, Chapter, Group, Phase
from aecore.settings import setting
from aecore.shapes import Images, PerImage

AUTOENCODER, DENOISING = "autoencoder", "diffusion"


@dataclass(frozen=True)
class LatentDiffusionTrainingSettings(DiffusionTrainingSettings):
    """The same, and how the autoencoder is fitted."""

    autoencoder_share: float = setting(0.2, 0.01, 0.99, "of all steps", "fit the autoencoder, the rest the diffusion")
    code_noise: float = setting(
        0.1, 0.001, 10.0, "standard deviation", "on the codes while the autoencoder is fitted", advanced=True
    )
    pull: float = setting(
        0.02, 0.0, 100.0, "times the KL", "how strongly codes are drawn towards the standard normal", advanced=True
    )


class LatentDiffusionScheme(DiffusionScheme):
    """Two chapters with a group each."""

    trains: type[Model] = LatentDiffusion
    settings: LatentDiffusionTrainingSettings

    def groups(self, model: Model) -> Mapping[str, Group]:
        """The autoencoder, and the U-Net on its codes."""
        assert isinstance(model, LatentDiffusion)
        pair = [*model.encoder.parameters(), *model.decoder.pictures.parameters()]
        return {AUTOENCODER: Group(pair), DENOISING: Group(list(model.fitted.parameters()))}

    def chapters(self, model: Model, further: bool) -> tuple[Chapter, ...]:
        """The autoencoder first; a finished model keeps the one it has."""
        if further:
            return (Chapter(DENOISING, "Diffusion", 1.0),)
        share = self.settings.autoencoder_share
        return (Chapter(AUTOENCODER, "Autoencoder", share, draws=False), Chapter(DENOISING, "Diffusion", 1.0 - share))

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """One phase, of the group that is fitted in this chapter."""
        assert isinstance(model, LatentDiffusion)
        if batch.chapter != AUTOENCODER:
            yield from self.denoising_phase(model, batch, streams, DENOISING)
            return
        codes = model.encoder(batch.clean).float()
        noise = normal(codes, streams["codes"])
        loss, parts = self._autoencoder_losses(model, batch.clean, codes, noise)
        yield Phase(AUTOENCODER, loss.mean(), {name: each.mean() for name, each in parts.items()})
        model.watch(codes.detach())

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The numbers of the chapter, the autoencoder's without noise on the codes."""
        assert isinstance(model, LatentDiffusion)
        if batch.chapter != AUTOENCODER:
            return super().measure(model, batch, streams)
        codes = model.encoder(batch.clean).float()
        loss, parts = self._autoencoder_losses(model, batch.clean, codes, torch.zeros_like(codes))
        return {"loss": loss, **parts}

    def _autoencoder_losses(
        self, model: LatentDiffusion, clean: Images, codes: Tensor, noise: Tensor
    ) -> tuple[PerImage, dict[str, PerImage]]:
        spread = self.settings.code_noise
        restored = torch.sigmoid(model.decoder.pictures(codes + spread * noise).float())
        error = (restored - clean).square().sum((1, 2, 3))
        kl = 0.5 * (codes.square() + spread**2 - 1 - 2 * math.log(spread)).sum((1, 2, 3))
        return error + self.settings.pull * kl, {"squared_error": error, "kl": kl}
