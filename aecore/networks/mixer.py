"""Autoencoder networks that mix patches: places with each other, then the numbers of each patch.

    patches   image [c, h, w] -> [places, width]      one linear map of p x p pixels, at every place the same
    mix       x + A_j x_j         x_j: [places], number j of every patch;  A_j: [places, places] of its own
              x + V silu(U x)     over the numbers of each patch, at every place the same
    encoder   patches -> blocks of mix -> [places, k] -> the first `features` numbers
    decoder   code -> [places, k] -> blocks of mix -> patches -> logits [c, h, w]

Every place sees the whole image after one block, with few weights, and nothing narrows in between: a code may have as
many numbers as the image has pixels, which is what compression needs, where a rate and not the code size bounds what
is said. Both sides begin as maps that lose nothing of a patch, so that training starts from a picture.

Source: Tolstikhin et al., "MLP-Mixer: An all-MLP Architecture for Vision", NeurIPS 2021. No normalisation, which would
take the contrast out of a patch, linear mixing of places with weights for each number, and its use as an autoencoder
are our choices.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.networks.pair import Networks
from aecore.settings import Settings, setting
from aecore.shapes import ImageShape

MOST_PLACES = 4096  # mixing takes their square for each number


@dataclass(frozen=True)
class MixerSettings(Settings):
    """Size of a patch, and what is made of it."""

    patch: int = setting(4, 1, 64, "pixels", "height and width of a patch")
    width: int = setting(16, 1, 1024, "numbers", "what stands for a patch inside: its pixels times colours keep it all")
    blocks: int = setting(
        2, 1, 16, "blocks", "how often places and numbers are mixed, on the way in and on the way out"
    )
    expansion: int = setting(4, 1, 16, "times the width", "hidden units of the map over one patch", advanced=True)


class Places(nn.Module):
    """[batch, places, width] -> the same shape: number j of every patch by a matrix A_j of its own, at first 0."""

    uses = 1  # of each weight for an image

    def __init__(self, places: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width, places, places))

    def forward(self, patches: Tensor) -> Tensor:
        """[batch, places, width] -> [batch, places, width]"""
        return torch.matmul(self.weight, patches.permute(2, 1, 0)).permute(2, 1, 0)


class Mix(nn.Module):
    """[batch, places, width] -> the same shape: first places are mixed, then the numbers of each."""

    def __init__(self, places: int, settings: MixerSettings):
        super().__init__()
        width = settings.width
        self.places = Places(places, width)
        self.hidden = nn.Linear(width, settings.expansion * width)
        self.back = nn.Linear(settings.expansion * width, width)
        nn.init.normal_(self.back.weight, std=0.01)

    def forward(self, patches: Tensor) -> Tensor:
        """[batch, places, width] -> [batch, places, width]"""
        patches = patches + self.places(patches)
        changed: Tensor = patches + self.back(F.silu(self.hidden(patches)))
        return changed


class Patches(nn.Module):
    """Images -> [batch, places, width], the image filled up with black to whole patches."""

    def __init__(self, image_shape: ImageShape, settings: MixerSettings):
        super().__init__()
        channels, height, width = image_shape
        self.missing = (-width % settings.patch, -height % settings.patch)
        self.map = nn.Conv2d(channels, settings.width, settings.patch, stride=settings.patch)
        nn.init.orthogonal_(self.map.weight.data.view(settings.width, -1))

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, places, width]"""
        patches: Tensor = self.map(F.pad(images, (0, self.missing[0], 0, self.missing[1])))
        return patches.flatten(2).transpose(1, 2)


class Unpatch(nn.Module):
    """[batch, places, width] -> logits of images, what was filled up cut off again."""

    def __init__(self, image_shape: ImageShape, settings: MixerSettings):
        super().__init__()
        channels, self.height, self.width = image_shape
        self.grid = (-(-self.height // settings.patch), -(-self.width // settings.patch))
        self.map = nn.ConvTranspose2d(settings.width, channels, settings.patch, stride=settings.patch)
        nn.init.orthogonal_(self.map.weight.data.view(settings.width, -1))

    def forward(self, patches: Tensor) -> Tensor:
        """[batch, places, width] -> [batch, channels, height, width]"""
        images: Tensor = self.map(torch.unflatten(patches.transpose(1, 2), 2, self.grid))
        return images[:, :, : self.height, : self.width]


class Numbers(nn.Module):
    """[batch, places, width] -> the first `count` numbers of the rows that a linear map makes of them."""

    def __init__(self, places: int, width: int, count: int):
        super().__init__()
        self.count = count
        self.map = nn.Linear(width, -(-count // places))
        nn.init.orthogonal_(self.map.weight)

    def forward(self, patches: Tensor) -> Tensor:
        """[batch, places, width] -> [batch, count], number after number of all places."""
        rows: Tensor = self.map(patches)
        return rows.transpose(1, 2).flatten(1)[:, : self.count]


class Rows(nn.Module):
    """A code -> [batch, places, width]: the other way, zeros where the code ends."""

    def __init__(self, count: int, places: int, width: int):
        super().__init__()
        self.places = places
        self.each = -(-count // places)
        self.missing = self.each * places - count
        self.map = nn.Linear(self.each, width)
        nn.init.orthogonal_(self.map.weight)

    def forward(self, codes: Tensor) -> Tensor:
        """[batch, count] -> [batch, places, width]"""
        filled = F.pad(codes, (0, self.missing))
        rows: Tensor = self.map(torch.unflatten(filled, 1, (self.each, self.places)).transpose(1, 2))
        return rows


def build_mixer(
    settings: MixerSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Networks:
    """Encoder to `features` numbers and decoder from `latent` numbers; SettingError for too many places."""
    _, height, width = image_shape
    places = -(-height // settings.patch) * -(-width // settings.patch)
    if places > MOST_PLACES:
        raise SettingError(
            f"network.patch is {settings.patch}: an image of {height} x {width} pixels has {places:,} such patches, "
            f"and at most {MOST_PLACES:,} can be mixed. Choose larger ones."
        )
    encoder = nn.Sequential(
        Patches(image_shape, settings),
        *(Mix(places, settings) for _ in range(settings.blocks)),
        Numbers(places, settings.width, features),
    )
    decoder = nn.Sequential(
        Rows(latent, places, settings.width),
        *(Mix(places, settings) for _ in range(settings.blocks)),
        Unpatch(image_shape, settings),
    )
    return Networks(encoder, decoder)
