"""The contract of every model with an encoder, and what a forward pass leaves for the objective.

    features = encoder(corrupted image)
    code     = bottleneck(features)
    logits   = decoder(code),  reconstruction = sigmoid(logits)

Encoders, bottlenecks and decoders do not know each other: they meet here as plain tensors.
"""

from dataclasses import dataclass
from math import prod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.shapes import Codes, Features, Images, ImageShape


@dataclass(frozen=True)
class Posterior:
    """The Gaussian that a variational encoder gives for each image: mean and log variance, [batch, latent]."""

    mean: Codes
    log_variance: Codes


@dataclass(frozen=True)
class Coded:
    """What a bottleneck makes of features: the codes to decode, and the posterior they were drawn from, if any."""

    codes: Codes
    posterior: Posterior | None = None


@dataclass(frozen=True)
class Pass:
    """One forward pass: everything an objective or a penalty may need."""

    logits: Images  # before the sigmoid
    codes: Codes
    posterior: Posterior | None

    @property
    def images(self) -> Images:
        """The reconstructions, in [0, 1]."""
        return torch.sigmoid(self.logits.float())


@runtime_checkable
class Bottleneck(Protocol):
    """Between encoder and decoder. `features` numbers per image come in, `latent` numbers go on."""

    latent: int
    features: int

    def __call__(self, features: Features, generator: torch.Generator | None) -> Coded:
        """The codes for training; chance comes from `generator` alone."""
        ...

    def code(self, features: Features) -> Codes:
        """The one code that stands for each image: the same at every call."""
        ...


class Autoencoder(nn.Module):
    """Encoder, bottleneck and decoder put together for images of one shape."""

    def __init__(self, encoder: nn.Module, bottleneck: Bottleneck, decoder: nn.Module, image_shape: ImageShape):
        super().__init__()
        self.encoder = encoder
        self.bottleneck = bottleneck
        self.decoder = decoder
        self.image_shape = image_shape

    @property
    def latent(self) -> int:
        """Size of the code."""
        return self.bottleneck.latent

    def encode(self, images: Images) -> Codes:
        """The code of each image; a variational model gives its mean. SettingError for images of another shape."""
        self._check(images)
        return self.bottleneck.code(self.encoder(images))

    def decode(self, codes: Codes) -> Images:
        """The image of each code, in [0, 1]. SettingError for codes of another size."""
        if codes.ndim != 2 or codes.shape[1] != self.latent:
            raise SettingError(f"This model decodes codes of {self.latent} numbers, not of shape {list(codes.shape)}.")
        return torch.sigmoid(self.decoder(codes).float())

    def forward(self, images: Images, generator: torch.Generator | None = None) -> Pass:
        """Encode and decode as in training. Without a generator nothing is random: the code is `encode`'s."""
        self._check(images)
        features = self.encoder(images)
        coded = self.bottleneck(features, generator)
        return Pass(self.decoder(coded.codes), coded.codes, coded.posterior)

    def _check(self, images: Tensor) -> None:
        if tuple(images.shape[1:]) != tuple(self.image_shape):
            raise SettingError(
                f"This model takes images of {' x '.join(map(str, self.image_shape))} "
                f"(channels x height x width, {prod(self.image_shape)} numbers), "
                f"not {' x '.join(map(str, images.shape[1:]))}."
            )
