"""What training will cost, before it is started. Nothing is trained for it: it takes well under a second.

Time. What every layer computes and moves is counted on the real layers, without computing it. Three speeds of the
device are measured once: operations per second of a matrix product, the same of a convolution, and bytes per second
of an elementwise operation. A layer takes as long as the slower of its operations and its bytes; a step is

    3 x (sum over layers + what is done to every pixel) + optimiser + calls      forward 1, backward 2

and an epoch its steps, a forward pass over the validation images, and half of one over those that are mapped. Each
speed is the best of many short tries, so that a device busy with another run does not make the estimate useless;
training beside that run will of course be slower. Steps of the real loop would be no better here: on a busy machine
a few of them were off by a factor of a hundred.

Memory. Weights, gradients and the optimiser's two moments, 4 bytes each; what the forward pass keeps for the backward
pass, as float32; the images where they lie on the device; and the program itself.

Source: Williams, Waterman, Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
Communications of the ACM 2009 (operations or bytes, whichever is slower).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import psutil
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from aecore.analysis.architecture import Architecture, architecture
from aecore.shapes import ImageShape
from aecore.training.batches import images_per_step
from aecore.training.precision import Device, resolve_precision
from aecore.training.recipe import Recipe
from aecore.variants.compose import compose

PREVIEW_CODES = 2000  # images that are encoded after every epoch
PIXEL_BYTES = 60  # moved per number of the image and step: to float, noise, loss and their gradients
OPTIMISER_BYTES = 36  # per parameter and step: AdamW reads and writes weight, gradient and moments
PARAMETER_BYTES = 16  # held: weight, gradient, two moments
PROGRAM_BYTES = {"cpu": 450_000_000, "cuda": 900_000_000, "mps": 600_000_000}  # a worker that has loaded torch
TRIES_S = 0.06  # spent on measuring each speed


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
    flops_per_image: int  # of one training step: forward and backward
    memory: Memory
    device: str
    precision: str
    how: str  # in a sentence


@dataclass(frozen=True)
class Speed:
    """What a device does in a second, and the seconds that one call takes however small it is."""

    matrix: float  # operations
    convolution: float  # operations
    memory: float  # bytes
    call: float  # seconds


def estimate(
    recipe: Recipe, image_shape: ImageShape, train_images: int, validation_images: int, device: Device
) -> Estimate:
    """What training `recipe` on so many images costs. SettingError for parts that do not fit the image."""
    built = architecture(recipe.parts, image_shape)
    settings = recipe.stages[-1]
    precision = resolve_precision(settings.precision, device)
    speed = measure_speed(device.key, precision)
    batch = images_per_step(settings.batch_size, train_images)
    image = _pass_seconds(built, speed)
    step = 3 * batch * image + built.parameters * OPTIMISER_BYTES / speed.memory + 6 * len(built.layers) * speed.call
    mapped = min(PREVIEW_CODES, validation_images)
    epoch = step * (train_images // batch) + image * (validation_images + mapped / 2)
    return Estimate(
        seconds=epoch * recipe.epochs,
        seconds_per_epoch=epoch,
        seconds_per_step=step,
        parameters=built.parameters,
        flops_per_image=3 * sum(layer.operations for layer in built.layers),
        memory=_memory(recipe, built, batch, train_images + validation_images, device),
        device=device.title,
        precision=precision,
        how=(
            f"Computed from the layers and the speed of this device in {precision}, measured a moment ago: "
            f"{speed.matrix / 1e9:,.0f} GFLOP/s in matrix products, {speed.convolution / 1e9:,.0f} in convolutions. "
            "Expect it to be off by up to a half, and more while another run uses the device."
        ),
    )


def _pass_seconds(built: Architecture, speed: Speed) -> float:
    """One image's share of a forward pass of a batch."""
    seconds = prod(built.image_shape) * PIXEL_BYTES / 3 / speed.memory
    for layer in built.layers:
        rate = speed.convolution if layer.kind.startswith("Conv") else speed.matrix
        moved = 4 * (prod(layer.shape_in) + prod(layer.shape_out))
        seconds += max(layer.operations / rate, moved / speed.memory)
    return seconds


@lru_cache(maxsize=8)
def measure_speed(device: str, precision: str) -> Speed:
    """The speed of a device, measured once in the life of the process: about 0.3 s."""
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    with torch.inference_mode():
        wide, square = (torch.rand(rows, 512, device=device, dtype=dtype) for rows in (256, 512))
        pictures = torch.rand(32, 32, 14, 14, device=device, dtype=dtype).to(memory_format=torch.channels_last)
        filters = torch.rand(64, 32, 3, 3, device=device, dtype=dtype).to(memory_format=torch.channels_last)
        numbers = torch.rand(1 << 21, device=device)
        few = torch.rand(8, device=device)
        return Speed(
            matrix=2 * 256 * 512 * 512 / _seconds(lambda: wide @ square),
            convolution=2 * filters.numel() * 14 * 14 * 32 / _seconds(lambda: F.conv2d(pictures, filters, padding=1)),
            memory=8 * numbers.numel() / _seconds(lambda: F.silu(numbers)),
            call=_seconds(lambda: few.add(1)),
        )


def _seconds(work: Callable[[], Tensor]) -> float:
    """The best of as many tries as fit into a moment, three at least. Reading a number waits for the device."""
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - started < TRIES_S:
        before = time.perf_counter()
        work().flatten()[0].item()
        times.append(time.perf_counter() - before)
    return min(times)


def _memory(recipe: Recipe, built: Architecture, batch: int, images: int, device: Device) -> Memory:
    kind = device.key.split(":")[0]
    available = _free_bytes(device)
    pixels = prod(built.image_shape)
    resident = images * pixels if kind == "cuda" and images * pixels < available // 2 else 0  # elsewhere on disk
    return Memory(
        parameters=PARAMETER_BYTES * built.parameters,
        activations=_saved_bytes(recipe, built.image_shape) * batch,
        images=resident + 4 * batch * pixels,
        program=PROGRAM_BYTES[kind],
        available=available,
    )


def _free_bytes(device: Device) -> int:
    if device.key.startswith("cuda"):
        return torch.cuda.mem_get_info(device.key)[0]
    return int(psutil.virtual_memory().available)  # type: ignore[no-untyped-call]


def _saved_bytes(recipe: Recipe, shape: ImageShape) -> int:
    """What one image's forward pass keeps for the backward pass, counted without computing anything."""
    with torch.device("meta"):
        model = compose(recipe.parts, shape, recipe.seed).model.train()
    weights = {id(each) for each in model.parameters()}
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += 0 if id(tensor) in weights else tensor.numel() * tensor.element_size()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(2, *shape, device="meta"))  # two: batch normalisation cannot do with one
    return kept // 2
