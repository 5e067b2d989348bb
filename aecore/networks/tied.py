"""Dense networks with tied weights: each matrix of the encoder is used a second time, transposed, by the decoder.

    encoder   h_k = phi(W_k h_(k-1) + b_k)       W_k: [units, inputs]
    decoder   h_(k-1) = phi(W_k^T h_k + c_k)     the same W_k, biases (and layer norms) of its own

About half the parameters of `dense` with the same widths. Where the bottleneck takes more numbers than its code has (a
mean and a variance for each), the first rows of the innermost matrix are shared: those of the mean.

A shared matrix is stored once, with the decoder, so that a decoder's weights are complete and nothing can come apart
on the way through a file.

Source: Vincent, Larochelle, Bengio, Manzagol, "Extracting and Composing Robust Features with Denoising Autoencoders",
ICML 2008 (the constraint W' = W^T, for one layer). Any depth, and decoder biases that begin at 0, are our choices.
"""

from itertools import pairwise
from math import prod
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.errors import SettingError
from aecore.networks.dense import DenseSettings, check_hidden, folded
from aecore.networks.pair import Networks
from aecore.shapes import ImageShape


class Shared(nn.Linear):
    """A dense layer whose matrix a `Transposed` layer uses as well, and keeps in its state."""

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        del destination[f"{prefix}weight"]

    def _load_from_state_dict(  # type: ignore[no-untyped-def]
        self, state_dict, prefix, local_metadata, strict, missing_keys, *rest
    ) -> None:
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, *rest)
        missing_keys[:] = [name for name in missing_keys if name != f"{prefix}weight"]


class Transposed(nn.Module):
    """numbers -> W^T numbers + bias, with the matrix of another layer."""

    def __init__(self, mirrored: nn.Linear, inputs: int):
        super().__init__()
        self.in_features, self.out_features = inputs, mirrored.in_features
        self.weight = mirrored.weight  # [at least `inputs`, outputs]
        self.bias = nn.Parameter(torch.zeros(self.out_features))

    def forward(self, numbers: Tensor) -> Tensor:
        """[batch, inputs] -> [batch, outputs]"""
        return F.linear(numbers, self.weight[: self.in_features].T, self.bias)

    def extra_repr(self) -> str:
        """As torch's dense layer writes itself."""
        return f"in_features={self.in_features}, out_features={self.out_features}"


def build_tied(
    settings: DenseSettings, image_shape: ImageShape, features: int, latent: int, classes: int = 0
) -> Networks:
    """Encoder to `features` numbers and decoder from `latent` numbers, with the encoder's matrices.

    SettingError for a layer that says nothing, or a code with more numbers than the encoder gives.
    """
    check_hidden(settings)
    if latent > features:
        raise SettingError(
            f"The decoder takes {latent} numbers, but the encoder gives only {features}: its matrices cannot be used "
            "backwards. Set network.kind=dense, or choose another bottleneck."
        )
    inwards = (prod(image_shape), *settings.hidden, features)
    layers = [Shared(*widths) for widths in pairwise(inwards)]
    taken = [*settings.hidden, latent]  # by the decoder's layer beside each of the encoder's
    mirrored = [Transposed(layer, inputs) for layer, inputs in zip(layers, taken, strict=True)][::-1]
    return folded(layers, mirrored, image_shape, settings)
