"""What every analysis starts from: a trained model with its recipe and its data, and how images pass through it.

    images  uint8    [n, channels, height, width]   as stored
    codes   float32  [n, latent]
    decoded float32  [n, channels, height, width]   in [0, 1]

All passes run in float32, in batches, without gradients and with the model in evaluation mode, so that looking at a
model never changes it and several threads may look at once.
"""

from collections.abc import Iterator
from math import prod
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch

from aecore.data.image_set import ImageSet, Pixels, Splits
from aecore.errors import RunError, SettingError
from aecore.model import Autoencoder, DecodingModel, Model, Restorer
from aecore.randomness import torch_stream
from aecore.shapes import Images, ImageShape
from aecore.training.recipe import Recipe
from aecore.variants.compose import Composition

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

MAX_BATCH = 500
NUMBERS_PER_BATCH = 2**21  # input numbers: bounds the memory of a pass for large images


@runtime_checkable
class Trained(Protocol):
    """An open run, or whatever else has these three: a model just trained in a notebook will do."""

    @property
    def recipe(self) -> Recipe:
        """How it was trained."""
        ...

    @property
    def composition(self) -> Composition:
        """Model, scheme, corruption and objective; the model in evaluation mode."""
        ...

    @property
    def splits(self) -> Splits:
        """The images it was trained on, and those it was not."""
        ...


def model_of(trained: Trained) -> Model:
    """The model; RunError while it is in training mode, because batch normalisation would learn from being watched."""
    model = trained.composition.model
    if model.training:
        raise RunError("The model is in training mode: call model.eval() before analysing it.")
    return model


def decoding_model_of(trained: Trained) -> DecodingModel:
    """The model, which must make images of codes: RunError where it has no code, or while it is in training mode."""
    model = model_of(trained)
    if not isinstance(model, DecodingModel):
        raise RunError(
            "This model restores pictures and has no code to make images of: choose a run of an autoencoder."
        )
    return model


def restorer_of(trained: Trained) -> Restorer:
    """The model, which must restore pictures of any size: RunError where it does not, or while it is in training."""
    model = model_of(trained)
    if not isinstance(model, Restorer):
        raise RunError(
            "This model knows images of one size only: choose a run that restores pictures, such as super-resolution."
        )
    return model


def autoencoder_of(trained: Trained) -> Autoencoder:
    """The model, which must have an encoder: RunError where it has none, or while it is in training mode."""
    model = model_of(trained)
    if isinstance(model, Restorer):
        raise RunError("This model restores pictures of any size and has no code: choose a run of an autoencoder.")
    if not isinstance(model, Autoencoder):
        raise RunError("This model has no encoder, so it can only draw images: choose a run of an autoencoder.")
    return model


def device_of(model: Model) -> torch.device:
    """Where the weights lie."""
    return next(model.parameters()).device


def part_of(splits: Splits, split: str) -> ImageSet:
    """ "train", "validation" or "test"; SettingError for any other word."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    if split not in parts:
        raise SettingError(f"There is no split {split!r}: choose one of {', '.join(parts)}.")
    return parts[split]


def batch_size(shape: ImageShape) -> int:
    """How many images of this shape pass through at once. Depends on nothing else: it decides which noise is drawn."""
    return max(1, min(MAX_BATCH, NUMBERS_PER_BATCH // prod(shape)))


def slices(count: int, size: int) -> Iterator[slice]:
    """Consecutive slices of `size` over `count` things."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def as_floats(images: Pixels) -> Images:
    """uint8 -> float32 in [0, 1], on the CPU."""
    # A copy: images may be memory-mapped read-only, and torch warns of tensors over memory that cannot be written.
    return torch.from_numpy(np.array(images)).float().div_(255.0)


def as_tensor(images: Floats | Pixels) -> Images:
    """float32 in [0, 1], or uint8 -> float32 in [0, 1], on the CPU."""
    if images.dtype == np.uint8:
        return as_floats(np.asarray(images, dtype=np.uint8))
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))


def noise(seed: int, purpose: str, batch: int) -> torch.Generator:
    """Chance for one batch, on the CPU whatever the device, so that every machine draws the same."""
    return torch_stream(seed, "analysis", purpose, batch)


def encode(trained: Trained, images: Pixels) -> Floats:
    """The code of each image, [n, latent]. SettingError for images of another shape, RunError without an encoder."""
    model = autoencoder_of(trained)
    codes = np.empty((len(images), model.latent), dtype=np.float32)
    with torch.inference_mode():
        for each in slices(len(images), batch_size(model.image_shape)):
            codes[each] = model.encode(as_floats(images[each]).to(device_of(model))).cpu().numpy()
    return codes


def decode(trained: Trained, codes: Floats) -> Floats:
    """The image of each code, [n, channels, height, width] in [0, 1]. SettingError for codes of another size."""
    model = decoding_model_of(trained)
    if codes.ndim != 2 or codes.shape[1] != model.latent:
        raise SettingError(f"This model decodes codes of {model.latent} numbers, not of shape {list(codes.shape)}.")
    images = np.empty((len(codes), *model.image_shape), dtype=np.float32)
    with torch.inference_mode():
        for each in slices(len(codes), batch_size(model.image_shape)):
            batch = torch.from_numpy(np.ascontiguousarray(codes[each], dtype=np.float32))
            images[each] = model.decode(batch.to(device_of(model))).cpu().numpy()
    return images
