"""Several models of one architecture in one: one step moves all of them.

Every parameter has a new first axis, along which those of the models lie:

    W: [models, units, inputs]      loss_i = loss(W_i, batch)      sum_i loss_i -> the gradient of each is its own

torch.func.vmap computes the loss of all models from the same operations as of one, and AdamW works number by number:
its one step is the step of each. What differs between models is a number for each of them: the weight of a penalty,
the size of the step. Chance is drawn by each model from its own streams (`aecore.chance`), and images are corrupted by
each before they meet.

A smaller code is filled up with zeros (`aecore.training.slots`).

Source: the PyTorch documentation, "Model ensembling" (torch.func.vmap over stacked parameters).
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from aecore.chance import Lots
from aecore.model import Model
from aecore.networks.batch_norm import BatchNorm2d
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.schemes.end_to_end import losses
from aecore.schemes.scheme import Batch, Scheme
from aecore.settings import Settings
from aecore.shapes import Images, Scalar
from aecore.training.adamw import AdamW
from aecore.training.adamw import Group as Steps
from aecore.training.capture import Number
from aecore.training.slots import Slots

Tensors = dict[str, Tensor]
Values = Mapping[str, Tensor]  # settings in which models differ: one number for each


@dataclass(frozen=True)
class Layer:
    """What the stack needs of one model: itself, what fits it, its chance and its optimiser."""

    model: Model
    scheme: Scheme
    streams: Streams
    optimiser: AdamW
    code_size: int  # as it was set


@dataclass(frozen=True)
class Pull:
    """How one model is to be moved, but for the rate."""

    weight_decay: float
    clip_norm: float  # 0 for never


class Stack:
    """Models of one architecture, stacked. Making it copies their weights and the state of their optimisers."""

    def __init__(self, layers: Sequence[Layer], penalty: Values, bottleneck: Values):
        """`penalty` and `bottleneck`: settings in which they differ. ValueError for models that cannot be stacked."""
        self._layers = tuple(layers)
        large = max(layers, key=lambda layer: layer.model.latent)
        self._slots = [Slots.of(layer.model, large.model) for layer in layers]
        codes = [layer.code_size for layer in layers]
        self._lots = Lots([layer.streams["posterior"] for layer in layers], codes if len(set(codes)) > 1 else None)
        device = next(large.model.parameters()).device
        values = {"penalty": penalty, "bottleneck": bottleneck}
        self._values = {part: {name: each.to(device) for name, each in given.items()} for part, given in values.items()}
        self._one = _One(copy.deepcopy(large.model), large.scheme.objective)
        for module in self._one.modules():
            if isinstance(module, BatchNorm2d):
                module.as_floats = True
        self._weights: Mapping[str, nn.Parameter] = {
            name: nn.Parameter(each) for name, each in self._stacked("named_parameters").items()
        }
        self._buffers = self._stacked("named_buffers")
        self._optimiser = self._stacked_optimiser(large)
        self._constants: dict[str, tuple[list[float], Tensor]] = {}

    def step(self, batch: Batch, rate: Number, pulls: Sequence[Pull], context: Any) -> Tensors:
        """Move every model by its own loss on the same batch; the loss and its parts, a number for each model.

        `rate`: one for models that share their weight decay too, or one for each. The forward pass runs within
        `context`.
        """
        with context:
            loss, parts = self._forward(batch)
        for weight in self._weights.values():
            weight.grad = None
        torch.autograd.backward(loss.sum())
        self._clip([pull.clip_norm for pull in pulls])
        self._move(rate, pulls)
        return {"loss": loss.detach(), **{name: each.detach() for name, each in parts.items()}}

    @torch.no_grad()
    def give_weights(self) -> None:
        """Copy weights and buffers to the models they belong to."""
        stacked = {_bare(name): each for name, each in {**self._weights, **self._buffers}.items()}
        for index, (layer, slots) in enumerate(zip(self._layers, self._slots, strict=True)):
            own = dict(layer.model.named_parameters()) | dict(layer.model.named_buffers())
            given = [slots.taken(own[name].shape, each[index]) for name, each in stacked.items()]
            torch._foreach_copy_([own[name] for name in stacked], given)

    @torch.no_grad()
    def give_state(self) -> None:
        """Copy the state of the optimiser to the models it belongs to."""
        state = self._optimiser.state()
        for index, (layer, slots) in enumerate(zip(self._layers, self._slots, strict=True)):
            shapes = [each.shape for each in layer.optimiser.parameters]
            layer.optimiser.restore(
                {
                    key: each if key.endswith(".step") else slots.taken(shapes[_place(key)], each[index])
                    for key, each in state.items()
                }
            )

    # --- one step

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensors]:
        """Losses [models] and their parts."""
        seen = [layer.scheme.corruption(batch.clean, layer.streams["corruption"]) for layer in self._layers]
        alike = all(each is batch.clean for each in seen)
        images = batch.clean if alike else torch.stack(seen)

        def loss_of(weights: Tensors, buffers: Tensors, images: Images, weight: Tensor, values: Any) -> Any:
            called = (images, batch, self._lots, weight, values)
            return functional_call(self._one, (weights, buffers), called)

        mapped = vmap(loss_of, in_dims=(0, 0, None if alike else 0, 0, 0))
        outcome: tuple[Tensor, Tensors] = mapped(
            dict(self._weights), self._buffers, images, self._weighing(batch.done), self._values
        )
        return outcome

    def _weighing(self, done: float | Scalar) -> Tensor:
        """What the penalty weighs for each model at this moment."""
        weights = [layer.scheme.objective.weight_at(done) for layer in self._layers]
        numbers = [each for each in weights if not isinstance(each, Tensor)]
        if len(numbers) == len(weights):
            return self._constant("penalty", numbers)
        tensors = [each if isinstance(each, Tensor) else torch.full((), each, device=self._device) for each in weights]
        return torch.stack(tensors)

    def _constant(self, what: str, numbers: Sequence[float]) -> Tensor:
        """A number for each model. The same tensor as last time if they have not changed: a graph can read that."""
        known = self._constants.get(what)
        if known is None or known[0] != list(numbers):
            known = list(numbers), torch.tensor(numbers, device=self._device)
            self._constants[what] = known
        return known[1]

    def _clip(self, limits: Sequence[float]) -> None:
        """Shorten the gradient of every model that is longer than its limit."""
        if not any(limits):
            return
        gradients = [each.grad for each in self._weights.values() if each.grad is not None]
        lengths = torch.stack([each.flatten(1).norm(dim=1) for each in gradients]).norm(dim=0)
        most = self._constant("length", [each or torch.inf for each in limits])
        factors = (most / (lengths + 1e-6)).clamp(max=1.0)
        for each in gradients:
            each.mul_(_along(factors, each))

    @torch.no_grad()
    def _move(self, rate: Number, pulls: Sequence[Pull]) -> None:
        """One step of AdamW."""
        if isinstance(rate, Tensor) and rate.ndim > 0:
            self._move_each(rate.to(self._device), pulls)
        else:
            self._move_alike(rate, pulls[0].weight_decay)

    def _move_alike(self, rate: Number, weight_decay: float) -> None:
        for group in self._optimiser.groups:
            group.learning_rate = rate
            group.weight_decay = weight_decay if group.decays else 0.0
        self._optimiser.step()

    def _move_each(self, rates: Tensor, pulls: Sequence[Pull]) -> None:
        """A step of rate 1, of which every model goes its share: moments know nothing of the rate."""
        before = [[each.clone() for each in group.parameters] for group in self._optimiser.groups]
        self._move_alike(1.0, 0.0)
        decays = rates * self._constant("decay", [pull.weight_decay for pull in pulls])
        for group, starts in zip(self._optimiser.groups, before, strict=True):
            for weight, start in zip(group.parameters, starts, strict=True):
                weight.copy_(torch.lerp(start, weight, _along(rates, weight)))
                if group.decays:
                    weight.sub_(_along(decays, weight) * start)

    # --- putting together

    @property
    def _device(self) -> torch.device:
        return next(iter(self._weights.values())).device

    def _stacked(self, kind: str) -> Tensors:
        """The parameters or buffers of all models by the name that they have in `_One`."""
        own = [dict(getattr(layer.model, kind)()) for layer in self._layers]
        large = max(range(len(own)), key=lambda index: self._layers[index].model.latent)
        if any(set(each) != set(own[0]) for each in own):
            raise ValueError("their networks have other layers")
        return {
            f"model.{name}": self._pile([each[name].detach() for each in own], own[large][name].shape)
            for name in own[large]
        }

    def _pile(self, tensors: Sequence[Tensor], shape: Sequence[int]) -> Tensor:
        """[models, *shape], the small ones filled up with zeros."""
        piled = torch.zeros(len(tensors), *shape, dtype=tensors[0].dtype, device=tensors[0].device)
        for slots, each, place in zip(self._slots, tensors, piled, strict=True):
            slots.put(each, place)
        return piled

    def _stacked_optimiser(self, large: Layer) -> AdamW:
        """The optimiser of the stacked parameters, in the order and with the state of the models' own."""
        names = {id(each): f"model.{name}" for name, each in large.model.named_parameters()}
        groups = [
            Steps([self._weights[names[id(each)]] for each in group.parameters], group.decays, betas=group.betas)
            for group in large.optimiser.groups
        ]
        optimiser = AdamW(groups, fused=large.optimiser.fused)
        states = [layer.optimiser.state() for layer in self._layers]
        optimiser.restore({key: self._state(key, states, optimiser) for key in states[0]})
        return optimiser

    def _state(self, key: str, states: Sequence[Tensors], optimiser: AdamW) -> Tensor:
        if key.endswith(".step"):
            return states[0][key]
        return self._pile([each[key] for each in states], optimiser.parameters[_place(key)].shape[1:])


class _One(nn.Module):
    """The loss of one model and its parts, as torch.func wants it: a module whose weights are given from outside."""

    def __init__(self, model: Model, objective: Objective):
        super().__init__()
        self.model = model.train()
        self.objective = objective

    def forward(self, images: Images, batch: Batch, lots: Lots, weight: Tensor, values: Mapping[str, Values]) -> Any:
        """Means over the batch."""
        objective = Objective(self.objective.reconstruction, _with_values(self.objective.penalty, values["penalty"]))
        own: Any = self.model.bottleneck
        self.model.bottleneck = _with_values(own, values["bottleneck"])
        try:
            loss, parts = losses(self.model, objective, images, batch, lots, weight)
        finally:
            self.model.bottleneck = own
        return loss.mean(), {name: each.mean() for name, each in parts.items()}


class _Varied:
    """Settings some of which are tensors, a number for each model."""

    def __init__(self, settings: Settings, values: Values):
        self.__dict__ |= {**vars(settings), **values}


def _with_values(part: Any, values: Values) -> Any:
    """A part with other values in its settings; it shares its weights with the original."""
    if not values:
        return part
    changed = copy.copy(part)
    changed.settings = _Varied(part.settings, values)
    return changed


def _along(numbers: Tensor, stacked: Tensor) -> Tensor:
    """One number for each model in the shape that multiplies a stacked tensor."""
    return numbers.view(-1, *[1] * (stacked.ndim - 1))


def _bare(name: str) -> str:
    return name.removeprefix("model.")


def _place(key: str) -> int:
    """The parameter of an entry of the optimiser's state, "3.exp_avg"."""
    return int(key.partition(".")[0])
