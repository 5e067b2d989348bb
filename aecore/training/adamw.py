"""AdamW: Adam whose weight decay does not pass through the moments.

    m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
    w <- w - lr * decay * w - lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; Loshchilov and Hutter, "Decoupled
Weight Decay Regularization", ICLR 2019.

The arithmetic is torch's own, to the last bit that of torch.optim.AdamW. Its class is not used because making one
loads torch's compiler: more than a second of processor time before the first step of every run, for something that
is never called. Its fused kernel is called without what torch asks around it at every step (docs/performance.md). An
NVIDIA card takes a kernel of ours instead (`aecore.kernels`), the same but for rounding, which uses more of the card.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from aecore import kernels

BETAS, EPS = (0.9, 0.999), 1e-8
NAMES = ("step", "exp_avg", "exp_avg_sq")


@dataclass
class Group:
    """Parameters that share their learning rate and weight decay; both may be changed before any step."""

    parameters: list[nn.Parameter]
    decays: bool
    learning_rate: float | Tensor = 1e-3  # a tensor of one number on the device, where a graph reads it from there
    weight_decay: float = 0.0
    betas: tuple[float, float] = BETAS


class AdamW:
    """Steps for groups of parameters. `fused` runs one kernel for many tensors, where the device has it."""

    def __init__(self, groups: Sequence[Group], fused: bool):
        self.groups = tuple(groups)
        self.parameters = [each for group in groups for each in group.parameters]
        self.fused = fused
        self._state: dict[nn.Parameter, dict[str, Tensor]] = {}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One step for every parameter that has a gradient."""
        moving = [
            _Moving(group, self._of) for group in self.groups if any(p.grad is not None for p in group.parameters)
        ]
        if not moving:
            return
        if self.fused:
            torch._foreach_add_([each for group in moving for each in group.steps], 1)
            if kernels.fits(*moving[0].parameters):
                _move_at_once(moving)
                return
        for each in moving:
            each.move(self.fused)

    def state(self) -> dict[str, Tensor]:
        """Moments and counts by the parameter's place and their name, "3.exp_avg": what `restore` takes."""
        return {
            f"{place}.{name}": each
            for place, parameter in enumerate(self.parameters)
            for name, each in self._state.get(parameter, {}).items()
        }

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Go on from a state. KeyError for what it lacks, ValueError for what is not of these parameters."""
        self._state = {}
        for place in sorted({int(key.partition(".")[0]) for key in saved}):
            if not 0 <= place < len(self.parameters):
                raise ValueError(f"there is no parameter {place}")
            for name, kept in self._of(self.parameters[place]).items():
                given = saved[f"{place}.{name}"]
                if given.shape != kept.shape:
                    raise ValueError(f"{place}.{name} has the shape {list(given.shape)}, not {list(kept.shape)}")
                kept.copy_(given)

    def _of(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        """The state of a parameter, zeros at first; in its memory layout, which the fused kernel relies on."""
        if parameter not in self._state:
            weights = parameter.detach()
            self._state[parameter] = {
                "step": torch.zeros((), dtype=torch.float32, device=weights.device if self.fused else "cpu"),
                "exp_avg": torch.zeros_like(weights, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(weights, memory_format=torch.preserve_format),
            }
        return self._state[parameter]


class _Moving:
    """The parameters of a group that have a gradient, with their state."""

    def __init__(self, group: Group, state: Callable[[nn.Parameter], dict[str, Tensor]]):
        self.group = group
        self.parameters = [each for each in group.parameters if each.grad is not None]
        self.gradients = [each.grad for each in self.parameters if each.grad is not None]
        states = [state(each) for each in self.parameters]
        self.steps, self.means, self.squares = ([each[name] for each in states] for name in NAMES)

    def move(self, fused: bool) -> None:
        """By torch."""
        numbers: dict[str, Any] = {
            "beta1": self.group.betas[0],
            "beta2": self.group.betas[1],
            "lr": self.group.learning_rate,
            "weight_decay": self.group.weight_decay,
            "eps": EPS,
            "amsgrad": False,
            "maximize": False,
        }
        lists = list[Tensor](self.parameters), self.gradients, self.means, self.squares
        if fused:
            torch._fused_adamw_(*lists, [], self.steps, **numbers)
        else:
            adamw(*lists, [], self.steps, fused=False, **numbers)

    def slots(self) -> list[kernels.Slot]:
        """For our kernel."""
        laid = [_laid_as(each, gradient) for each, gradient in zip(self.parameters, self.gradients, strict=True)]
        decays = [self.group.weight_decay] * len(laid)
        return list(zip(self.parameters, laid, self.means, self.squares, self.steps, decays, strict=True))


def _move_at_once(moving: Sequence[_Moving]) -> None:
    """Groups that share their rate and betas together."""
    for _, groups in groupby(moving, lambda each: (id(each.group.learning_rate), each.group.betas)):
        alike = list(groups)
        first, device = alike[0].group, alike[0].parameters[0].device
        rate = first.learning_rate
        given = rate if isinstance(rate, Tensor) else torch.full((), rate, device=device)
        kernels.adamw([slot for each in alike for slot in each.slots()], given, first.betas, EPS)


def _laid_as(parameter: Tensor, gradient: Tensor) -> Tensor:
    """The gradient, in memory as the parameter."""
    if gradient.stride() == parameter.stride() and gradient.data_ptr() % 16 == 0:
        return gradient
    return torch.empty_like(parameter).copy_(gradient)
