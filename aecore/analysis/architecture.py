"""What a model is made of, read off its real layers.

Layers come from one pass through the model on torch's "meta" device, which computes shapes and nothing else: it
takes the same moment for every size and needs no memory for weights.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod

import torch
from torch import Tensor, nn

from aecore.model import Coded, Model
from aecore.shapes import ImageShape
from aecore.variants.compose import Parts, compose

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer, shapes without the batch."""

    name: str  # its place in the model, as in the names of its weights
    part: str  # "encoder", "bottleneck", "head", "decoder", or what a model has besides: "discriminator" ...
    kind: str  # torch's name: "Linear", "Conv2d" ...
    shape_in: Shape
    shape_out: Shape
    parameters: int  # a matrix that two layers share is counted where it is met first
    operations: int  # multiplications and additions for one image, forward
    aside: bool = False  # it steers other layers, the image does not pass through it

    @property
    def pools(self) -> bool:
        """Whether it makes the image smaller without weights."""
        return self.kind.endswith("Pool2d")

    @property
    def numbers_out(self) -> int:
        """How many numbers it gives for one image."""
        return prod(self.shape_out)


@dataclass(frozen=True)
class Architecture:
    """A model as it would be built."""

    layers: tuple[Layer, ...]
    image_shape: ImageShape
    latent: int
    classes: int = 0

    @property
    def parameters(self) -> int:
        """All of them: weights, biases and normalisation."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def stages(self) -> tuple[Layer, ...]:
        """The layers a drawing needs: those on the way from image to image that multiply by weights, that pool, and the
        bottleneck."""
        way = (layer for layer in self.layers if not layer.aside and layer.part != "head")
        return tuple(layer for layer in way if layer.part == "bottleneck" or layer.operations or layer.pools)


def architecture(parts: Parts, image_shape: ImageShape, classes: int = 0) -> Architecture:
    """The architecture that `parts` give for images of `image_shape`. SettingError for parts that do not fit."""
    with torch.device("meta"):
        model = compose(parts, image_shape, 0, classes).model
    return Architecture(_walk(model.eval()), image_shape, model.latent, classes)


def layers(model: Model) -> tuple[Layer, ...]:
    """The layers of a model in the order in which an image meets them. The model itself is not touched."""
    # Copied parameter by parameter, so that one which two layers share is shared in the copy as well.
    shapes: dict[int, Tensor] = {id(each): each.to("meta") for each in model.buffers()}
    shapes |= {id(each): nn.Parameter(each.detach().to("meta"), requires_grad=False) for each in model.parameters()}
    return _walk(copy.deepcopy(model, shapes).eval())


def _walk(model: Model) -> tuple[Layer, ...]:
    found: list[Layer] = []
    with torch.inference_mode(), _listening(model, found):
        model(torch.zeros(1, *model.image_shape, device="meta"))
    return tuple(found)


@contextmanager
def _listening(model: Model, found: list[Layer]) -> Iterator[None]:
    """While it lasts, every layer that runs adds itself to `found`. A module may say that its layers stand `aside`."""
    aside = tuple(f"{name}." for name, module in model.named_modules() if getattr(module, "aside", False))
    counted: set[int] = set()
    hooks = [
        module.register_forward_hook(partial(_note, found, counted, name, f"{name}.".startswith(aside)))
        for name, module in model.named_modules()
        if name == "bottleneck" or (name and not list(module.children()))
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _note(
    found: list[Layer],
    counted: set[int],
    name: str,
    aside: bool,
    module: nn.Module,
    given: tuple[object, ...],
    result: object,
) -> None:
    taken = given[0]
    made = result.codes if isinstance(result, Coded) else result
    assert isinstance(taken, Tensor)
    assert isinstance(made, Tensor)
    found.append(
        Layer(
            name=name,
            part=name.split(".")[0],
            kind=type(module).__name__,
            shape_in=tuple(taken.shape[1:]),
            shape_out=tuple(made.shape[1:]),
            parameters=sum(each.numel() for each in module.parameters() if id(each) not in counted),
            operations=_operations(module, tuple(taken.shape[1:]), tuple(made.shape[1:])),
            aside=aside,
        )
    )
    counted.update(map(id, module.parameters()))


def _operations(module: nn.Module, shape_in: Shape, shape_out: Shape) -> int:
    """2 per weight and place: a dense layer has one, or one for each row, a convolution the smaller of its images.

    A module may say by itself how often it uses each weight (`uses`).
    """
    weight = getattr(module, "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim < 2:
        return 0
    if hasattr(module, "uses"):
        return 2 * weight.numel() * int(module.uses)  # type: ignore[arg-type]
    if isinstance(module, nn.Linear):
        return 2 * weight.numel() * prod(shape_in[:-1])
    return 2 * weight.numel() * min(prod(shape_in[1:]), prod(shape_out[1:]))
