"""Batch normalisation over the whole batch, also where processes divide it among them.

    y = (x - mean) / sqrt(variance + eps) * weight + bias
    mean and variance of each channel over the images of the batch and their pixels

torch.nn.SyncBatchNorm does the same on GPUs only; this one is made of sums that any device can take, so that it is
tested where the tests run.

Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015.
"""

from math import prod

import torch
from torch import Tensor, nn

from aecore.sharing import is_shared, whole, whole_mean

CHANNELS = (0, 2, 3)  # the axes over which each channel has one mean


class BatchNorm2d(nn.BatchNorm2d):
    """torch's own layer, except in a training step that is shared.

    `as_floats`: images of another format than the weights are computed in that of the weights, as they must be under
    torch.func.vmap.
    """

    as_floats = False

    def forward(self, input: Tensor) -> Tensor:
        """[batch, channels, height, width] -> the same shape."""
        if not (self.training and is_shared()):
            return super().forward(input.float()).to(input.dtype) if self.as_floats else super().forward(input)
        images = input.float()
        mean = whole_mean(images, CHANNELS)[:, None, None]
        variance = whole_mean((images - mean).square(), CHANNELS)
        count = whole(len(input)) * prod(input.shape[2:])
        self._remember(mean.flatten(), variance * (count / (count - 1)))
        scaled = (images - mean) * (variance + self.eps).rsqrt()[:, None, None]
        return (scaled * self.weight[:, None, None] + self.bias[:, None, None]).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Take the batch into the running averages that are used outside of training."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
