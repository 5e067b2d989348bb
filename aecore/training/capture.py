"""Whole training steps as one CUDA graph: no time passes between two kernels in which Python decides what comes next.

    step 1 .. WARM_UP    taken as always, in a stream of their own: what is made once is made here
    capture              the same code runs once more for SPAN steps and nothing happens; every kernel is written down
    replay               all kernels at once, reading what differs from step to step from three tensors:
                         the places of the images, the learning rate, the share of training that is over

All of it is arithmetic of the same kernels on the same numbers. Random streams are made known to the graph and go on
where they were, so that a state between two steps is complete as ever. What a graph cannot hold is said by the scheme
(`Scheme.replayable`): work that depends on what was computed before, or waits for it.

Source: PyTorch's documentation, "CUDA Graphs" (whole-network capture).
"""

import gc
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from aecore import kernels
from aecore.training.batches import Places
from aecore.training.precision import Device, widest

WARM_UP = 3  # steps before a graph is made: lazily made state is there, and libraries have chosen their kernels
SPAN = 8  # steps of a graph: what starting one costs is shared by them, and a stop is not long in coming

Number = float | Tensor
Numbers = Sequence[float] | Tensor


@dataclass(frozen=True)
class Moment:
    """What differs from one step to the next. Numbers may be tensors on the device."""

    images: Places  # [batch]: in the training set
    learning_rate: Number  # for each model of a race, [models], where theirs differ
    done: Number  # share of all steps that are over
    chapter: str


@dataclass(frozen=True)
class Span:
    """Steps that follow each other in one chapter, each of the same size."""

    images: Places  # [steps, batch]: in the training set
    learning_rates: Numbers  # [steps] or [steps, models]
    done: Numbers  # [steps]
    chapter: str

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Moment]:
        for images, rate, done in zip(self.images, self.learning_rates, self.done, strict=True):
            yield Moment(images, rate, done, self.chapter)

    def part(self, begin: int, end: int, chapter: str) -> "Span":
        """The steps from `begin` to before `end`, which are of this chapter."""
        return Span(self.images[begin:end], self.learning_rates[begin:end], self.done[begin:end], chapter)

    def on(self, device: Device) -> "Span":
        """The same in tensors on a device."""
        images = torch.as_tensor(self.images).to(device.key)
        rates, done = (
            torch.as_tensor(each, dtype=torch.float32).to(device.key) for each in (self.learning_rates, self.done)
        )
        return Span(images, rates, done, self.chapter)

    def copy(self) -> "Span":
        """The same numbers in tensors that stay where they are. TypeError unless all lie on the device."""
        images, rates, done = (each.clone() for each in self._tensors())
        return Span(images, rates, done, self.chapter)

    def take_up(self, other: "Span") -> None:
        """Put the numbers of another span of the same size into the tensors of this one."""
        for own, given in zip(self._tensors(), other._tensors(), strict=True):
            own.copy_(given, non_blocking=True)

    def _tensors(self) -> list[Tensor]:
        tensors = [self.images, self.learning_rates, self.done]
        if not all(isinstance(each, Tensor) for each in tensors):
            raise TypeError("a graph reads its numbers from tensors")
        return [each for each in tensors if isinstance(each, Tensor)]


@dataclass(frozen=True)
class Course:
    """All steps of an epoch, of chapters that may change from one step to the next."""

    epoch: int
    steps: Span
    chapters: Sequence[str]


@runtime_checkable
class Graph(Protocol):
    """What is used of torch.cuda.CUDAGraph."""

    def register_generator_state(self, generator: torch.Generator) -> None: ...

    def pool(self) -> object: ...

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

    def record(self, graph: Graph, beside: Graph | None) -> AbstractContextManager[object]:
        """Kernels are written down and not run while it lasts. Graphs that take turns can share their memory."""
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


def replays(work: Callable[[], object], count: int, recorder: Recorder) -> Callable[[], None]:
    """Does some work `count` times when called, as a graph; RuntimeError for work that none can hold."""
    with kernels.in_use():
        with recorder.apart():
            for _ in range(WARM_UP):
                work()
        graph = recorder.graph()
        with recorder.record(graph, None):
            for _ in range(count):
                work()
    return graph.replay


class Steps:
    """Takes the steps of a training, some as they come and all others replayed, and sums up what they measure.

    Sums lie on the device, as exact as it can be. A graph adds to the very tensors it was made with.
    """

    def __init__(self, recorder: Recorder | None, generators: Callable[[], Iterable[torch.Generator]], device: Device):
        """Without a recorder all steps are taken as they come. `generators`: all that steps draw from."""
        self.recorder = recorder
        self.totals: dict[str, Tensor] = {}
        self.course: Course | None = None  # of the epoch in progress, for whoever makes it
        self._generators = generators
        self._exact = widest(device)
        self._chapter = _Chapter(None)

    def begin_epoch(self) -> None:
        """Sum up anew."""
        for each in self._chapter.held.values():
            each.zero_()
        self.totals = dict(self._chapter.held)

    def add(self, means: Mapping[str, Tensor], count: int) -> None:
        """Means over `count` images, called within a step: nothing waits for the device here."""
        for name, mean in means.items():
            if name in self.totals:
                self.totals[name].add_(mean.detach(), alpha=count)  # in place: a graph goes on with the same tensors
            else:
                self.totals[name] = mean.detach().to(self._exact) * count
            self._chapter.named[name] = self.totals[name]

    def ahead(self, key: Hashable) -> int:
        """How many steps of a chapter can be taken at once from now on."""
        known = self.recorder is not None and self._chapter.key == key and self._chapter.taken >= WARM_UP
        return SPAN if known and not self._chapter.impossible else 1

    def take(self, span: Span, key: Hashable, step: Callable[[Moment], None]) -> None:
        """Take the steps of a span of 1 or SPAN. `key` names what they have in common but for their numbers."""
        if self.recorder is None:
            _one_by_one(span, step)
            return
        if self._chapter.key != key:
            self._chapter = _Chapter(key)
        chapter = self._chapter
        recording = chapter.recordings.get(len(span))
        if recording is not None:
            recording.replay(span)
        elif chapter.impossible:
            _one_by_one(span, step)
        elif chapter.taken < WARM_UP:
            with self.recorder.apart(), kernels.in_use():  # which are made ready here, for the graph
                _one_by_one(span, step)
        else:
            self._record(span, step, self.recorder)
        chapter.taken += len(span)

    def _record(self, span: Span, step: Callable[[Moment], None], recorder: Recorder) -> None:
        """Write steps down, and take them. Where that is impossible they are taken as they come, as all after them."""
        chapter, recording = self._chapter, Recording(recorder.graph(), span.copy(), step)
        chapter.held = {name: self.totals.get(name, torch.zeros_like(each)) for name, each in chapter.named.items()}
        self.totals |= chapter.held
        for each in self._generators():
            recording.graph.register_generator_state(each)
        others = [each.graph for each in chapter.recordings.values()]
        try:
            with recorder.record(recording.graph, others[0] if others else None):
                recording.run()
        except RuntimeError as error:
            warnings.warn(f"Steps are taken one by one: no graph could be made of them ({error}).", stacklevel=2)
            chapter.impossible = True
            _one_by_one(span, step)
            return
        chapter.recordings[len(span)] = recording
        recording.replay(span)


@dataclass(frozen=True)
class Recording:
    """A graph, the tensors it reads its numbers from, and what was written down."""

    graph: Graph
    inputs: Span
    step: Callable[[Moment], None]

    def run(self) -> None:
        """The steps as Python takes them."""
        with kernels.in_use():
            _one_by_one(self.inputs, self.step)

    def replay(self, span: Span) -> None:
        """Take steps with the numbers of `span`."""
        self.inputs.take_up(span)
        self.graph.replay()


@dataclass
class _Chapter:
    """What is known of steps that differ in their numbers only."""

    key: Hashable
    taken: int = 0
    impossible: bool = False
    named: dict[str, Tensor] = field(default_factory=dict)  # what its steps add to
    held: dict[str, Tensor] = field(default_factory=dict)  # the tensors that its graphs add to
    recordings: dict[int, Recording] = field(default_factory=dict)  # by the number of steps


def _one_by_one(span: Span, step: Callable[[Moment], None]) -> None:
    for moment in span:
        step(moment)


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

    @contextmanager
    def record(self, graph: Graph, beside: Graph | None) -> Iterator[None]:
        """Write down what happens on this device. Other threads may go on using it meanwhile."""
        pool: Any = None if beside is None else beside.pool()
        held = torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local")  # type: ignore[arg-type]
        collecting = gc.isenabled()
        gc.disable()  # a graph of an earlier training that is thrown away meanwhile spoils this one
        try:
            with held:
                yield
        finally:
            if collecting:
                gc.enable()


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
