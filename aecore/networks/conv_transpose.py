"""The transposed convolution that doubles a picture: a 4 x 4 kernel, stride 2, padding 1.

Every pixel meets 2 x 2 of the 4 x 4 weights. So a convolution with 2 x 2 kernels, four times as many, computes the same
for the four pixels between the middles of 2 x 2 places. Along each axis of h places:

    pixel 2 q + r - 1 = w[r] x[q] + w[r + 2] x[q - 1]      q = 0 .. h, r = 0 or 1, but for the pixels -1 and 2 h

For few outputs processors take a third to two thirds of the time for that. The gradients of images and weights are
torch's own; that of a bias, for which oneDNN takes up to as long as for both of them, is a sum (docs/performance.md).
The numbers are the same but for rounding.

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

FEW = 16  # outputs


class ConvTranspose2d(nn.ConvTranspose2d):
    """torch's own layer, but for few outputs in training on a processor."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True):
        super().__init__(inputs, outputs, 4, stride=2, padding=1, bias=bias)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, 2 h, 2 w]"""
        if self.out_channels > FEW or not self.training or input.device.type != "cpu" or output_size is not None:
            return super().forward(input, output_size)
        if torch.is_autocast_enabled("cpu") and input.dtype == torch.float32:
            input = input.to(torch.get_autocast_dtype("cpu"))
        weight, bias = self.weight.to(input.dtype), None if self.bias is None else self.bias.to(input.dtype)
        doubled: Tensor = _Doubled.apply(input, weight, bias)  # type: ignore[no-untyped-call]
        return doubled


class _Doubled(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        biases = None if bias is None else bias.repeat(4)
        return _interleaved(functional.conv2d(images, _kernels(weight), biases, padding=1))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        way, wanted = ([2, 2], [1, 1], [1, 1], True, [0, 0], 1), [*ctx.needs_input_grad[:2], False]
        to_images, to_weight, _ = torch.ops.aten.convolution_backward(given, *ctx.saved_tensors, None, *way, wanted)
        return to_images, to_weight, given.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None


def _kernels(weight: Tensor) -> Tensor:
    """[inputs, outputs, 4, 4] -> [4 outputs, inputs, 2, 2], both best with channels last."""
    inputs, outputs = weight.shape[:2]
    found = weight.permute(0, 2, 3, 1).flatten().index_select(0, _places(inputs, outputs))
    return found.view(4 * outputs, 2, 2, inputs).permute(0, 3, 1, 2)


@cache
def _places(inputs: int, outputs: int) -> Tensor:
    """Of [r of rows, r of columns, outputs, rows, columns, inputs]: where each lies in [inputs, 4, 4, outputs]."""
    places = torch.arange(inputs * outputs * 16).view(inputs, 2, 2, 2, 2, outputs)
    return places.flip(1, 3).permute(2, 4, 5, 1, 3, 0).flatten()  # w[r + 2] meets place q - 1, w[r] place q


def _interleaved(fours: Tensor) -> Tensor:
    """[batch, 4 outputs, h + 1, w + 1] -> [batch, outputs, 2 h, 2 w], channels last."""
    count, channels, height, width = fours.shape
    rows = fours.permute(0, 2, 3, 1).reshape(count, height, width, 2, channels // 2).transpose(2, 3)
    pixels = rows.reshape(count, 2 * height, 2 * width, channels // 4)
    return pixels[:, 1:-1, 1:-1].contiguous().permute(0, 3, 1, 2)
