"""Diffusion in pixels: a U-Net on the image itself.

    z = 2 x image - 1      states in [-1, 1], to which guesses are cut

Source: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020.
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from aecore.model import Bottleneck
from aecore.networks.averaging import mean_of
from aecore.networks.diffusion import Diffusion, DiffusionSettings, check_noise
from aecore.networks.noising import Noising
from aecore.networks.unet import UNet
from aecore.settings import setting
from aecore.shapes import Images, ImageShape


@dataclass(frozen=True)
class PixelDiffusionSettings(DiffusionSettings):
    """The U-Net, and how many pixels it takes at a time."""

    patch: int = setting(
        2, 1, 16, "pixels", "side of the squares that the first layer takes in: 2 costs a quarter of 1", advanced=True
    )


class PixelDiffusion(Diffusion):
    """The pixels themselves are diffused."""

    bounded = True

    def __init__(
        self, fitted: UNet, bottleneck: Bottleneck, noising: Noising, steps: int, image_shape: ImageShape, classes: int
    ):
        super().__init__(fitted, bottleneck, noising, steps, image_shape, image_shape, classes)
        self.decoder: UNet = mean_of(fitted)

    @property
    def average(self) -> UNet:
        """What a snapshot records as the decoder."""
        return self.decoder

    def states(self, images: Images) -> Tensor:
        """[0, 1] -> [-1, 1]."""
        return 2 * images - 1

    def shown(self, states: Tensor) -> Tensor:
        """[-1, 1] -> [0, 1], cut off at both ends."""
        return ((states.float() + 1) / 2).clamp(0.0, 1.0)


class PixelUNet(NamedTuple):
    """The network and what it was built with."""

    network: UNet
    settings: PixelDiffusionSettings
    classes: int

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> PixelDiffusion:
        """The diffusion model. SettingError for a bottleneck that is no noise."""
        check_noise(bottleneck)
        known = self.settings
        return PixelDiffusion(self.network, bottleneck, known.noising, known.steps, image_shape, self.classes)


def build_pixel_unet(
    settings: PixelDiffusionSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> PixelUNet:
    """A U-Net from images to images; SettingError for more levels than fit."""
    return PixelUNet(UNet(settings.unet(settings.patch), image_shape, classes), settings, classes)
