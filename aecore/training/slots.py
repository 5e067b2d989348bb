"""Where the numbers of a small model lie in the tensors of a larger one of the same architecture.

Models that differ in the size of their code only have tensors of the same names, which differ along the axes of
features or codes. Those consist of blocks (means and variances; a style and a class), and every block of the small one
takes the beginning of the same block of the large one:

    small   m1 m2 v1 v2                  blocks (2, 2)
    large   m1 m2  0 v1 v2  0            blocks (3, 3): slots 0 1 3 4

What is left is 0, and stays so in training: see `aecore.model.Padded`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.model import Autoencoder, Model, Padded

Blocks = tuple[int, ...]


@dataclass(frozen=True)
class Slots:
    """The places of one model's tensors; without blocks it is as large as the others."""

    blocks: Mapping[tuple[int, int], tuple[Blocks, Blocks]]  # sizes of an axis, small and large -> their blocks

    @classmethod
    def of(cls, small: Model, large: Model) -> "Slots":
        """ValueError for models that do not fit into each other."""
        if not isinstance(small, Autoencoder) or small.latent == large.latent:
            return cls({})
        within, around = small.bottleneck, getattr(large, "bottleneck", None)
        if not isinstance(within, Padded) or not isinstance(around, Padded):
            raise ValueError("codes of this kind cannot be filled up with zeros")
        pairs = (within.feature_blocks, around.feature_blocks), (within.code_blocks, around.code_blocks)
        return cls({(sum(few), sum(many)): (few, many) for few, many in pairs})

    def put(self, tensor: Tensor, large: Tensor) -> None:
        """Copy a tensor into its places in a larger one of zeros."""
        if tensor.shape == large.shape:
            large.copy_(tensor)
        else:
            large[self._places(tensor.shape, large)] = tensor.to(large.device)

    def taken(self, shape: Sequence[int], large: Tensor) -> Tensor:
        """The places of a tensor of `shape` in a larger one, or that itself where it is as large."""
        return large if tuple(shape) == tuple(large.shape) else large[self._places(shape, large)]

    def _places(self, shape: Sequence[int], large: Tensor) -> tuple[Tensor, ...]:
        """For each axis the places in it, shaped so that together they index a block."""
        axes = [self._along(few, many, large.device) for few, many in zip(shape, large.shape, strict=True)]
        return tuple(torch.meshgrid(*axes, indexing="ij"))

    def _along(self, few: int, many: int, device: torch.device) -> Tensor:
        if few == many:
            return torch.arange(few, device=device)
        if (few, many) not in self.blocks:
            raise ValueError(f"an axis of {few} does not fit into one of {many}")
        small, large = self.blocks[few, many]
        starts = [sum(large[:index]) for index in range(len(large))]
        pieces = [torch.arange(start, start + width) for start, width in zip(starts, small, strict=True)]
        return torch.cat(pieces).to(device)
