"""Whole training steps as one CUDA graph: no time passes between two kernels in which Python decides what comes next.

    step 1 .. WARM_UP    taken as always, in a stream of their own: what is made once is made here
    capture              the same code runs once more and nothing happens; every kernel is written down
    replay               all kernels at once, reading what differs from step to step from three tensors:
                         the places of the images, the learning rate, the share of training that is over

All of it is arithmetic of the same kernels on the same numbers. Random streams are made known to the graph and go on
where they were, so that a state between two steps is complete as ever. What a graph cannot hold is said by the scheme
(`Scheme.steady`): work that depends on what was computed before, or waits for it.

Source: PyTorch's documentation, "CUDA Graphs" (whole-network capture).
"""

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from aecore.training.batches import Places
from aecore.training.precision import Device

WARM_UP = 3  # steps before a graph is made: lazily made state is there, and libraries have chosen their kernels

Number = float | Tensor
Step = Callable[["Moment"], set[str]]


@dataclass(frozen=True)
class Moment:
    """What differs from one step to the next. Numbers may be tensors of one number on the device."""

    images: Places  # [batch]: in the training set
    learning_rate: Number
    done: Number  # share of all steps that are over
    chapter: str


@runtime_checkable
class Graph(Protocol):
    """What is used of torch.cuda.CUDAGraph."""

    def register_generator_state(self, generator: torch.Generator) -> None: ...

    def replay(self) -> None: ...


@runtime_checkable
class Recorder(Protocol):
    """The part of torch.cuda that makes graphs, so that who uses it can be tested where there is no GPU."""

    def apart(self) -> AbstractContextManager[object]:
        """A stream of its own for the steps before a graph."""
        ...

    def graph(self) -> Graph:
        """An empty graph."""
        ...

    def record(self, graph: Graph) -> AbstractContextManager[object]:
        """Kernels are written down and not run while it lasts."""
        ...


def why_not_captured(device: Device, steady: bool, resident: bool, ranks: int) -> str:
    """Why steps are taken one by one; "" when they can be replayed as a graph."""
    if not device.key.startswith("cuda") or torch.version.hip is not None:
        return "graphs of kernels are an ability of NVIDIA's cards"
    if ranks > 1:
        return "processes that train together wait for each other in the middle of a step"
    if not resident:
        return "the images do not fit into the device's memory"
    return "" if steady else "what a step does depends on what was computed before"


class Captured:
    """The steps of one chapter: some taken as they come, all others replayed."""

    def __init__(
        self,
        step: Step,
        generators: Callable[[], Iterable[torch.Generator]],
        totals: Callable[[set[str]], dict[str, Tensor]],
        recorder: Recorder,
    ):
        """`step` returns the names of the totals that it adds to in place, and `totals` gives them by their names."""
        self._step = step
        self._generators = generators
        self._totals = totals
        self._recorder = recorder
        self._taken = 0
        self._named: set[str] = set()
        self._impossible = False
        self._graph: Graph | None = None
        self._inputs: Moment | None = None
        self._held: dict[str, Tensor] = {}

    def emptied(self) -> dict[str, Tensor]:
        """The totals that the graph adds to, all 0 again; none before there is one."""
        for each in self._held.values():
            each.zero_()
        return dict(self._held)

    def __call__(self, moment: Moment) -> None:
        """Take one step."""
        if self._graph is not None and self._inputs is not None:
            self._replay(self._graph, self._inputs, moment)
        elif self._impossible:
            self._step(moment)
        elif self._taken < WARM_UP:
            with self._recorder.apart():
                self._named = self._step(moment)
        else:
            self._capture(moment)
        self._taken += 1

    def _capture(self, moment: Moment) -> None:
        """Write a step down, and take it. Where that is impossible it is taken as it comes, as all after it."""
        inputs, graph, held = _copy(moment), self._recorder.graph(), self._totals(self._named)
        for each in self._generators():
            graph.register_generator_state(each)
        try:
            with self._recorder.record(graph):
                self._step(inputs)
        except RuntimeError as error:
            warnings.warn(f"Steps are taken one by one: no graph could be made of them ({error}).", stacklevel=2)
            self._impossible = True
            self._step(moment)
            return
        self._graph, self._inputs, self._held = graph, inputs, held
        self._replay(graph, inputs, moment)

    def _replay(self, graph: Graph, inputs: Moment, moment: Moment) -> None:
        for own, given in zip(_tensors(inputs), _tensors(moment), strict=True):
            own.copy_(given, non_blocking=True)
        graph.replay()


class CudaRecorder:
    """torch.cuda itself."""

    def __init__(self, device: torch.device):
        self._device = device

    def apart(self) -> AbstractContextManager[object]:
        """A stream of its own, which begins when all before it is done, and is waited for."""
        return _Apart(self._device)

    def graph(self) -> Graph:
        """An empty graph."""
        return torch.cuda.CUDAGraph()

    def record(self, graph: Graph) -> AbstractContextManager[object]:
        """Write down what happens on this device."""
        return torch.cuda.graph(graph)  # type: ignore[arg-type]


class _Apart(AbstractContextManager[None]):
    def __init__(self, device: torch.device):
        self._main = torch.cuda.current_stream(device)
        self._own = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._inside = torch.cuda.stream(self._own)

    def __enter__(self) -> None:
        self._own.wait_stream(self._main)
        self._inside.__enter__()  # type: ignore[no-untyped-call]

    def __exit__(self, *error: object) -> None:
        self._inside.__exit__(*error)
        self._main.wait_stream(self._own)


def _tensors(moment: Moment) -> list[Tensor]:
    """What a graph reads. TypeError for numbers that do not lie on the device."""
    tensors = [moment.images, moment.learning_rate, moment.done]
    if not all(isinstance(each, Tensor) for each in tensors):
        raise TypeError("a graph reads its numbers from tensors")
    return [each for each in tensors if isinstance(each, Tensor)]


def _copy(moment: Moment) -> Moment:
    """The same numbers in tensors that stay where they are."""
    images, learning_rate, done = (each.clone() for each in _tensors(moment))
    return Moment(images, learning_rate, done, moment.chapter)
