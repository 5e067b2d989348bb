"""Diffusion in the latent space of an autoencoder: a U-Net on small maps of codes instead of on pixels.

    code   = encoder(image)                    [code_channels, h / 2^n, w / 2^n]: a small picture of the picture
    state  = (code - mean) / spread            per channel: what is diffused has mean 0 and variance 1, as noise has
    image  = sigmoid(pictures(code))

The autoencoder is fitted first and then left as it is (`aecore.schemes.latent_diffusion`). The code of the whole
model is the noise, as large as the autoencoder's code, and decoding it goes through both: all steps of the U-Net on
the codes, then the autoencoder's decoder once.

Source: Rombach, Blattmann, Lorenz, Esser, Ommer, "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR
2022. An autoencoder this small, and standardising every channel, are our choices.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aecore.model import Bottleneck
from aecore.networks.averaging import mean_of
from aecore.networks.conv import Double, Levels
from aecore.networks.diffusion import Diffusion, DiffusionSettings, check_noise
from aecore.networks.noising import Noising
from aecore.networks.unet import UNet
from aecore.settings import setting
from aecore.shapes import Images, ImageShape
from aecore.sharing import whole_mean

LEAST_VARIANCE = 1e-6
LEAST_SHARE = 0.01  # of the newest batch in the running mean and variance of the codes


@dataclass(frozen=True)
class LatentDiffusionSettings(DiffusionSettings):
    """The autoencoder, and the U-Net on its codes."""

    channels: tuple[int, ...] = setting(
        (48, 64), 1, 1024, "channels", "one number per level of the U-Net; every level halves the map of codes"
    )
    code_channels: int = setting(4, 1, 64, "numbers", "for each place of the autoencoder's map of codes")
    autoencoder_channels: tuple[int, ...] = setting(
        (32, 64), 1, 1024, "channels", "one number per level of the autoencoder; every level halves height and width"
    )


class LatentDecoder(nn.Module):
    """From states to logits of images; the running average of the U-Net lies here to be recorded with it."""

    def __init__(self, pictures: nn.Sequential, average: UNet, channels: int):
        super().__init__()
        self.average = average
        self.pictures = pictures
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("variance", torch.ones(channels, 1, 1))

    def forward(self, states: Tensor) -> Tensor:
        """[batch, code_channels, h, w] -> logits of images."""
        logits: Tensor = self.pictures(states * self.spread() + self.get_buffer("mean"))
        return logits

    def standard(self, codes: Tensor) -> Tensor:
        """Codes with mean 0 and variance 1 in every channel."""
        return (codes - self.get_buffer("mean")) / self.spread()

    def spread(self) -> Tensor:
        """The standard deviation of every channel."""
        return self.get_buffer("variance").clamp(min=LEAST_VARIANCE).sqrt()


class LatentDiffusion(Diffusion):
    """The codes of an autoencoder are diffused."""

    def __init__(
        self,
        encoder: nn.Sequential,
        decoder: LatentDecoder,
        fitted: UNet,
        bottleneck: Bottleneck,
        noising: Noising,
        steps: int,
        image_shape: ImageShape,
        state_shape: ImageShape,
        classes: int,
    ):
        super().__init__(fitted, bottleneck, noising, steps, image_shape, state_shape, classes)
        self.encoder = encoder
        self.decoder: LatentDecoder = decoder
        self.register_buffer("watched", torch.zeros((), dtype=torch.int64))  # batches in the mean and variance

    @property
    def average(self) -> UNet:
        """A part of the decoder."""
        return self.decoder.average

    def states(self, images: Images) -> Tensor:
        """The autoencoder's code of each image, standardised."""
        return self.decoder.standard(self.encoder(images).float())

    def shown(self, states: Tensor) -> Tensor:
        """Through the autoencoder's decoder."""
        return torch.sigmoid(self.decoder(states).float())

    @torch.no_grad()
    def watch(self, codes: Tensor) -> None:
        """Take a batch of codes into the running mean and variance of every channel."""
        count = self.get_buffer("watched").add_(1)
        share = (1.0 / count).clamp(min=LEAST_SHARE)
        mean, variance = self.decoder.get_buffer("mean"), self.decoder.get_buffer("variance")
        now = whole_mean(codes.float(), (0, 2, 3))[:, None, None]
        off = whole_mean((codes.float() - mean).square(), (0, 2, 3))
        variance.lerp_(off[:, None, None], share)
        mean.lerp_(now, share)


class LatentUNet(NamedTuple):
    """The networks and what they were built with."""

    encoder: nn.Sequential
    pictures: nn.Sequential
    network: UNet
    state_shape: ImageShape
    settings: LatentDiffusionSettings
    classes: int

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> LatentDiffusion:
        """The diffusion model. SettingError for a bottleneck that is no noise."""
        check_noise(bottleneck)
        known = self.settings
        decoder = LatentDecoder(self.pictures, mean_of(self.network), known.code_channels)
        return LatentDiffusion(
            self.encoder,
            decoder,
            self.network,
            bottleneck,
            known.noising,
            known.steps,
            image_shape,
            self.state_shape,
            self.classes,
        )


def build_latent_unet(
    settings: LatentDiffusionSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> LatentUNet:
    """An autoencoder and a U-Net on its codes; SettingError for more levels than fit."""
    levels = Levels.of(settings.autoencoder_channels, image_shape, "network.autoencoder_channels")
    state_shape = levels.inner(settings.code_channels)
    encoder = _encoder(levels, settings.code_channels)
    pictures = _pictures(levels, settings.code_channels)
    network = UNet(settings.unet(patch=1), state_shape, classes)
    return LatentUNet(encoder, pictures, network, state_shape, settings, classes)


def _encoder(levels: Levels, code_channels: int) -> nn.Sequential:
    encoder = nn.Sequential()
    for inputs, outputs in levels.down:
        encoder.extend([nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.SiLU()])
    last = levels.widths[-1]
    encoder.extend([nn.Conv2d(last, last, 3, padding=1), nn.SiLU(), nn.Conv2d(last, code_channels, 1)])
    return encoder


def _pictures(levels: Levels, code_channels: int) -> nn.Sequential:
    last = levels.widths[-1]
    pictures = nn.Sequential(nn.Conv2d(code_channels, last, 3, padding=1), nn.SiLU())
    pictures.extend([nn.Conv2d(last, last, 3, padding=1), nn.SiLU()])
    for level, ((inputs, outputs), size) in enumerate(levels.up, start=1):
        pictures.append(Double(inputs, outputs, size))
        pictures.extend([] if level == len(levels.up) else [nn.SiLU()])
    return pictures
