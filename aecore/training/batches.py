"""Where batches come from: pixels stay uint8 until the moment they are used.

Data that fit into half of a GPU's free memory lie there as a whole, where they fit into an eighth as the floats that
batches consist of; otherwise, and on the CPU, a batch is copied out of the array, which may be memory-mapped.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.data.image_set import ImageSet
from aecore.randomness import numpy_stream
from aecore.shapes import Images, Labels
from aecore.sharing import mine, spread, whole
from aecore.training.recipe import TrainingSettings

Places = npt.NDArray[np.int64] | Tensor  # of images in their set; a tensor lies on the device

LARGEST, SMALLEST, STEPS = 256, 16, 32  # of a batch that is not chosen, and of the epoch it makes


class Batches:
    """Images of one set as float batches in [0, 1] on a device."""

    def __init__(self, images: ImageSet, device: torch.device):
        self.pixels = np.asarray(images.images)  # a plain view: indexing numpy's memmap costs far more than the copy
        self.labels = None if images.labels is None else torch.from_numpy(np.array(images.labels)).to(device)
        self.device = device
        self.resident = self._moved()

    def __len__(self) -> int:
        return len(self.pixels)

    def at(self, places: Places) -> Images:
        """The images at these places."""
        if self.resident is not None:
            chosen = self.resident.index_select(0, self._on_device(places))
        else:
            host = places.cpu().numpy() if isinstance(places, Tensor) else places
            chosen = torch.from_numpy(np.ascontiguousarray(self.pixels[host])).to(self.device)
        return _as_floats(chosen)

    def labels_at(self, places: Places) -> Labels | None:
        """The classes of the images at these places; None where they have none."""
        return None if self.labels is None else self.labels[self._on_device(places)]

    def _on_device(self, places: Places) -> Tensor:
        return places if isinstance(places, Tensor) else torch.from_numpy(places).to(self.device)

    def _moved(self) -> Tensor | None:
        """All images on a GPU; None where they do not fit."""
        if self.device.type != "cuda":
            return None
        taken = resident_bytes(self.pixels.nbytes, torch.cuda.mem_get_info(self.device)[0])
        if not taken:
            return None
        moved = torch.from_numpy(np.array(self.pixels)).to(self.device)
        return moved if taken == moved.nbytes else _as_floats(moved)


def resident_bytes(pixels: int, free: int) -> int:
    """What so many bytes of pixels take on a GPU where so many are free; 0 where they stay outside."""
    if pixels >= free // 2:
        return 0
    return 4 * pixels if 4 * pixels < free // 8 else pixels


def _as_floats(pixels: Tensor) -> Images:
    """From bytes to [0, 1]; floats are there already."""
    return pixels.float().div_(255.0) if pixels.dtype == torch.uint8 else pixels


def images_per_step(chosen: int, count: int) -> int:
    """The batch size for `count` training images: what was chosen, or for 0 at most 256 and 32 steps an epoch."""
    return max(1, min(chosen or min(LARGEST, max(SMALLEST, count // STEPS)), count))


def order(count: int, seed: int, epoch: int, passes: int = 1, batch_size: int = 1) -> npt.NDArray[np.int64]:
    """The order in which an epoch meets `count` images: a function of its arguments alone.

    With several passes each goes over all of them in an order of its own, less those that fill no batch.
    """
    stream = numpy_stream(seed, "batches", epoch)
    return np.concatenate([stream.permutation(count)[: count // batch_size * batch_size] for _ in range(passes)])


def binarised(images: Images, generator: torch.Generator) -> Images:
    """Every pixel 0 or 1, and 1 with the probability of its grey value; all chance comes from `generator`.

    Source: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016 (drawn anew at every use).
    """
    return mine(torch.bernoulli(spread(images.clamp(0, 1)), generator=generator))


@dataclass(frozen=True)
class Augmentation:
    """Small random changes of the clean image: each is drawn evenly from minus to plus its limit.

    Angles in degrees, shifts in pixels, scale in percent. Pixels from outside the image are black; between pixels
    the value is interpolated linearly.
    """

    rotate_degrees: float
    shift_pixels: float
    scale_percent: float
    shear_degrees: float
    flip: bool

    @classmethod
    def of(cls, settings: TrainingSettings) -> "Augmentation | None":
        """The augmentation that the settings ask for; None when they ask for none."""
        made = cls(
            settings.rotate_degrees,
            settings.shift_pixels,
            settings.scale_percent,
            settings.shear_degrees,
            settings.flip,
        )
        return made if any(vars(made).values()) else None

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """Changed copies of `images`; all chance comes from `generator`."""
        count, _, height, width = images.shape
        draw = mine(torch.rand(6, whole(count), generator=generator, device=images.device).T).T * 2 - 1
        angle = draw[0] * math.radians(self.rotate_degrees)
        shear = torch.tan(draw[1] * math.radians(self.shear_degrees))
        scale = 1 + draw[2] * self.scale_percent / 100
        mirror = torch.where(draw[5] < 0, -1.0, 1.0) if self.flip else torch.ones_like(scale)
        # Row by row the map from output to input positions, in units of half the image: `wide` keeps angles true
        # where the image is not square.
        cos, sin, wide = torch.cos(angle) / scale, torch.sin(angle) / scale, width / height
        across = torch.stack([cos * mirror, (cos * shear - sin) / wide, draw[3] * 2 * self.shift_pixels / width], 1)
        down = torch.stack([sin * mirror * wide, sin * shear + cos, draw[4] * 2 * self.shift_pixels / height], 1)
        grid = F.affine_grid(torch.stack([across, down], 1), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
