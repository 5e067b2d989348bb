"""The filters of a model: what each unit of its first layer multiplies an image with, as images.

    dense           [units, channels, height, width]    one weight for every pixel of the image
    convolutional   [units, channels, kernel, kernel]   one weight for every pixel of a small patch

Source: Vincent, Larochelle, Bengio, Manzagol, "Extracting and Composing Robust Features with Denoising Autoencoders",
ICML 2008 (filters as the picture of what was learned).
"""

from math import prod

import numpy as np
from torch import Tensor

from aecore.analysis.architecture import layers
from aecore.analysis.trained import Floats, Indices, Trained, autoencoder_of
from aecore.data.image_set import Pixels
from aecore.errors import SettingError


def filters(trained: Trained) -> Floats:
    """The weights of the first layer that an image meets, [units, channels, height, width]; any sign.

    RunError for a model without an encoder, SettingError where the first layer sees neither pixels nor patches.
    """
    model = autoencoder_of(trained)
    first = next(layer for layer in layers(model) if layer.operations)
    weight = model.get_submodule(first.name).weight
    assert isinstance(weight, Tensor)
    numbers = weight.detach().float().cpu().numpy()
    if numbers.ndim == 4 and numbers.shape[1] == model.image_shape[0]:
        return np.ascontiguousarray(numbers)
    if numbers.ndim == 2 and numbers.shape[1] == prod(model.image_shape):
        return np.ascontiguousarray(numbers.reshape(-1, *model.image_shape))
    raise SettingError(
        f"The first layer of this model ({first.kind}) has weights of shape {list(numbers.shape)}, which are no "
        "images: choose a run whose network is dense or convolutional."
    )


def strongest(weights: Floats, count: int) -> Indices:
    """The `count` filters with the largest sum of squares, in the order of the units."""
    energy = np.square(weights.reshape(len(weights), -1), dtype=np.float64).sum(1)
    return np.sort(np.argsort(-energy, kind="stable")[:count]).astype(np.int64)


def as_pictures(weights: Floats, least: float = 1e-12) -> Pixels:
    """Filters as they are shown, uint8: grey is 0, and the largest weight of each filter is black or white.

    A filter of none as large as `least` has that for its scale: what is nothing looks like nothing.
    """
    largest = np.abs(weights).reshape(len(weights), -1).max(1, initial=0.0).reshape(-1, 1, 1, 1)
    return np.asarray(np.rint(127.5 + 127.5 * weights / np.maximum(largest, least)), dtype=np.uint8)
