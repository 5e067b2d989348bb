"""What training will cost, before it is started. Nothing is trained for it: it takes well under a second.

Time. Every layer of the model runs forward and backward on the device with a few images, and so do the corruption
and the loss. The best of a few short tries counts, and what was tried in peace (`aecore.analysis.peace`) is not tried
again. Where other work took the processors meanwhile, which can make a short try ten times as long, the estimate says
so, and the next one tries again. A step is

    batch x (sum over layers + corruption and loss) + optimiser

and an epoch its steps, a forward pass over the validation images, and half of one over those that are mapped. Whole
steps of the real loop would be less exact here: they last longer, and on a busy machine a few of them were off by a
factor of ten.

Memory. Weights, gradients and the optimiser's two moments, 4 bytes each; what the forward pass keeps for the backward
pass, as float32; the images where they lie on the device; and the program itself.
"""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf, prod

import psutil
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from aecore.analysis.architecture import Architecture, Layer, architecture, pass_black, to_look_through
from aecore.analysis.peace import Use, in_peace
from aecore.model import Model, Pass
from aecore.randomness import torch_stream
from aecore.shapes import ImageShape
from aecore.training.batches import images_per_step, resident_bytes
from aecore.training.capture import CudaRecorder, replays, why_not_captured
from aecore.training.precision import Device, autocast, products, resolve_precision
from aecore.training.recipe import Recipe
from aecore.training.timeline import Timeline
from aecore.variants.compose import compose

PREVIEW_CODES = 2000  # images that are encoded after every epoch
OPTIMISER_BYTES = 36  # per parameter and step: AdamW reads and writes weight, gradient and moments
PARAMETER_BYTES = 16  # held: weight, gradient, two moments
IN_A_GRAPH = 8  # times that a piece of work is done at once
PROGRAM_BYTES = {"cpu": 400_000_000, "cuda": 900_000_000, "mps": 600_000_000}  # a worker that has loaded torch
TRIES_S = 0.01  # spent on each layer
OPERATIONS_TRIED = 400_000_000  # per try, forward
LEAST_TRIED = 8  # images: with fewer, weights and not images would be measured
NUMBERS_TRIED = 2**17  # per try, where there are no layers
LARGEST_TRIED = 4_000_000  # parameters of a layer
SQUARE = 1024  # the dense layer that stands for larger ones
FREE = ("Flatten", "Unflatten", "Dropout", "Identity")  # nothing is computed to speak of


@dataclass(frozen=True)
class Memory:
    """Bytes on the device, by what they are for."""

    parameters: int
    activations: int
    images: int
    program: int
    available: int  # free on the device now

    @property
    def total(self) -> int:
        """All of it."""
        return self.parameters + self.activations + self.images + self.program

    @property
    def fits(self) -> bool:
        """Whether that much is free."""
        return self.total <= self.available


@dataclass(frozen=True)
class Estimate:
    """Seconds of all epochs of the recipe, and memory."""

    seconds: float
    seconds_per_epoch: float
    seconds_per_step: float
    parameters: int
    memory: Memory
    device: str
    precision: str
    how: str  # in a sentence
    disturbed: bool  # other work took the processors while layers were tried: a later estimate may be less


def estimate(
    recipe: Recipe,
    image_shape: ImageShape,
    train_images: int,
    validation_images: int,
    device: Device,
    classes: int = 0,
) -> Estimate:
    """What training `recipe` on so many images costs. SettingError for parts that do not fit the image."""
    built = architecture(recipe.parts, image_shape, classes)
    timelines = _timelines(recipe, built, train_images)
    settings = recipe.stages[-1]
    batch = images_per_step(settings.batch_size, train_images)
    steady = to_look_through(recipe.parts, image_shape, classes).scheme.replayable
    replayed = not why_not_captured(device, steady, resident=True, ranks=1)
    place = _Place(device, resolve_precision(settings.precision, device), replayed)
    with _TIMES.trying() as tried:
        layers, ends = _layers_seconds(recipe, built, batch, place), _ends_seconds(recipe, built, place)
        moving = built.parameters * OPTIMISER_BYTES / _bytes_per_second(place)
    step = batch * (layers + ends) + moving
    mapped = min(PREVIEW_CODES, validation_images)
    passes = (layers + ends) / 3 * (validation_images + mapped / 2)  # forward only is about a third
    steps, images = sum(each.steps for each in timelines), sum(each.images for each in timelines)
    seconds = images * (layers + ends) + steps * moving + recipe.epochs * passes
    return Estimate(
        seconds=seconds,
        seconds_per_epoch=seconds / recipe.epochs,
        seconds_per_step=step,
        parameters=built.parameters,
        memory=_memory(recipe, built, batch, train_images + validation_images, device),
        device=device.title,
        precision=place.precision,
        how=(
            "Every layer of this model was tried on this device for a few milliseconds and the times were added up. "
            + (
                "Other work took the processors meanwhile: with the device to itself training takes less."
                if tried.disturbed
                else "It may be off by half; beside other work on the same device training takes longer."
            )
        ),
        disturbed=tried.disturbed,
    )


def memory(
    recipe: Recipe, image_shape: ImageShape, train_images: int, validation_images: int, device: Device, classes: int = 0
) -> Memory:
    """The memory alone, for which nothing is tried. SettingError for parts that do not fit the image."""
    batch = images_per_step(recipe.stages[-1].batch_size, train_images)
    built = architecture(recipe.parts, image_shape, classes)
    return _memory(recipe, built, batch, train_images + validation_images, device)


# --- time


def _timelines(recipe: Recipe, built: Architecture, images: int) -> list[Timeline]:
    """The stages of the recipe, whose epochs need not be of one length."""
    with torch.device("meta"):
        made = compose(recipe.parts, built.image_shape, recipe.seed, built.classes)
    return [
        Timeline(made.scheme.chapters(made.model, index > 0), stage.epochs, images, stage.batch_size)
        for index, stage in enumerate(recipe.stages)
    ]


@dataclass(frozen=True)
class _Place:
    """Where, in which precision and how to measure: as a graph where training replays one."""

    device: Device
    precision: str
    replayed: bool

    @property
    def key(self) -> Hashable:
        return self.device.key, self.precision, self.replayed


@dataclass
class _Tried:
    """What an estimate had to try."""

    keys: set[Hashable]
    disturbed: bool = False


class _Times:
    """The best time of each piece of work by key. What was tried in peace is not tried again."""

    def __init__(self, most: int):
        self._most = most
        self._best: OrderedDict[Hashable, float] = OrderedDict()
        self._settled: set[Hashable] = set()
        self._tried = _Tried(set())
        self._mutex = threading.Lock()

    @contextmanager
    def trying(self) -> Iterator[_Tried]:
        """One estimate, which asks for times; others wait, or each would be slowed down by the others."""
        with self._mutex:
            self._tried = tried = _Tried(set())
            before = Use.now()
            yield tried
            if tried.keys:
                tried.disturbed = not in_peace(before, Use.now(), torch.get_num_threads())
            if not tried.disturbed:
                self._settled |= tried.keys
            while len(self._best) > self._most:
                self._settled.discard(self._best.popitem(last=False)[0])

    def get(self, key: Hashable, work: Callable[[], float]) -> float:
        """The seconds of `key`, for which `work` is called until it was done in peace."""
        if key not in self._settled and key not in self._tried.keys:
            self._best[key] = min(work(), self._best.get(key, inf))
            self._tried.keys.add(key)
        self._best.move_to_end(key)
        return self._best[key]


_TIMES = _Times(1024)


def _layers_seconds(recipe: Recipe, built: Architecture, batch: int, place: _Place) -> float:
    """Forward and backward through all layers, for one image of a batch."""
    composition = to_look_through(recipe.parts, built.image_shape, built.classes)
    modules = dict(composition.model.named_modules())
    return sum(
        _layer_seconds(layer, modules[layer.name], batch, place) * composition.scheme.passes(layer.part)
        for layer in built.layers
        if layer.part != "bottleneck" and layer.kind not in FREE  # a bottleneck takes chance, which no layer does
    )


def _layer_seconds(layer: Layer, module: nn.Module, batch: int, place: _Place) -> float:
    """One layer's share. A layer too large to be tried takes as long for an operation as the largest that is."""
    if layer.parameters > LARGEST_TRIED:
        like = nn.Linear(SQUARE, SQUARE, device="meta")
        tried = Layer("", "", "Linear", (SQUARE,), (SQUARE,), SQUARE**2, 2 * SQUARE**2)
        return _layer_seconds(tried, like, batch, place) * layer.operations / tried.operations
    count = min(batch, max(LEAST_TRIED, OPERATIONS_TRIED // max(layer.operations, layer.numbers_out * 32)))
    key = (repr(module), layer.shape_in, count, place.key)
    return _TIMES.get(key, lambda: _try_layer(module, (count, *layer.shape_in), place)) / count


def _try_layer(module: nn.Module, shape: tuple[int, ...], place: _Place) -> float:
    """Seconds for a copy of the layer, with small random weights, on random numbers of `shape`.

    Numbers come and go as they do inside a model: channels last, and in the precision that the layer before gave.
    """
    device, chance = place.device.key, torch_stream(0, "estimate", device=place.device.key)
    real = copy.deepcopy(module).to_empty(device=device).train().requires_grad_()
    tensors = [each.data for each in (*real.parameters(), *real.buffers()) if each.is_floating_point()]
    inputs = torch.empty(shape, device=device, dtype=torch.bfloat16 if place.precision == "bfloat16" else None)
    for each in (*tensors, inputs):
        each.uniform_(0.01, 0.02, generator=chance)
    for parameter in real.parameters():
        parameter.data = _channels_last(parameter.data)
    inputs = _channels_last(inputs).requires_grad_()

    def forward() -> Tensor:
        with autocast(place.device, place.precision):
            result = real(inputs)
        assert isinstance(result, Tensor)
        return result

    with products(place.device, place.precision):
        gradient = torch.ones_like(forward())
        return _seconds(lambda: torch.autograd.backward(forward(), gradient), place)


def _channels_last(tensor: Tensor) -> Tensor:
    """As the training loop keeps weights and images."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _ends_seconds(recipe: Recipe, built: Architecture, place: _Place) -> float:
    """What is done to every image outside the layers: to floats, corruption, loss and its gradient."""
    shape = built.image_shape
    count = max(1, min(64, NUMBERS_TRIED // prod(shape)))
    parts = {axis: choice for axis, choice in recipe.parts.to_dict().items() if axis in ("corruption", "objective")}
    key = (str(parts), shape, count, place.key)
    return _TIMES.get(key, lambda: _try_ends(recipe, (count, *shape), built.classes, place)) / count


def _try_ends(recipe: Recipe, shape: tuple[int, ...], classes: int, place: _Place) -> float:
    with torch.device("meta"):
        composition = compose(recipe.parts, (shape[1], shape[2], shape[3]), recipe.seed, classes)
    chance = torch_stream(0, "estimate", device=place.device.key)
    pixels = torch.randint(0, 256, shape, generator=chance, device=place.device.key, dtype=torch.uint8)
    logits = torch.rand(shape, generator=chance, device=place.device.key).requires_grad_()
    codes = torch.zeros(shape[0], 1, device=place.device.key)

    def work() -> None:
        clean = pixels.float().div_(255.0)
        composition.corruption(clean, chance)
        loss = composition.objective.reconstruction(Pass(logits, codes, None), clean)
        torch.autograd.backward(loss.mean())

    return _seconds(work, place)


def _bytes_per_second(place: _Place) -> float:
    """What an elementwise operation reads and writes in a second."""
    numbers = torch.rand(1 << 20, device=place.device.key)
    seconds = _TIMES.get(("bytes", place.key), lambda: _seconds(lambda: torch.neg(numbers), place))
    return 8 * numbers.numel() / seconds


def _seconds(work: Callable[[], object], place: _Place) -> float:
    """The best of a few tries after one to warm up.

    A processor is timed by what this thread uses of it, so that what else it does in between does not count; on a GPU
    the clock runs until the work is done. A graph holds the work several times, so that starting it counts little.
    """
    gpu, times = place.device.key.startswith("cuda"), list[float]()
    clock, wait = (time.perf_counter, torch.cuda.synchronize) if gpu else (time.thread_time, _nothing)
    count = 1
    if place.replayed:
        with suppress(RuntimeError):  # what no graph can hold is tried by itself
            work = replays(work, IN_A_GRAPH, CudaRecorder(torch.device(place.device.key)))
            count = IN_A_GRAPH
    work()
    while len(times) < 2 or (len(times) < 20 and sum(times) < TRIES_S):
        wait()
        before = clock()
        work()
        wait()
        times.append(clock() - before)
    return min(times) / count


def _nothing() -> None:
    """A processor has done its work when the call returns."""


# --- memory


def _memory(recipe: Recipe, built: Architecture, batch: int, images: int, device: Device) -> Memory:
    kind = device.key.split(":")[0]
    available = _free_bytes(device)
    pixels = prod(built.image_shape)
    resident = resident_bytes(images * pixels, available) if kind == "cuda" else 0  # elsewhere on disk
    return Memory(
        parameters=PARAMETER_BYTES * built.parameters,
        activations=_saved_bytes(recipe, built) * batch,
        images=resident + 4 * batch * pixels,
        program=PROGRAM_BYTES[kind],
        available=available,
    )


def _free_bytes(device: Device) -> int:
    if device.key.startswith("cuda"):
        return torch.cuda.mem_get_info(device.key)[0]
    return int(psutil.virtual_memory().available)  # type: ignore[no-untyped-call]


def _saved_bytes(recipe: Recipe, built: Architecture) -> int:
    """What one image's forward pass keeps for the backward pass.

    Weights are kept too, but once and not for every image: the difference of two batches leaves them out.
    """
    model = to_look_through(recipe.parts, built.image_shape, built.classes).model.train()
    return (_kept_bytes(model, 4) - _kept_bytes(model, 2)) // 2


def _kept_bytes(model: Model, batch: int) -> int:
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel() * tensor.element_size()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        pass_black(model, batch)
    return kept
