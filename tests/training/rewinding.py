"""Stand-ins for what a GPU makes of steps, on any machine."""

import contextlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

REFUSED = {f"aten::{name}" for name in ("_local_scalar_dense", "nonzero", "masked_select", "equal", "lift_fresh")}


class Rewinding:
    """In place of torch.cuda: what is recorded is undone, so that it did not happen, and a replay does it again."""

    def __init__(self, taken, tensors, fails=False):
        """`tensors`: all that the steps change but for the sums of `taken`, by name."""
        self.taken, self.tensors, self.fails, self.replayed = taken, tensors, fails, []

    def apart(self):
        return contextlib.nullcontext()

    def graph(self):
        return Rewound(self)

    @contextlib.contextmanager
    def record(self, graph, beside):
        kept = {name: each.clone() for name, each in self._tensors().items()}
        chance = [each.get_state() for each in graph.registered]
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        yield
        for name, each in self._tensors().items():
            each.copy_(kept[name])
        for each, state in zip(graph.registered, chance, strict=True):
            each.set_state(state)

    def _tensors(self):
        return self.tensors() | {f"total.{name}": each for name, each in self.taken.totals.items()}


class Rewound:
    """In place of a graph."""

    def __init__(self, recorder):
        self.recorder, self.registered = recorder, []

    def register_generator_state(self, generator):
        self.registered.append(generator)

    def pool(self):
        return self.recorder

    def replay(self):
        taken = self.recorder.taken
        (recording,) = (each for each in taken._chapter.recordings.values() if each.graph is self)
        self.recorder.replayed.append(len(recording.inputs))
        recording.run()
        # A graph adds to these very tensors, whatever Python calls by their names meanwhile.
        assert taken._chapter.held
        assert all(taken.totals[name] is each for name, each in taken._chapter.held.items())


class NothingIsWaitedFor(TorchDispatchMode):
    """Refuses what no graph can hold: to read a number, shapes that depend on one, numbers from elsewhere."""

    def __torch_dispatch__(self, operation, types, arguments=(), named=None):
        assert operation.name() not in REFUSED
        met = {each.device for each in tree_leaves((arguments, named)) if isinstance(each, torch.Tensor)}
        assert len(met) <= 1, f"{operation} of tensors on {met}"
        return operation(*arguments, **(named or {}))
