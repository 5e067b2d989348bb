"""Weights in one byte a number, for runs that ship: a quarter of float32 at next to no loss. Or in two.

    row i of a weight   s_i = max |w_i| / 127,   q_i = round(w_i / s_i) as int8,   w_i is about s_i q_i

    model.<name>   int8 where there is scale.<name>, otherwise as it was
    scale.<name>   float32 [rows], one for each row (first axis) of the weight
    alias.<name>   the name, as UTF-8 bytes, of another tensor of the model that is the same, as where weights are tied

Only weights with rows (two or more axes) are rounded; biases, norms and buffers are float16. So are all weights where
rounding costs too much: a network whose pixels must be right within a grey level passes them on by weights near 1
beside ones a hundred times smaller, and 1 / 127 of the largest is a grey level.

Source: rounding each row to the range of its own largest weight is the usual post-training quantisation of weights
(Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR
2018), here for storage alone: everything is computed in float32 after reading.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

MODEL, SCALE, ALIAS = "model.", "scale.", "alias."
LEVELS = 127
SMALLEST = 1024  # numbers: below that the rows' scales are not worth it

Tensors = Mapping[str, Tensor]


def compact(tensors: Tensors, rounded: bool = True) -> dict[str, Tensor]:
    """The model's tensors among `tensors`, in as few bytes as described above; two a number unless `rounded`."""
    made: dict[str, Tensor] = {}
    first: dict[tuple[object, ...], str] = {}
    for name, each in tensors.items():
        if not name.startswith(MODEL):
            continue
        short, content = name.removeprefix(MODEL), _content(each)
        if each.numel() > 1 and content in first:
            made[ALIAS + short] = torch.tensor(list(first[content].encode()), dtype=torch.uint8)
            continue
        first[content] = short
        if rounded and each.is_floating_point() and each.ndim > 1 and each.numel() >= SMALLEST:
            made[name], made[SCALE + short] = _rounded(each)
        else:
            made[name] = each.half() if each.is_floating_point() else each
    return made


def expanded(tensors: Tensors) -> dict[str, Tensor]:
    """What `compact` made as the tensors it was made from; tensors of any other origin as they are."""
    made = {name: each for name, each in tensors.items() if not name.startswith((SCALE, ALIAS))}
    for name, each in tensors.items():
        if name.startswith(SCALE):
            whole = MODEL + name.removeprefix(SCALE)
            made[whole] = made[whole].float() * each.view(-1, *[1] * (made[whole].ndim - 1))
    for name, each in tensors.items():
        if name.startswith(ALIAS):
            made[MODEL + name.removeprefix(ALIAS)] = made[MODEL + bytes(each.tolist()).decode()]
    return made


def _rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    rows = weight.float().flatten(1)
    scale = rows.abs().amax(1, keepdim=True) / LEVELS
    levels = (rows / scale.clamp_min(torch.finfo(torch.float32).tiny)).round_().to(torch.int8)
    return levels.view(weight.shape), scale.flatten()


def _content(tensor: Tensor) -> tuple[object, ...]:
    return tensor.dtype, tuple(tensor.shape), tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes()
