"""Previews and snapshots as safetensors files, without torch.

    preview.safetensors           epoch, recorded, codes, clean, corrupted, reconstructions, samples
    snapshots/inputs.safetensors  clean, corrupted, labels (if the images have any): the same for every epoch
    snapshots/00012.safetensors   codes, reconstructions, samples, decoder.<name>

Codes and weights are float16: the map and a replay need no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from aecore.errors import RunError
from aecore.training.events import Array, Preview
from aecore.training.packing import unpacked

Arrays = Mapping[str, npt.NDArray[Any]]
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A recorded epoch: arrays as in `Preview`, and the decoder's weights (float16) by their names in its state."""

    epoch: int
    codes: Array
    clean: npt.NDArray[np.uint8]
    corrupted: npt.NDArray[np.uint8]
    reconstructions: npt.NDArray[np.uint8]
    samples: npt.NDArray[np.uint8]
    decoder: Mapping[str, npt.NDArray[Any]]


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All arrays of a file. RunError when it is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, npt.NDArray[Any]] = load(unpacked(path) or path.read_bytes())
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise RunError(f"{path.parent.name}/{path.name} cannot be read ({error}).") from None
    return arrays


def tensor_names(path: Path) -> tuple[str, ...]:
    """The names in a file, without reading what they name. RunError when it is missing or damaged."""
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import load

    try:
        if (content := unpacked(path)) is not None:
            return tuple(load(content))
        with safe_open(path, framework="np") as file:
            return tuple(file.keys())
    except (OSError, SafetensorError, ValueError) as error:
        raise RunError(f"{path.name} cannot be read ({error}).") from None


def to_bytes(arrays: Arrays) -> bytes:
    """The content of a file."""
    from safetensors.numpy import save

    content: bytes = save({name: np.ascontiguousarray(each) for name, each in arrays.items()})
    return content


def preview_arrays(preview: Preview) -> dict[str, npt.NDArray[Any]]:
    """What preview.safetensors holds."""
    return {
        "epoch": np.array([preview.epoch, preview.recorded], dtype=np.int64),
        "codes": compact(preview.codes),
        "clean": preview.clean,
        "corrupted": preview.corrupted,
        "reconstructions": preview.reconstructions,
        "samples": preview.samples,
    }


def as_preview(arrays: Arrays) -> Preview:
    """RunError when something is missing."""
    return _or_damaged(
        lambda: Preview(
            epoch=int(arrays["epoch"][0]),
            recorded=bool(arrays["epoch"][1]),
            codes=arrays["codes"].astype(np.float32),
            clean=_pixels(arrays["clean"]),
            corrupted=_pixels(arrays["corrupted"]),
            reconstructions=_pixels(arrays["reconstructions"]),
            samples=_samples(arrays),
        )
    )


def as_snapshot(epoch: int, inputs: Arrays, recorded: Arrays) -> Snapshot:
    """RunError when something is missing."""
    decoder = {name.removeprefix("decoder."): each for name, each in recorded.items() if name.startswith("decoder.")}
    return _or_damaged(
        lambda: Snapshot(
            epoch=epoch,
            codes=recorded["codes"].astype(np.float32),
            clean=_pixels(inputs["clean"]),
            corrupted=_pixels(inputs["corrupted"]),
            reconstructions=_pixels(recorded["reconstructions"]),
            samples=_samples(recorded),
            decoder=decoder,
        )
    )


def compact(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Floating-point numbers as float16 where its range holds them; anything else as it is."""
    if not np.issubdtype(values.dtype, np.floating):
        return values
    fits = values.size == 0 or float(np.abs(values).max()) <= float(np.finfo(np.float16).max)
    return values.astype(np.float16 if fits else np.float32)


def _pixels(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if values.dtype != np.uint8 or values.ndim != 4:
        raise ValueError(f"images are {values.dtype} of shape {list(values.shape)}")
    return values


def _samples(arrays: Arrays) -> npt.NDArray[np.uint8]:
    """None are there where the model draws no images."""
    return _pixels(arrays["samples"]) if "samples" in arrays else _pixels(arrays["reconstructions"])[:0]


def _or_damaged(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"A snapshot of this run is damaged ({error}).") from None
