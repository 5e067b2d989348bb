"""Oriented gradients: what an image looks like when edges count and their exact place does not.

    g(x)  differences to the right and down, each split into its positive and its negative part: four maps per channel,
          0 at the border
    f(x)  = sqrt(blurred g(x)), taken at every `stride`-th pixel

Two strokes a pixel apart have little in common as pixels, but nearly the same f. The blur is Gaussian with three
quarters of the stride; the root keeps one strong edge from outweighing all others. At 28 pixels a side the stride is
2 and f has 4 x 14 x 14 numbers per channel; larger images take larger strides, so that f stays about as long.

Source: Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005; the square root as in
Arandjelovic and Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012. Four
orientations and soft places in place of cells are our choice.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.shapes import Images

PLACES = 14  # along the longer side, about
REACH = 3.0  # standard deviations of the blur


def gradient_features(images: Images) -> Tensor:
    """f of each image: [batch, 4 x channels x height/stride x width/stride]."""
    right = F.pad(images[..., 1:] - images[..., :-1], (0, 1))
    down = F.pad(images[..., 1:, :] - images[..., :-1, :], (0, 0, 0, 1))
    maps = torch.cat([right.relu(), (-right).relu(), down.relu(), (-down).relu()], 1)
    stride = stride_for(images.shape[2], images.shape[3])
    down_blur, across_blur = (_blur(side, stride, images) for side in images.shape[2:])
    return (down_blur @ maps @ across_blur.T).clamp(min=0).sqrt().flatten(1)


def stride_for(height: int, width: int) -> int:
    """Pixels between two places of f."""
    return max(1, round(max(height, width) / PLACES))


def _blur(side: int, stride: int, like: Tensor) -> Tensor:
    """[places, side]: each row blurs around its place; beyond the border is nothing."""
    places, pixels = torch.arange(0, side, stride), torch.arange(side)
    spread = 0.75 * stride
    apart = (pixels - places[:, None]).to(like)
    weights = torch.exp(-0.5 * (apart / spread).square()) * (apart.abs() <= REACH * spread)
    whole = torch.arange(-math.floor(REACH * spread), math.floor(REACH * spread) + 1).to(like)
    return weights / torch.exp(-0.5 * (whole / spread).square()).sum()
