"""Decoder atoms: what one unit of the code adds to an image.

    response_j = g(r with its unit j at h_j) - g(r)      in [-1, 1]; r the code at rest, h_j as far as unit j goes
    column_j   = l(e_j) - l(0)                           in logits for one unit of activation

g decodes, l is the same before the sigmoid. Where the decoder is one layer, l(z) = V z + c, its columns are all there
is to it: an image is a sum of them. A decoder of more layers has no columns, its response depends on the rest of the
code and is shown around the code at rest.

Whether it is one layer is not read off the model but tried: l(x + y) - l(x) - l(y) + l(0) = 0 for a few codes.

Source: Olshausen and Field, "Emergence of Simple-Cell Receptive Field Properties by Learning a Sparse Code for
Natural Images", Nature 381, 1996 (images as sums of basis functions). The rest and how far a unit goes are our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.trained import Floats, Indices, Trained, autoencoder_of, batch_size, decode, device_of, slices
from aecore.analysis.units import check_unit, rest
from aecore.model import Autoencoder
from aecore.randomness import torch_stream

TRIED = 4  # pairs of codes
TOLERANCE = 1e-4  # relative to the largest logit met


@dataclass(frozen=True, eq=False)
class Atoms:
    """Of each of n units what it adds to an image; images are [channels, height, width]."""

    units: Indices  # [n]
    levels: Floats  # [n], the activation that a unit was turned on to
    responses: Floats  # [n, channels, height, width], change of the image
    columns: Floats | None  # the same shape, in logits; None where the decoder has more than one layer
    resting: Floats  # the image of the code at rest


def atoms(trained: Trained, units: Sequence[int], split: str = "test") -> Atoms:
    """The atoms of `units`. SettingError for a unit that is not there, RunError for a model without an encoder."""
    for unit in units:
        check_unit(trained, unit)
    known = rest(trained, split)
    chosen = np.asarray(units, dtype=np.int64)
    codes = np.repeat(known.code[None], len(chosen) + 1, 0)
    codes[np.arange(len(chosen)), chosen] = known.high[chosen]
    images = decode(trained, codes)
    return Atoms(
        units=chosen,
        levels=known.high[chosen],
        responses=np.asarray(images[:-1] - images[-1], dtype=np.float32),
        columns=_columns(trained, chosen) if is_one_layer(trained) else None,
        resting=images[-1],
    )


def is_one_layer(trained: Trained) -> bool:
    """Whether the logits are a linear function of the code and a constant."""
    model = autoencoder_of(trained)
    first, second = torch.randn(2, TRIED, model.latent, generator=torch_stream(0, "analysis", "one layer"))
    tried = (first + second, first, second, torch.zeros(1, model.latent))
    both, one, other, none = (_logits(model, codes) for codes in tried)
    off = (both - one - other + none).abs().max()
    return bool(off <= TOLERANCE * both.abs().max())


def _columns(trained: Trained, units: Indices) -> Floats:
    model = autoencoder_of(trained)
    none = _logits(model, torch.zeros(1, model.latent))
    columns = np.empty((len(units), *model.image_shape), np.float32)
    for each in slices(len(units), batch_size(model.image_shape)):
        codes = torch.zeros(len(units[each]), model.latent)
        codes[torch.arange(len(codes)), torch.from_numpy(units[each])] = 1.0
        columns[each] = (_logits(model, codes) - none).numpy()
    return columns


def _logits(model: Autoencoder, codes: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = model.decoder(codes.to(device_of(model))).float().cpu()
    return logits
