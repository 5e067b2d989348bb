"""The contract between a scheme and the one training loop.

A scheme names groups of parameters; the loop gives each its optimiser. For every batch the scheme runs through its
phases: it yields a loss and the group that should make it small, the loop takes that step, and the scheme goes on
with the changed parameters. End-to-end training has one group and one phase; a GAN has two of each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from aecore.model import Autoencoder
from aecore.randomness import Streams
from aecore.shapes import Images, Scalar


@dataclass(frozen=True)
class Phase:
    """One loss, the group of parameters that it trains, and the named numbers to be recorded (means over a batch)."""

    group: str
    loss: Scalar
    parts: Mapping[str, Scalar]


@runtime_checkable
class Scheme(Protocol):
    """Built with `build(settings, corruption, objective)`."""

    def groups(self, model: Autoencoder) -> Mapping[str, list[nn.Parameter]]:
        """The groups of parameters, each of which gets an optimiser of its own."""
        ...

    def phases(self, model: Autoencoder, clean: Images, streams: Streams) -> Iterator[Phase]:
        """The phases for one batch of clean images in [0, 1]."""
        ...

    def measure(self, model: Autoencoder, clean: Images, streams: Streams) -> Mapping[str, Tensor]:
        """The same numbers as `parts`, and "loss", without training: one number per image."""
        ...
