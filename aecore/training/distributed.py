"""One training by several processes, each with a part of every batch: `torchrun --nproc-per-node N -m aecore train ...`

    process r    its images of the batch -> its loss -> backward -> gradients of the whole batch -> the same step
                                                           ^ averaged by torch's DistributedDataParallel

Every process holds the whole model and optimiser and, since gradients are the same everywhere, so do their weights
stay. Chance and what belongs to a whole batch come from `aecore.sharing`, so that the numbers are those of one process,
but for the order in which sums are rounded.

DistributedDataParallel wants the forward pass to go through it. Schemes have passes of many kinds (a level, a
discriminator twice, a slope that is derived again), and a group of parameters that each of their losses trains.
So here it holds the parameters of a group, and what goes through it is the loss: it then finds the parameters that the
loss depends on, averages their gradients in buckets while the backward pass goes on, and leaves the others alone.

Process 0 alone has the run folder and decides when to look up, when a checkpoint is pressing and when to stop; the
others follow at every event.

Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.
"""

import gc
import time
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from aecore.errors import SettingError, TrainingError
from aecore.places import Companions
from aecore.sharing import Part, shared
from aecore.training.events import Event
from aecore.training.precision import Device, find_device

PROGRESS_S = 0.25
PATIENCE = timedelta(minutes=20)  # for a process that lives and does not answer; one that died is noticed at once
POLL_S = 0.2
STOP = 0  # in place of the number of steps to the next event
READY, BRIEF = "aecore/ready", "aecore/brief"


class Company:
    """The processes that train together, seen from one of them; this one is a company of one."""

    ranks = 1

    def device(self, asked_for: str) -> Device:
        """Where this process computes. SettingError where there is no such device for it."""
        return find_device(asked_for)

    def share(self, count: int) -> AbstractContextManager[Part]:
        """Within, a batch of `count` images is divided: this process has the part that is given."""
        return nullcontext(Part(count))

    def train(self, groups: Mapping[str, Sequence[nn.Parameter]]) -> None:
        """These are the parameters of the training that begins, in their groups."""

    def agreed(self, group: str, loss: Tensor, part: Part) -> Tensor:
        """The loss of a group to go backward from, after which the gradients are those of the whole batch."""
        return loss

    def total(self, sums: dict[str, Tensor]) -> Mapping[str, Tensor]:
        """The sums over all processes. What was summed so far is from then on kept by the first one."""
        return sums

    def kept(self, sums: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Of sums that one process is to have, what this one has."""
        return dict(sums)

    def due(self, time_is_up: bool) -> bool:
        """Whether all processes look up from their steps now."""
        return time_is_up

    def decided(self, mine: bool) -> bool:
        """What the first process decides."""
        return mine

    def together(self, events: Iterator[Event]) -> Generator[Event, None, None]:
        """The events, each reached by all processes; where the first process ends them the others end too."""
        yield from events

    def leave(self) -> None:
        """Nothing more to do together."""


class Together(Company):
    """One of several processes that torchrun started."""

    def __init__(self, companions: Companions):
        """Wait for all of them. The first one says by coming that there is something to train."""
        self.rank, self.ranks = companions.rank, companions.ranks
        self._local_rank, self._local_ranks = companions.local_rank, companions.local_ranks
        self._averaging: dict[str, nn.Module] = {}
        self._steps = self._left = 1
        self._since = time.monotonic()
        self._store = _begin(self.rank)

    # --- before training

    def device(self, asked_for: str) -> Device:
        """A GPU for each process, or the CPU for all. SettingError where there are fewer GPUs than processes."""
        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if asked_for == "cpu" or (asked_for == "auto" and not gpus):
            return find_device("cpu")
        if asked_for not in ("auto", "cuda"):
            raise SettingError(
                f"{self.ranks} processes cannot train on {asked_for!r}, which is one device: leave --device out for a "
                "GPU each, or choose --device cpu."
            )
        if gpus < self._local_ranks:
            raise SettingError(
                f"There are {self._local_ranks} processes and {gpus} GPUs: start torchrun with --nproc-per-node "
                f"{max(gpus, 1)}, or choose --device cpu."
            )
        device = find_device(f"cuda:{self._local_rank}")
        torch.cuda.set_device(device.key)
        return device

    def tell(self, brief: str) -> None:
        """What the first process has the others do."""
        self._store.set(BRIEF, brief)

    def told(self) -> str:
        """Wait for what the first process tells."""
        self._store.wait([BRIEF], PATIENCE)
        return str(self._store.get(BRIEF).decode())

    # --- a step

    @contextmanager
    def share(self, count: int) -> Iterator[Part]:
        """A batch of fewer images than processes is computed by all alike and counted by the first."""
        if count < self.ranks:
            yield Part(count, counted=self.rank == 0)
            return
        part = Part(count, self.rank, self.ranks)
        with shared(part, _Sum.apply):
            yield part

    def train(self, groups: Mapping[str, Sequence[nn.Parameter]]) -> None:
        """Each group is averaged by itself."""
        self._averaging = {name: _averaging(each) for name, each in groups.items()}
        self._steps = self._left = 1

    def agreed(self, group: str, loss: Tensor, part: Part) -> Tensor:
        """The mean of the processes' gradients, each counted by its images."""
        agreed: Tensor = self._averaging[group](loss * part.weight)
        return agreed

    def total(self, sums: dict[str, Tensor]) -> Mapping[str, Tensor]:
        """In double precision. Every process has the same names: they went through the same phases."""
        if not sums:
            return {}
        names = sorted(sums)
        values = torch.stack([sums[name].double() for name in names]).cpu()
        dist.all_reduce(values)
        total = {name: each.to(sums[name]) for name, each in zip(names, values, strict=True)}
        sums.update(self.kept(total))
        return total

    def kept(self, sums: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Zeros but in the first process."""
        return {name: each.clone() if self.rank == 0 else torch.zeros_like(each) for name, each in sums.items()}

    # --- events

    def due(self, time_is_up: bool) -> bool:
        """After as many steps as the first process said, by how long the last ones took."""
        self._left -= 1
        return self._left <= 0

    def decided(self, mine: bool) -> bool:
        """What the first process decides: by its own clock, which is not that of the others."""
        decision = torch.tensor([int(mine)])
        dist.broadcast(decision, 0)
        return bool(decision)

    def together(self, events: Iterator[Event]) -> Generator[Event, None, None]:
        """TrainingError when another process has ended or does not answer."""
        while (event := self._next(events)) is not None:
            try:
                yield event
            except GeneratorExit:
                self._say(STOP)
                raise
            if not self._go_on():
                return

    def leave(self) -> None:
        """End the group.

        What averages goes first, and the group's threads are given a moment to put down what they have sent: as the
        last to hold the group it would wait for those threads, and they for Python's lock, for ever.
        """
        time.sleep(POLL_S)
        self._averaging.clear()
        gc.collect()
        if dist.is_initialized():
            dist.destroy_process_group()

    def _next(self, events: Iterator[Event]) -> Event | None:
        try:
            return next(events, None)
        except RuntimeError as error:
            raise (_lost(self.ranks) if _is_loss(error) else error) from error

    def _go_on(self) -> bool:
        """Agree on the number of steps until all look up again; False when the first process has stopped."""
        try:
            steps = self._say(self._steps_until_next())
        except RuntimeError as error:
            raise _lost(self.ranks) from error
        self._steps = self._left = steps
        self._since = time.monotonic()
        return steps != STOP

    def _steps_until_next(self) -> int:
        """As many as take about `PROGRESS_S`, but at most twice as many as before."""
        taken = self._steps - max(self._left, 0)
        if taken == 0:
            return self._steps
        by_clock = PROGRESS_S * taken / max(time.monotonic() - self._since, 1e-6)
        return max(1, min(int(by_clock), 2 * self._steps))

    def _say(self, steps: int) -> int:
        """The number of the first process, which the others listen to. What cannot be heard any more is not said."""
        said = torch.tensor([steps], dtype=torch.int64)
        try:
            dist.broadcast(said, 0)
        except RuntimeError:
            if steps != STOP:
                raise
        return int(said)


def _begin(rank: int) -> Any:
    """The store of torchrun, in which process 0 may be late by as long as it stands in a line, and the group."""
    store, rank, ranks = next(rendezvous("env://", timeout=PATIENCE))
    if rank == 0:
        store.set(READY, "")
    while rank > 0 and not store.check([READY]):
        time.sleep(POLL_S)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=ranks, timeout=PATIENCE)
    return store


class _Sum(torch.autograd.Function):
    """The sum over all processes; the gradient of one that each gets is the sum of what all got, as often as asked."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        """The same shape."""
        total = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """The same shape."""
        total: Tensor = _Sum.apply(gradients[0])  # type: ignore[no-untyped-call]
        return total


class _Loss(nn.Module):
    """A loss on its way to the parameters of a group."""

    def __init__(self, parameters: Sequence[nn.Parameter]):
        super().__init__()
        self.group = nn.ParameterList(parameters)
        # DistributedDataParallel looks which parameters a loss leaves alone, and warns where there are none: one is.
        self.never = nn.Parameter(parameters[0].new_zeros(()))

    def forward(self, loss: Tensor) -> Tensor:
        """The loss as it is."""
        return loss


def _averaging(parameters: Sequence[nn.Parameter]) -> nn.Module:
    """Averages the gradients of those parameters that a loss depends on: in a chapter that may be few of a group.

    The weights are equal from the start, made from the same seed or checkpoint, and so are not sent.
    """
    # Weights of one channel lie in memory in two ways at once, of which it expects the other.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides", UserWarning)
    return nn.parallel.DistributedDataParallel(_Loss(parameters), init_sync=False, find_unused_parameters=True)


def _is_loss(error: RuntimeError) -> bool:
    """Whether another process is the reason. gloo's errors have no type of their own."""
    words = str(error)
    return isinstance(error, dist.DistError) or any(each in words for each in ("gloo", "NCCL", "Connection closed"))


def _lost(ranks: int) -> TrainingError:
    return TrainingError(
        f"One of the {ranks} processes that train together has ended or does not answer: its own messages may say "
        "why. Resume the run, with any number of processes, to go on from its last checkpoint."
    )
