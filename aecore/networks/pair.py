"""What every network file builds: an encoder and its decoder."""

from typing import NamedTuple

from torch import nn


class Networks(NamedTuple):
    """encoder: images -> [batch, features]; decoder: [batch, latent] -> logits of images."""

    encoder: nn.Module
    decoder: nn.Module
