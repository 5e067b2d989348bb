"""A transposed convolution, step by step: every number spreads its kernel over a patch, and overlaps add up.

    y[s p + u - padding, s q + v - padding] += x[p, q] k[u, v]        s the stride

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.trained import Floats, Indices
from aecore.errors import SettingError

IMAGE = np.array([[1, 0, 2], [0, 3, 0], [1, 0, 1]], np.float32)
# As large as that of the lab's own layer, and smooth.
KERNEL: Floats = np.asarray(np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class TransposedStep:
    """One input number: where it stands, its patch on the canvas, and the sum so far [height, width]."""

    row: int
    column: int
    value: float
    patch: Floats  # [kernel, kernel], value times kernel
    top: int  # of the patch on the canvas; negative where padding cuts it off
    left: int
    so_far: Floats


@dataclass(frozen=True, eq=False)
class TransposedConvolution:
    """All steps. `result` is what torch gives for the same input."""

    image: Floats  # [rows, columns]
    kernel: Floats  # [kernel, kernel]
    stride: int
    padding: int
    steps: tuple[TransposedStep, ...]
    result: Floats
    covered: Indices  # [height, width]: how many patches reach each output number


def transposed_convolution(
    image: Floats = IMAGE, kernel: Floats = KERNEL, stride: int = 2, padding: int = 1
) -> TransposedConvolution:
    """Spread every number of `image` over a patch, `stride` apart, and add; `padding` is cut off on every side.

    SettingError when nothing would be left. The default is the lab's own layer: kernel 4, stride 2, padding 1.
    """
    height, width = ((n - 1) * stride - 2 * padding + k for n, k in zip(image.shape, kernel.shape, strict=True))
    if stride < 1 or padding < 0 or min(height, width) < 1:
        raise SettingError(
            f"A kernel of {kernel.shape[0]} x {kernel.shape[1]} with stride {stride} and padding {padding} leaves "
            f"nothing of {image.shape[0]} x {image.shape[1]} numbers: choose a smaller padding."
        )
    steps, covered = _steps(image, kernel, stride, padding, height, width)
    weights = torch.from_numpy(kernel)[None, None]
    result = torch.conv_transpose2d(torch.from_numpy(image)[None, None], weights, stride=stride, padding=padding)
    return TransposedConvolution(image, kernel, stride, padding, steps, result[0, 0].numpy(), covered)


def _steps(
    image: Floats, kernel: Floats, stride: int, padding: int, height: int, width: int
) -> tuple[tuple[TransposedStep, ...], Indices]:
    """One step per input number, and how many patches cover each output number."""
    # The canvas keeps what padding will cut off, so that every patch has its place.
    canvas = np.zeros((height + 2 * padding, width + 2 * padding), np.float32)
    covered = np.zeros(canvas.shape, np.int64)
    inner = (slice(padding, padding + height), slice(padding, padding + width))
    steps = []
    for row, column in np.ndindex(image.shape):
        value = float(image[row, column])
        patch = np.asarray(value * kernel, dtype=np.float32)
        top, left = row * stride, column * stride
        place = (slice(top, top + kernel.shape[0]), slice(left, left + kernel.shape[1]))
        canvas[place] += patch
        covered[place] += 1
        steps.append(TransposedStep(row, column, value, patch, top - padding, left - padding, canvas[inner].copy()))
    return tuple(steps), covered[inner].copy()
