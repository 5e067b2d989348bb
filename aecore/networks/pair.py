"""What a network file builds: the modules, and the model that they make with a bottleneck."""

from typing import NamedTuple, Protocol

from torch import nn

from aecore.errors import SettingError
from aecore.model import Autoencoder, Bottleneck, Model
from aecore.shapes import ImageShape


class Built(Protocol):
    """Modules of any number, which know what model they make."""

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> Model:
        """The model for images of `image_shape`. SettingError for a bottleneck that does not fit."""
        ...


class Networks(NamedTuple):
    """encoder: images -> [batch, features]; decoder: [batch, latent] -> logits of images."""

    encoder: nn.Module
    decoder: nn.Module

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> Model:
        """The autoencoder. SettingError for a bottleneck that takes nothing from an encoder."""
        if bottleneck.features == 0:
            raise SettingError(
                "This bottleneck takes nothing from an encoder, but the networks have one: set bottleneck.kind=plain, "
                "or network.kind to a generator."
            )
        return Autoencoder(self.encoder, bottleneck, self.decoder, image_shape)
