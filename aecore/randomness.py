"""One seed for a run, and from it as many independent streams of chance as the run has purposes.

A stream is named ("weights", "batches", "corruption" ...): drawing more from one never shifts another, so that a
new use of chance does not change old results.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    import torch

MAX_SEED = 2**31 - 1


def derive(seed: int, *names: object) -> int:
    """A seed in [0, 2^63) for the stream that `names` name, the same on every machine."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def torch_stream(seed: int, *names: object, device: "torch.device | str" = "cpu") -> "torch.Generator":
    """A torch generator for the stream that `names` name."""
    import torch

    return torch.Generator(device=device).manual_seed(derive(seed, *names))


def numpy_stream(seed: int, *names: object) -> "numpy.random.Generator":
    """A numpy generator for the stream that `names` name."""
    import numpy

    return numpy.random.default_rng(derive(seed, *names))


class Streams:
    """The named torch generators of one run on one device, made when first asked for, with a state to keep."""

    def __init__(self, seed: int, device: "torch.device | str" = "cpu"):
        self.seed = seed
        self.device = device
        self._streams: dict[str, torch.Generator] = {}

    def __getitem__(self, name: str) -> "torch.Generator":
        """The generator called `name`: the same object at every call."""
        if name not in self._streams:
            self._streams[name] = torch_stream(self.seed, name, device=self.device)
        return self._streams[name]

    def used(self) -> "list[torch.Generator]":
        """Those that were asked for."""
        return list(self._streams.values())

    def state(self) -> "dict[str, torch.Tensor]":
        """The state of every stream that was used, as byte tensors."""
        return {name: stream.get_state() for name, stream in self._streams.items()}

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Go on from a state that `state` gave; streams it does not name start anew.

        Generators of another kind of device have states of another size, which this one cannot take up: such a
        stream starts anew too, from a seed that the state gives, so that it does not repeat what it once drew.
        """
        self._streams.clear()
        for name, each in state.items():
            stream = self[name]
            if each.numel() == stream.get_state().numel():
                stream.set_state(each)
            else:
                stream.manual_seed(derive(self.seed, name, each.numpy().tobytes().hex()))
