"""Restoration: a network learns to take a corruption out, on patches of the training images.

    x_p   a random square of `patch` pixels of the clean image, mirrored and turned by quarter turns at random
    s     the strengths of the corruption, and y = corruption(x_p, s)
    loss  objective(network(y, s), x_p) + what the network adds for a wrong estimate of s

A network that restores the luminance alone is trained on the luminance of the images alone.

Source: Dong, Loy, He, Tang, "Learning a Deep Convolutional Network for Image Super-Resolution", ECCV 2014 (patches);
Timofte, Rothe, Van Gool, "Seven Ways to Improve Example-Based Single Image Super Resolution", CVPR 2016 (mirroring and
quarter turns).
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.corruption.catalog import Corruption
from aecore.corruption.graded import Graded
from aecore.errors import SettingError
from aecore.model import Model, Restorer
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Group, Phase, Scheme, Seen
from aecore.settings import Settings, setting
from aecore.shapes import Images, PerImage
from aecore.sharing import mine, whole

BETAS = (0.9, 0.99)


@dataclass(frozen=True)
class RestorationSettings(Settings):
    """What is cut out of each image."""

    patch: int = setting(
        0, 0, 512, "pixels a side", "a square of each image that is learned from, another every time; 0 takes the "
        "whole image", label="Patch",
    )  # fmt: skip
    turned: bool = setting(
        False, label="Mirrored and turned", reason="patches are mirrored and turned by quarter turns at random, as "
        "suits photographs and not digits",
    )  # fmt: skip


class Restoration(Scheme):
    """One group, one phase, on patches."""

    trains: type[Model] = Restorer
    steady = True
    ignores = frozenset({"bottleneck", "penalty"})
    settings: RestorationSettings

    def __init__(self, settings: Settings, corruption: Corruption, objective: Objective):
        """SettingError for an objective that needs probabilities: a restorer gives pixels."""
        super().__init__(settings, corruption, objective)
        self._known: dict[Hashable, Tensor] = {}
        if not objective.reconstruction.takes_pixels:
            raise SettingError(
                f"The objective is {objective.reconstruction.unit}, which needs probabilities, but networks that "
                "restore pictures give pixels: set objective.kind=mae or mse."
            )

    def groups(self, model: Model) -> Mapping[str, Group]:
        """All parameters. A shorter memory of squared gradients: networks without normalisation leap less with it."""
        return {"all": Group(model.trainable(), BETAS)}

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The one phase."""
        loss, parts = self._losses(_restorer(model), self._patches(batch.clean, streams["patches"]), streams)
        yield Phase("all", loss.mean(), {name: each.mean() for name, each in parts.items()})

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss and its parts for each whole image."""
        loss, parts = self._losses(_restorer(model), batch.clean, streams)
        return {"loss": loss, **parts}

    def seen(self, model: Model, clean: Images, generator: torch.Generator, chapter: str) -> Seen:
        """Corrupted images, and what the model makes of them when it is told the strength."""
        corrupted, strengths = self._corrupted(clean, generator)
        return Seen(corrupted.clamp(0, 1), _restorer(model).restore(corrupted, strengths))

    def _losses(self, model: Restorer, clean: Tensor, streams: Streams) -> tuple[PerImage, dict[str, PerImage]]:
        clean = model.seen(clean)
        corrupted, strengths = self._corrupted(clean, streams["corruption"])
        return self.objective(model(corrupted, strengths), clean)

    def _corrupted(self, clean: Images, generator: torch.Generator) -> tuple[Images, PerImage]:
        if not isinstance(self.corruption, Graded):
            return self.corruption(clean, generator), torch.zeros(len(clean), device=clean.device)
        strengths = self.corruption.strengths(len(clean), generator)
        return self.corruption.at(clean, strengths, generator), strengths

    def _patches(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Of each image another square: where it lies is known on the device alone, which nothing has to wait for."""
        height, width = clean.shape[-2:]
        high, wide = (min(self.settings.patch or side, side) for side in (height, width))
        down = _draws(height - high, len(clean), generator)
        right = _draws(width - wide, len(clean), generator)
        ways = self._ways(high, wide, width, clean.device)
        turns = _draws(len(ways) - 1, len(clean), generator) if self.settings.turned else torch.zeros_like(down)
        places = ways[turns] + (down * width + right).unsqueeze(1)
        pixels = clean.flatten(2)
        cut = pixels.gather(2, places.unsqueeze(1).expand(-1, pixels.shape[1], -1))
        return cut.view(*cut.shape[:2], high, wide).contiguous(memory_format=torch.channels_last)

    def _ways(self, high: int, wide: int, width: int, device: torch.device) -> Tensor:
        """Where the pixels of a patch at the upper left of images of this width lie, for each way to turn it."""
        key = high, wide, width, device
        if key not in self._known:
            upright = torch.arange(high).unsqueeze(1) * width + torch.arange(wide)
            turned = [_turned(upright[None], turn, high == wide).flatten() for turn in range(8 if high == wide else 4)]
            self._known[key] = torch.stack(turned).to(device)
        return self._known[key]


def _draws(most: int, count: int, generator: torch.Generator) -> Tensor:
    drawn = torch.randint(most + 1, (whole(count),), generator=generator, device=generator.device)
    here: Tensor = mine(drawn)
    return here


def _turned(image: Tensor, turn: int, square: bool) -> Tensor:
    """One of the eight ways a square can lie, or of the four that keep a rectangle's sides."""
    image = image.flip(2) if turn & 1 else image
    if square:
        return image.rot90(turn >> 1, (1, 2))
    return image.flip(1) if turn & 2 else image


def _restorer(model: Model) -> Restorer:
    assert isinstance(model, Restorer)  # `trains` says so, and whoever composes looks
    return model
