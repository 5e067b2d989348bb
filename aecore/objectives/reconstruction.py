"""How far a reconstruction is from the clean image: summed over pixels, one number per image.

    MSE   sum_i (x_i - y_i)^2                                    y = sigmoid(logits), or a restorer's pixels
    MAE   sum_i |x_i - y_i|
    BCE   -sum_i x_i log y_i + (1 - x_i) log(1 - y_i)            in nats; from the logits, so that it stays finite

All are sums, not means, so that a KL term in nats can be added without a factor and a number means the same
for every batch size. "MSE" is the lecture's name; divided by the number of pixels it is the mean.
BCE of grey targets does not reach 0: its least value is the entropy of the targets.
"""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812

from aecore import kernels
from aecore.model import Pass
from aecore.settings import Settings
from aecore.shapes import Images, PerImage


@dataclass(frozen=True)
class ReconstructionSettings(Settings):
    """Nothing to set."""


class SquaredError:
    """Squared error, summed over pixels."""

    name = "squared_error"
    takes_pixels = True
    unit = "squared error per image"

    def __init__(self, settings: ReconstructionSettings):
        self.settings = settings

    def __call__(self, outcome: Pass, clean: Images) -> PerImage:
        """One number per image."""
        return (outcome.images - clean).square().flatten(1).sum(1)


class AbsoluteError:
    """Absolute error, summed over pixels."""

    name = "absolute_error"
    takes_pixels = True
    unit = "absolute error per image"

    def __init__(self, settings: ReconstructionSettings):
        self.settings = settings

    def __call__(self, outcome: Pass, clean: Images) -> PerImage:
        """One number per image."""
        return (outcome.images - clean).abs().flatten(1).sum(1)


class CrossEntropy:
    """Binary cross-entropy, summed over pixels."""

    name = "cross_entropy"
    takes_pixels = False
    unit = "nats per image"

    def __init__(self, settings: ReconstructionSettings):
        self.settings = settings

    def __call__(self, outcome: Pass, clean: Images) -> PerImage:
        """One number per image, in nats."""
        logits = outcome.logits.float()
        if kernels.fits(logits, clean):
            return kernels.cross_entropy(logits.flatten(1), clean.flatten(1))
        return F.binary_cross_entropy_with_logits(logits, clean, reduction="none").flatten(1).sum(1)
