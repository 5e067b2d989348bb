"""The best linear denoiser: what remains to be gained by a network that is not linear.

    y' = m + A (y - n)      A = Cov(x, y) Cov(y, y)^-1      x clean, y corrupted, m and n their means

No other linear function of the corrupted image has a smaller mean squared error (LMMSE, the Wiener filter). The
moments are taken from pairs of clean and corrupted training images, and the result is clipped to [0, 1].

With fewer than `IMAGES_PER_PIXEL` images per pixel the moments of the whole image would say more of chance than of
the images. Then A maps a square window to its middle pixel, the same everywhere: the best linear filter. `title` and
`note` say which of the two it is.

Source: Wiener, "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", MIT Press 1949. The change
from the whole image to a window is our choice.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from aecore.analysis.kept import Kept, identity
from aecore.analysis.trained import as_floats, batch_size, noise, slices
from aecore.corruption.catalog import Corruption
from aecore.data.image_set import ImageSet
from aecore.data.splits import shuffled
from aecore.errors import DataError
from aecore.shapes import Images

PAIRS = 20_000  # more of them gain less than 0.1 dB on 28 x 28 pixels
WHOLE_PIXELS = 1024
IMAGES_PER_PIXEL = 4
WINDOW = 11  # pixels, odd
WINDOWS = 100_000  # from which a filter is fitted
WINDOW_IMAGES = 2_000  # over which they are spread
RIDGE = 1e-6  # of the mean variance: keeps pixels that never change from dividing by 0


@runtime_checkable
class LinearDenoiser(Protocol):
    """Fitted, with a name and an account of itself."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    @property
    def note(self) -> str:
        """How it was fitted, in a sentence."""
        ...

    def __call__(self, corrupted: Images) -> Images:
        """Restored images in [0, 1], float32 on the CPU."""
        ...


@dataclass(frozen=True, eq=False)
class WholeImage:
    """Every restored pixel is a weighted sum of all corrupted ones."""

    weights: Tensor  # [pixels, pixels]
    bias: Tensor  # [pixels]
    note: str
    title: str = "Best linear denoiser"

    def __call__(self, corrupted: Images) -> Images:
        """Restored images in [0, 1]."""
        return torch.addmm(self.bias, corrupted.flatten(1), self.weights).clamp_(0, 1).view_as(corrupted)


@dataclass(frozen=True, eq=False)
class Window:
    """Every restored pixel is the same weighted sum of the window around it."""

    weights: Tensor  # [channels, channels, window, window]
    bias: Tensor  # [channels]
    note: str
    title: str = f"Best linear filter, {WINDOW} x {WINDOW} pixels"

    def __call__(self, corrupted: Images) -> Images:
        """Restored images in [0, 1]; beyond the edge the outermost pixel goes on."""
        return F.conv2d(_framed(corrupted), self.weights, self.bias).clamp_(0, 1)


_KEPT: Kept[LinearDenoiser] = Kept(24)


def fit_linear_denoiser(images: ImageSet, corruption: Corruption, name: str) -> LinearDenoiser:
    """The best linear denoiser for `corruption` on `images`.

    `name` says kind and settings of the corruption, so that what was fitted once is found again. DataError without
    an image.
    """
    if not len(images):
        raise DataError("A linear denoiser needs at least one training image: there is none.")
    whole = images.pixels <= WHOLE_PIXELS and len(images) >= IMAGES_PER_PIXEL * images.pixels
    fit = _fit_whole if whole else _fit_window
    return _KEPT.get((identity(images), name), lambda: fit(images, corruption))


class _Moments:
    """Sums from which the regression of targets [rows, out] on inputs [rows, in] follows.

    Products are taken after subtracting the first batch's means, so that float32 keeps its digits.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.origin: tuple[Tensor, Tensor] | None = None
        self.sums: list[Tensor] = []

    def add(self, inputs: Tensor, targets: Tensor) -> None:
        if self.origin is None:
            self.origin = inputs.mean(0), targets.mean(0)
        inputs, targets = inputs - self.origin[0], targets - self.origin[1]
        new = [inputs.sum(0), targets.sum(0), inputs.T @ inputs, inputs.T @ targets]
        doubled = [each.double() for each in new]
        self.sums = [old + each for old, each in zip(self.sums, doubled, strict=True)] if self.sums else doubled
        self.rows += len(inputs)

    def solve(self) -> tuple[Tensor, Tensor]:
        """Weights [in, out] and bias [out] of the least squares solution, as float32."""
        assert self.origin is not None
        inputs, targets, squares, products = (each / self.rows for each in self.sums)
        covariance = squares - torch.outer(inputs, inputs)
        covariance.diagonal().add_(RIDGE * covariance.diagonal().mean() + 1e-12)
        weights = torch.linalg.solve(covariance, products - torch.outer(inputs, targets))
        bias = self.origin[1] + targets - (self.origin[0] + inputs) @ weights
        return weights.float(), bias.float()


def _fit_whole(images: ImageSet, corruption: Corruption) -> LinearDenoiser:
    chosen = shuffled(len(images), 0, "denoiser")[:PAIRS]
    moments = _Moments()
    for number, each in enumerate(slices(len(chosen), batch_size(images.shape))):
        clean = as_floats(images.images[chosen[each]])
        moments.add(corruption(clean, noise(0, "denoiser", number)).flatten(1), clean.flatten(1))
    weights, bias = moments.solve()
    note = f"The linear denoiser uses all pixels and was fitted on {len(chosen):,} corrupted training images."
    return WholeImage(weights, bias, note)


def _fit_window(images: ImageSet, corruption: Corruption) -> LinearDenoiser:
    channels, height, width = images.shape
    chosen = shuffled(len(images), 0, "denoiser")[:WINDOW_IMAGES]
    per_image = max(1, min(height * width, WINDOWS // len(chosen)))
    moments = _Moments()
    for number, each in enumerate(slices(len(chosen), batch_size(images.shape))):
        clean = as_floats(images.images[chosen[each]])
        chance = noise(0, "denoiser", number)
        places = torch.randperm(height * width, generator=chance)[:per_image]
        down, across = places // width, places % width
        windows = _framed(corruption(clean, chance)).unfold(2, WINDOW, 1).unfold(3, WINDOW, 1)[:, :, down, across]
        rows = windows.transpose(1, 2).flatten(2)  # [batch, places, channels * WINDOW * WINDOW]
        moments.add(rows.flatten(0, 1), clean[:, :, down, across].transpose(1, 2).flatten(0, 1))
    weights, bias = moments.solve()
    note = (
        f"The linear filter sees {WINDOW} x {WINDOW} pixels and was fitted on {moments.rows:,} such windows from "
        f"{len(chosen):,} corrupted training images."
    )
    return Window(weights.T.reshape(channels, channels, WINDOW, WINDOW).contiguous(), bias, note)


def _framed(images: Images) -> Tensor:
    """With the outermost pixels repeated, so that a window around every pixel exists."""
    return F.pad(images, (WINDOW // 2,) * 4, mode="replicate")
