"""The non-linearities a person can choose between."""

from collections.abc import Callable

from torch import nn

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}

CHOICES = tuple(ACTIVATIONS)


def activation(name: str) -> nn.Module:
    """A new module for one of `CHOICES`."""
    return ACTIVATIONS[name]()
