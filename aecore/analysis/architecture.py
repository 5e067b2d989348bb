"""What a model is made of, read off its real layers.

Layers come from one pass through the model. A large one passes on torch's "meta" device, which computes shapes and
nothing else: it takes the same moment for every size and needs no memory for weights. But it loads torch's compiler and
sympy, two seconds of processor time, for which a small model computes one image a hundred times.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod

import torch
from torch import Tensor, nn

from aecore.model import Coded, Model, Restorer
from aecore.shapes import ImageShape
from aecore.variants.compose import Composition, Parts, compose

Shape = tuple[int, ...]

LARGEST_COMPUTED = 4_000_000  # parameters
MOST_NUMBERS_COMPUTED = 3 * 64 * 64  # of an image


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
    model = to_look_through(parts, image_shape, classes).model
    return Architecture(_walk(model.eval()), image_shape, model.latent, classes)


def to_look_through(parts: Parts, image_shape: ImageShape, classes: int = 0) -> Composition:
    """A model whose pass shows shapes at the least cost: on "meta", or on the CPU where it is small.

    A restorer stays on "meta": only there it meets the layers of all strengths and not those of one.
    """
    with torch.device("meta"):
        made = compose(parts, image_shape, 0, classes)
    large = sum(each.numel() for each in made.model.parameters()) > LARGEST_COMPUTED
    if large or prod(image_shape) > MOST_NUMBERS_COMPUTED or isinstance(made.model, Restorer):
        return made
    return compose(parts, image_shape, 0, classes)


def pass_black(model: Model, count: int) -> None:
    """Pass so many black images through a model; chance that it takes is given back."""
    device = next(model.parameters()).device
    with torch.random.fork_rng(devices=[]):
        model(torch.zeros(count, *model.image_shape, device=device))


def layers(model: Model) -> tuple[Layer, ...]:
    """The layers of a model in the order in which an image meets them. The model itself is not touched."""
    # Copied parameter by parameter, so that one which two layers share is shared in the copy as well.
    shapes: dict[int, Tensor] = {id(each): each.to("meta") for each in model.buffers()}
    shapes |= {id(each): nn.Parameter(each.detach().to("meta"), requires_grad=False) for each in model.parameters()}
    return _walk(copy.deepcopy(model, shapes).eval())


def _walk(model: Model) -> tuple[Layer, ...]:
    found: list[Layer] = []
    with torch.inference_mode(), _listening(model, found):
        pass_black(model, 1)
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
