"""Random numbers for one model, or for several that are computed at once.

Whatever draws for every number of a tensor asks here, with one whose shape and kind of number the answer is to have,
and of a batch that is divided among processes (`aecore.sharing`) gets the part that is here:

    normal(like, chance)      uniform(like, low, high, chance)      whole_numbers(like, below, chance)

`chance` is a torch generator, or `Lots`: one generator for each of several models that run side by side under
torch.func.vmap. There a tensor stands for those of all models, and an operation cannot know to which of them it
belongs. A rule of our own therefore steps out of vmap and lets every model draw from its own generator, as it would
alone. A model that was padded draws only as many numbers as it has by itself; the others are 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aecore.sharing import mine, whole_like

Fill = Callable[[Tensor, torch.Generator], Tensor]  # fills a tensor in place


@dataclass(frozen=True)
class Lots:
    """Generators of models side by side, and how many numbers of the last axis each has by itself (None: all)."""

    generators: Sequence[torch.Generator]
    widths: Sequence[int] | None = None

    def drawn(self, shape: Sequence[int], like: Tensor, fill: Fill) -> Tensor:
        """[models, *shape]"""
        make = torch.empty if self.widths is None else torch.zeros
        drawn = make(len(self.generators), *shape, dtype=like.dtype, device=like.device)
        for index, generator in enumerate(self.generators):
            width = None if self.widths is None or not shape else self.widths[index]
            if width is None or width == shape[-1]:
                fill(drawn[index], generator)
            else:  # a tensor of its own: numbers are dealt in another order to one that lies scattered in memory
                drawn[index][..., :width] = fill(drawn.new_empty(*shape[:-1], width), generator)
        return drawn


Chance = torch.Generator | Lots


def normal(like: Tensor, chance: Chance) -> Tensor:
    """From N(0, 1)."""
    return _drawn(like, chance, lambda tensor, generator: tensor.normal_(generator=generator))


def uniform(like: Tensor, low: float, high: float, chance: Chance) -> Tensor:
    """Evenly between `low` and `high`."""
    return _drawn(like, chance, lambda tensor, generator: tensor.uniform_(low, high, generator=generator))


def whole_numbers(like: Tensor, below: int, chance: Chance) -> Tensor:
    """0 to `below` - 1, each as often; int64."""
    like = torch.zeros_like(like, dtype=torch.int64)
    return _drawn(like, chance, lambda tensor, generator: tensor.random_(below, generator=generator))


def _drawn(like: Tensor, chance: Chance, fill: Fill) -> Tensor:
    if isinstance(chance, torch.Generator):
        return mine(fill(whole_like(like), chance))
    drawn: Tensor = _SideBySide.apply(like.detach(), chance, fill)  # type: ignore[no-untyped-call]
    return drawn


class _SideBySide(torch.autograd.Function):
    """The way out of vmap: `vmap` is called in its place, with tensors of all models."""

    @staticmethod
    def forward(like: Tensor, lots: Lots, fill: Fill) -> Tensor:
        raise AssertionError("lots are for models side by side: draw them under torch.func.vmap")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(info: Any, in_dims: Any, like: Tensor, lots: Lots, fill: Fill) -> tuple[Tensor, int]:
        place = in_dims[0]
        shape = list(like.shape)
        if place is not None:
            del shape[place]
        return lots.drawn(shape, like, fill), 0
