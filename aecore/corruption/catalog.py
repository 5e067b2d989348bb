"""The corruptions there are.

`build(settings)` gives a `Corruption`. The first setting of each is its strength: 0 leaves the image untouched.
"""

from typing import Protocol, runtime_checkable

import torch

from aecore.catalog import Catalog, Part
from aecore.corruption.gaussian import GaussianNoise, GaussianSettings
from aecore.corruption.masking import Masking, MaskingSettings
from aecore.corruption.none import NoCorruption, NoneSettings
from aecore.corruption.salt_pepper import SaltPepper, SaltPepperSettings
from aecore.corruption.shrink import Shrink, ShrinkSettings
from aecore.settings import Description, describe
from aecore.shapes import Images


@runtime_checkable
class Corruption(Protocol):
    """Clean images in [0, 1] in, corrupted images in [0, 1] out, same shape."""

    steady: bool  # whether it does the same work every time and waits for no result

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Corrupted copies; the input is not changed."""
        ...


CORRUPTIONS: Catalog[Corruption] = Catalog(
    "corruption",
    Part("none", "None", "The model sees the clean image.", NoneSettings, NoCorruption),
    Part("gaussian", "Gaussian noise", "A random number is added to every pixel.", GaussianSettings, GaussianNoise),
    Part("masking", "Masking (dropout)", "A share of the pixels is set to black.", MaskingSettings, Masking),
    Part("salt_pepper", "Salt and pepper", "A share becomes white or black.", SaltPepperSettings, SaltPepper),
    Part("shrink", "Shrinking", "The image is made small and enlarged again.", ShrinkSettings, Shrink),
)


def strength(key: str) -> Description | None:
    """The setting that says how strong a corruption is; None where there is nothing to set."""
    described = describe(CORRUPTIONS[key].settings)
    return described[0] if described else None


def of_strength(key: str, value: float) -> Corruption:
    """The corruption `key` at the strength `value`, in the unit of its strength setting."""
    part = CORRUPTIONS[key]
    described = strength(key)
    return part.build(part.settings.from_dict({described.name: value} if described else {}, "corruption"))
