"""A generator and a discriminator: the model that adversarial training fits.

    image = sigmoid(generator(z)),  z ~ N(0, I)
    logit = discriminator(image)          how real the image looks; sigmoid(logit) is a probability

There is no encoder. `generator` is trained; `decoder`, which draws every image that is shown, measured or exported, is
the running mean of its weights: single weights swing to and fro with the discriminator, their mean is steadier.

Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014; the running mean: Yazici et al., "The Unusual
Effectiveness of Averaging in GAN Training", ICLR 2019; the spread of the batch as one more channel: Karras et al., ICLR
2018, in a form that is our choice.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.model import Bottleneck, DecodingModel
from aecore.networks.averaging import follow, mean_of
from aecore.networks.layout import in_order
from aecore.shapes import Images, ImageShape, PerImage
from aecore.sharing import is_shared, whole_mean


class GAN(DecodingModel):
    """generator: codes -> logits of images; discriminator: images -> one logit each."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, bottleneck: Bottleneck, image_shape: ImageShape):
        super().__init__(image_shape)
        self.bottleneck = bottleneck
        self.generator = generator
        self.discriminator = discriminator
        self.decoder = mean_of(generator)
        self.followed: Tensor
        self.register_buffer("followed", torch.zeros((), dtype=torch.long))

    @property
    def latent(self) -> int:
        """Size of the code."""
        return self.bottleneck.latent

    def generate(self, count: int, chance: torch.Generator) -> Images:
        """`count` images in [0, 1] from the weights in training; all chance comes from `chance`."""
        return torch.sigmoid(self.generator(self.prior(count, chance)).float())

    def judge(self, images: Images) -> PerImage:
        """The discriminator's logit of each image, float32. SettingError for images of another shape."""
        self._check(images)
        logits: PerImage = self.discriminator(images).float().flatten()
        return logits

    def follow(self, steps: int) -> None:
        """Move the running mean over about so many steps on; 0 takes the weights as they are."""
        follow(self.decoder, self.generator, self.followed, 1 / steps if steps else 1.0)

    def settle(self) -> None:
        """The generator becomes its running mean."""
        self.generator.load_state_dict(self.decoder.state_dict())

    def forward(self, images: Images, generator: torch.Generator | None = None) -> PerImage:
        """What the discriminator thinks of as many generated images as there are `images`.

        Passes through every layer once. Without a generator nothing is random: all codes are 0.
        """
        self._check(images)
        codes = self.bottleneck(images.new_zeros(len(images), 0), generator).codes
        return self.judge(torch.sigmoid(self.generator(codes)))


class Adversaries(NamedTuple):
    """generator: [batch, latent] -> logits of images; discriminator: images -> [batch, 1]."""

    generator: nn.Module
    discriminator: nn.Module

    def model(self, bottleneck: Bottleneck, image_shape: ImageShape) -> DecodingModel:
        """The two together. SettingError for a bottleneck that needs an encoder."""
        check_drawn(bottleneck)
        return GAN(self.generator, self.discriminator, bottleneck, image_shape)


def check_drawn(bottleneck: Bottleneck) -> None:
    """SettingError for a bottleneck that needs an encoder, or leaves the size of the code to the network."""
    if bottleneck.features or not bottleneck.latent:
        raise SettingError(
            "A generator has no encoder and takes codes of any size: set bottleneck.kind=prior, or network.kind=dense "
            "or conv."
        )


class Centred(nn.Module):
    """Images in [0, 1] as numbers from -1 to 1."""

    def forward(self, images: Tensor) -> Tensor:
        """The same shape."""
        return images * 2.0 - 1.0


class BatchSpread(nn.Module):
    """How much the images of a batch differ, as one more channel: a batch of equal images gives itself away."""

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, channels + 1, height, width]"""
        variance = whole_mean((images - whole_mean(images)).square()) if is_shared() else images.var(0, correction=0)
        spread = (variance + 1e-8).sqrt().mean()
        return in_order(torch.cat([images, spread.to(images.dtype).expand(len(images), 1, *images.shape[2:])], dim=1))
