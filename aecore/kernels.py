"""Operations that an NVIDIA card does in one kernel of ours where torch takes several.

At a batch of 128 a kernel of a small model takes a few microseconds whatever it computes, so that the number of kernels
is the time of a step (docs/performance.md). What is here makes them fewer for everything that has such a part:

    cross_entropy    per image: 7 kernels forward and 3 backward in torch
    kl               per image: 7 and 6
    draw             z = mu + s n: 3 and 5
    linear           the gradient of a bias in half of the time; wide inputs as a product that more processors share
    adamw            all parameters in rows of 8: one for each that torch gives one of many processors to

Their source is kernels.cu, compiled by NVRTC when it is first needed on a machine and kept in the folder of the data.
Whoever has such a part asks `fits` first, and computes it with torch where that says no: on other devices, with other
numbers than float32, where nothing could be compiled, which a warning says once, and outside of `in_use`. To start one
from Python takes longer than torch's: they are for steps that become a graph, which starts them without Python.

Under torch.func.vmap each is one kernel for all models. A gradient that is derived again, as for the slope of a
discriminator, is computed by torch.
"""

import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from aecore.places import data_folder

SOURCE = Path(__file__).with_suffix(".cu")
NAMES = ("cross_entropy", "cross_entropy_back", "kl", "kl_back", "draw", "draw_back", "column_sums", "adamw")
WIDE = 512  # inputs of a layer from which on cuBLAS divides a product among more processors if it adds no bias
THREADS = 128
SLOTS = 8  # parameters of one launch
BLOCKS = 1024  # at most for each of them

Slot = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, float]  # see `adamw`

_IN_USE: ContextVar[bool] = ContextVar("in_use", default=False)


@contextmanager
def in_use() -> Iterator[None]:
    """The context in which they are taken where they fit, for dense layers too."""
    token = _IN_USE.set(True)
    try:
        with _Layers():
            yield
    finally:
        _IN_USE.reset(token)


def fits(*tensors: Tensor) -> bool:
    """Whether these are tensors that the kernels can take, and may."""
    first = tensors[0]
    if not first.is_cuda or not _IN_USE.get():
        return False
    return all(each.dtype == torch.float32 for each in tensors) and _kernels(first.device.index) is not None


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy of logits [..., n], summed over the last axis: [...]. Targets take no gradient."""
    return _applied(_CrossEntropy, logits, targets)


def linear(inputs: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """inputs [batch, n] weights' + bias, weights [m, n]: [batch, m]."""
    return _applied(_Linear, inputs, weights, bias)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of N(mean, s^2) from N(0, I) in nats, both [..., n]: [...]."""
    return _applied(_KL, mean, log_variance)


def draw(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """mean + s noise, all [..., n]. Noise takes no gradient."""
    return _applied(_Draw, mean, log_variance, noise)


def _applied(function: type[torch.autograd.Function], *tensors: Tensor) -> Tensor:
    result: Tensor = function.apply(*tensors)  # type: ignore[no-untyped-call]
    return result


class _Layers(TorchFunctionMode):
    """Dense layers are computed by `linear` where they can be."""

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        if function is functional.linear and len(arguments) == 3 and _are_rows(*arguments):
            return linear(*arguments)
        return function(*arguments, **(named or {}))


@torch.no_grad()
def adamw(
    parameters: Sequence[Slot],
    rate: Tensor,
    betas: tuple[float, float],
    epsilon: float,
) -> None:
    """A step for (weights, gradient, mean, square, steps with this one, weight decay) of each parameter, in place.

    The first four have the same shape and layout and begin at multiples of 16 bytes; rate and steps are single numbers
    on the device.
    """
    for begin in range(0, len(parameters), SLOTS):
        some = parameters[begin : begin + SLOTS]
        slots: list[object] = []
        for weights, gradient, mean, square, steps, decay in some:
            slots += [weights, gradient, mean, square, steps, weights.numel(), float(decay)]
        slots += slots[:7] * (SLOTS - len(some))  # never looked at
        most = max(each[0].numel() for each in some)
        grid = (min(BLOCKS, -(-most // (4 * THREADS))), len(some), 1)
        _launch("adamw", grid, THREADS, [*slots, rate, *betas, epsilon])


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(logits: Tensor, targets: Tensor) -> Tensor:
        logits, targets = logits.contiguous(), targets.contiguous()
        sums, width = logits.new_empty(logits.shape[:-1]), logits.shape[-1]
        _launch("cross_entropy", _each(sums), 256, [logits, targets, sums, width, targets.numel() // width])
        return sums

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        logits, targets = (each.contiguous() for each in ctx.saved_tensors)
        if torch.is_grad_enabled():
            return given.unsqueeze(-1) * (torch.sigmoid(logits) - targets), None
        back, width = torch.empty_like(logits), logits.shape[-1]
        arguments = [logits, targets, given.contiguous(), back, width, targets.numel() // width]
        _launch("cross_entropy_back", _each(given), 256, arguments)
        return back, None

    @staticmethod
    def vmap(info: Any, in_dims: Any, logits: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        # Targets that all models share stay as they are: their rows begin anew with each model.
        if in_dims[0] is None or in_dims[1] is not None:
            logits, targets = _all(info, in_dims, logits, targets)
        else:
            logits = logits.movedim(in_dims[0], 0)
        return cross_entropy(logits, targets), 0


class _Linear(torch.autograd.Function):
    """Of one model, or of several: inputs [models, batch, n], weights [models, m, n], bias [models, m]."""

    @staticmethod
    def forward(inputs: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        if inputs.ndim == 3:
            return torch.bmm(inputs, weights.mT).add_(bias.unsqueeze(1))
        if inputs.shape[1] < WIDE:
            return torch.addmm(bias, inputs, weights.mT)
        return torch.mm(inputs, weights.mT).add_(bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        inputs, weights = ctx.saved_tensors
        to_inputs = torch.matmul(given, weights) if ctx.needs_input_grad[0] else None
        to_weights = torch.matmul(given.mT, inputs) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[2]:
            return to_inputs, to_weights, None
        return to_inputs, to_weights, given.sum(-2) if torch.is_grad_enabled() else _column_sums(given)

    @staticmethod
    def vmap(info: Any, in_dims: Any, inputs: Tensor, weights: Tensor, bias: Tensor) -> tuple[Tensor, int]:
        return linear(*_all(info, in_dims, inputs, weights, bias)), 0


def _column_sums(matrices: Tensor) -> Tensor:
    """[..., rows, n] -> [..., n]"""
    matrices = matrices.contiguous()
    *models, rows, width = matrices.shape
    sums = matrices.new_empty(*models, width)
    grid = (-(-width // 32), sums.numel() // width, 1)
    _launch("column_sums", grid, (32, 8), [matrices, sums, rows, width])
    return sums


def _are_rows(inputs: Tensor, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether a layer is one of float32 rows, with a bias."""
    return (
        bias is not None and inputs.ndim == 2 and not torch.is_autocast_enabled("cuda") and fits(inputs, weights, bias)
    )


class _KL(torch.autograd.Function):
    @staticmethod
    def forward(mean: Tensor, log_variance: Tensor) -> Tensor:
        rows, variances = _rows(mean), log_variance.contiguous()
        sums = variances.new_empty(variances.shape[:-1])
        _launch("kl", _each(sums), 32, [rows, variances, sums, rows.shape[1], rows.stride(0)])
        return sums

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        mean, log_variance = ctx.saved_tensors
        if torch.is_grad_enabled():
            each = given.unsqueeze(-1)
            return each * mean, each * 0.5 * torch.expm1(log_variance)
        rows, variances = _rows(mean), log_variance.contiguous()
        to_mean, to_variances = torch.empty_like(variances), torch.empty_like(variances)
        arguments = [rows, variances, given.contiguous(), to_mean, to_variances]
        arguments += [rows.shape[1], rows.stride(0), variances.numel()]
        _launch("kl_back", _spread(variances), THREADS, arguments)
        return to_mean, to_variances

    @staticmethod
    def vmap(info: Any, in_dims: Any, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, int]:
        return kl(*_all(info, in_dims, mean, log_variance)), 0


class _Draw(torch.autograd.Function):
    @staticmethod
    def forward(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
        rows, variances, noise = _rows(mean), log_variance.contiguous(), noise.contiguous()
        codes = torch.empty_like(variances)
        arguments = [rows, variances, noise, codes, rows.shape[1], rows.stride(0), codes.numel()]
        _launch("draw", _spread(codes), THREADS, arguments)
        return codes

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        variances, noise = (each.contiguous() for each in ctx.saved_tensors)
        if torch.is_grad_enabled():
            return given, given * noise * 0.5 * torch.exp(0.5 * variances), None
        given, back = given.contiguous(), torch.empty_like(variances)
        _launch("draw_back", _spread(back), THREADS, [given, variances, noise, back, back.numel()])
        return given, back, None

    @staticmethod
    def vmap(info: Any, in_dims: Any, mean: Tensor, log_variance: Tensor, noise: Tensor) -> tuple[Tensor, int]:
        return draw(*_all(info, in_dims, mean, log_variance, noise)), 0


# --- shapes


def _rows(tensor: Tensor) -> Tensor:
    """[rows, n], each row without gaps: a view where it can be one."""
    rows = tensor.reshape(-1, tensor.shape[-1])
    return rows if rows.stride(1) == 1 else rows.contiguous()


def _all(info: Any, in_dims: Sequence[int | None], *tensors: Tensor) -> list[Tensor]:
    """Those of all models, [models, ...]."""
    pairs = zip(tensors, in_dims, strict=True)
    return [
        each.expand(info.batch_size, *each.shape) if place is None else each.movedim(place, 0) for each, place in pairs
    ]


def _each(rows: Tensor) -> tuple[int, int, int]:
    """A block for each number of a result."""
    return rows.numel(), 1, 1


def _spread(numbers: Tensor) -> tuple[int, int, int]:
    """A thread for each number."""
    return -(-numbers.numel() // THREADS), 1, 1


# --- what is compiled


def _launch(name: str, grid: tuple[int, int, int], threads: int | tuple[int, int], arguments: Sequence[object]) -> None:
    """Ask the device of the first tensor for it, in the stream of the moment."""
    first = arguments[0]
    assert isinstance(first, Tensor)
    if 0 in grid:
        return
    kernels = _kernels(first.device.index)
    assert kernels is not None
    block = (threads, 1, 1) if isinstance(threads, int) else (*threads, 1)
    with torch.cuda.device(first.device):
        kernels[name](grid=grid, block=block, args=list(arguments))


@cache
def _kernels(device: int) -> Mapping[str, Any] | None:
    """The kernels by name, on a device; None where they cannot be had."""
    if torch.version.hip is not None:
        return None
    try:
        with torch.cuda.device(device):
            return _kept(device) or _made(device)
    except Exception as error:  # of a private part of torch, of a library it looks for, of the compiler
        warnings.warn(f"Steps take more time than they could: no kernels were made ({error}).", stacklevel=2)
        return None


def _kept(device: int) -> Mapping[str, Any] | None:
    """As they were compiled once for such a device; None where they were not, or can no longer be read."""
    try:
        return _loaded(_place(device).read_bytes())
    except (OSError, RuntimeError):
        return None


def _made(device: int) -> Mapping[str, Any]:
    from torch.cuda._utils import _nvrtc_compile

    binary, _ = _nvrtc_compile(SOURCE.read_text(), NAMES[0])
    place = _place(device)
    with suppress(OSError):  # compiled again next time
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_bytes(binary)
        fresh.replace(place)
    return _loaded(binary)


def _loaded(binary: bytes) -> Mapping[str, Any]:
    from torch.cuda._utils import _cuda_load_module

    loaded: Any = _cuda_load_module(binary, list(NAMES))
    return dict(loaded)


def _place(device: int) -> Path:
    """Where they are kept: source, compiler and device decide what is compiled."""
    about = f"{SOURCE.read_text()} {torch.version.cuda} {torch.cuda.get_device_capability(device)}"
    return data_folder() / "kernels" / f"{hashlib.sha256(about.encode()).hexdigest()[:32]}.cubin"
