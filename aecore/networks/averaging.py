"""The running mean of weights: it draws the images while the weights themselves are still moving to and fro.

    mean <- mean + share (now - mean),   share = max(least, 10 / (10 + n)) in the n-th step

The first weights are soon forgotten; later about the last 1 / least steps count. Buffers are taken as they are.

Source: Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, "Analyzing and Improving the Image Quality of StyleGAN", CVPR
2020, and Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020, draw from such a mean; its
beginning is our choice.
"""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

WARM_UP = 10.0  # steps

Averaged = TypeVar("Averaged", bound=nn.Module)


def mean_of(module: Averaged) -> Averaged:
    """A copy that is not trained, to hold the mean."""
    return copy.deepcopy(module).requires_grad_(False)


@torch.no_grad()
def follow(mean: nn.Module, now: nn.Module, steps: Tensor, least: float) -> None:
    """Draw `mean` nearer to `now`. `steps` counts how often that was done, and is counted on."""
    steps += 1
    share = (WARM_UP / (WARM_UP + steps)).clamp(min=least)
    for averaged, fitted in zip(mean.parameters(), now.parameters(), strict=True):
        averaged.lerp_(fitted, share.to(averaged))
    for kept, buffer in zip(mean.buffers(), now.buffers(), strict=True):
        kept.copy_(buffer)
