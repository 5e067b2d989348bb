"""A corruption with a strength for each image, so that a model can learn all strengths and be told which it has.

    corrupted_i = applied(clean_i, c, s_i)      s_i: its strength, in the unit of its first setting; 0 does nothing
                                                c = draw(clean): chance, which knows nothing of the strength

Without `varying` every image has the strength that is set, with it one drawn evenly between 0 and that. Because chance
is drawn apart, the same noise can be made stronger and weaker.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from aecore.shapes import Images, PerImage
from aecore.sharing import mine, whole

Chance = tuple[Tensor, ...]  # random numbers of one batch; () where nothing is left to chance


class Graded(ABC):
    """Base of the corruptions that can be told the strength of each image."""

    steady = True

    @abstractmethod
    def strengths(self, count: int, generator: torch.Generator) -> PerImage:
        """The strength of each of `count` images, on the generator's device."""

    @abstractmethod
    def draw(self, images: Images, generator: torch.Generator) -> Chance:
        """Chance for images of this shape, kind of number and device, all of it from `generator`."""

    @abstractmethod
    def applied(self, images: Images, chance: Chance, strengths: PerImage) -> Images:
        """Copies of `images` corrupted with these strengths by the chance that was drawn for them."""

    def at(self, images: Images, strengths: PerImage, generator: torch.Generator) -> Images:
        """Corrupted copies of `images` with these strengths; all chance comes from `generator`."""
        return self.applied(images, self.draw(images, generator), strengths)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Corrupted copies of `images`; all chance comes from `generator`."""
        return self.at(images, self.strengths(len(images), generator), generator)


def drawn_strengths(most: float, varying: bool, count: int, generator: torch.Generator) -> PerImage:
    """`most` for each of `count` images, or with `varying` a draw between 0 and that."""
    strengths = torch.full((count,), most, device=generator.device)
    if not varying:
        return strengths
    return strengths * mine(torch.rand(whole(count), generator=generator, device=generator.device))


def per_image(strengths: PerImage) -> Images:
    """One number per image in the shape that multiplies images."""
    return strengths.view(-1, 1, 1, 1)
