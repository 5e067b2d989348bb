"""How far images are from the clean ones, in the units the field uses.

    SSE    sum over an image's pixels and channels of (clean - image)^2
    MSE    SSE / (channels x height x width)
    PSNR   10 log10(1 / mean MSE over all images)                              dB, pixels in [0, 1]
    BCE    -sum x log y + (1 - x) log(1 - y)                                   nats per image

PSNR is taken from the mean MSE over all images and not averaged over images, so that one perfect image cannot hide
many poor ones. It is infinite for images without error and then has no place in JSON: it becomes null.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from aecore.shapes import Images, PerImage

GREY_LEVEL = 1 / 255


@dataclass(frozen=True)
class Measures:
    """Means over `images` images of `pixels` numbers each. BCE is None where images are not probabilities."""

    images: int
    pixels: int
    sse_per_image: float
    bce_nats_per_image: float | None = None

    @property
    def mse_per_pixel(self) -> float:
        """Mean squared error of one number."""
        return self.sse_per_image / self.pixels

    @property
    def psnr_db(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where there is no error."""
        return psnr_db(self.mse_per_pixel)

    def to_dict(self) -> dict[str, object]:
        """The numbers under names that say their unit, as JSON knows them."""
        values: dict[str, object] = {
            "sse_per_image": self.sse_per_image,
            "mse_per_pixel": self.mse_per_pixel,
            "psnr_db": self.psnr_db if math.isfinite(self.psnr_db) else None,
        }
        if self.bce_nats_per_image is not None:
            values["bce_nats_per_image"] = self.bce_nats_per_image
        return values


class Sum:
    """Measures in the making: batches are added, and the mean is taken at the end."""

    def __init__(self, pixels: int):
        self.pixels = pixels
        self.images = 0
        self.sse = 0.0
        self.bce: float | None = None

    def add(self, sse: PerImage, bce: PerImage | None = None) -> None:
        """One batch: a number per image."""
        self.images += len(sse)
        self.sse += float(sse.double().sum())
        if bce is not None:
            self.bce = (self.bce or 0.0) + float(bce.double().sum())

    def mean(self) -> Measures:
        """The means over everything that was added."""
        count = max(1, self.images)
        return Measures(self.images, self.pixels, self.sse / count, None if self.bce is None else self.bce / count)


def psnr_db(mse: float) -> float:
    """10 log10(1 / mse): infinite for 0."""
    return math.inf if mse <= 0 else -10.0 * math.log10(mse)


def squared_errors(clean: Images, images: Images) -> PerImage:
    """SSE of each image."""
    return (clean - images).square().flatten(1).sum(1)


def cross_entropies(clean: Images, images: Images) -> PerImage:
    """BCE of each image in nats, for images that are no probabilities: first kept half a grey level off 0 and 1.

    Outputs of a linear method leave [0, 1], where the logarithm is not defined. No stored image can tell 0 from half
    a grey level, and a smaller distance would make the number a matter of that distance.
    """
    inside = images.clamp(GREY_LEVEL / 2, 1 - GREY_LEVEL / 2)
    return F.binary_cross_entropy(inside, clean, reduction="none").flatten(1).sum(1)


def per_image(clean: Images, images: Images) -> tuple[Measures, ...]:
    """The measures of each image on its own."""
    pixels = int(np.prod(clean.shape[1:]))
    return tuple(Measures(1, pixels, float(each)) for each in squared_errors(clean, images))


def entropy_floor(clean: Images) -> PerImage:
    """The least BCE that any reconstruction of grey targets can reach: their entropy, in nats."""
    terms = -torch.xlogy(clean, clean) - torch.xlogy(1 - clean, 1 - clean)
    return terms.flatten(1).sum(1)
