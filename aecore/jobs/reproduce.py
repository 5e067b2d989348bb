"""Train a recipe again and say whether its numbers come out as recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aecore.errors import RunError
from aecore.jobs.foreground import run_here
from aecore.runs.store import Runs
from aecore.training.events import Progress

TOLERANCE = 0.02  # relative; where device, precision or threads differ, sums are rounded in another order
SAME = ("device", "precision", "threads", "torch")


@dataclass(frozen=True)
class Number:
    """One number of the last epoch, as recorded and as it came out now."""

    name: str
    recorded: float
    reproduced: float
    agrees: bool


@dataclass(frozen=True)
class Agreement:
    """What came of it. `expected` says how close the numbers had to be, and why."""

    run: str
    reproduction: str
    agrees: bool
    expected: str
    numbers: tuple[Number, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def reproduce(runs: Runs, key: str) -> Iterator[Progress | Agreement]:
    """Train the recipe of a finished run into a new run: its progress, then the agreement. RunError if unfinished."""
    run = runs.get(key)
    summary = run.summary()
    if summary.state != "finished" or not run.metrics():
        raise RunError(f"{run.id} is {summary.state}: only a finished run can be reproduced; resume it first.")
    again = runs.create(run.recipe(), f"{summary.name}, again")
    for event in run_here(again):
        if isinstance(event, Progress):
            yield event
    if again.summary().state == "finished":
        exact = _same_machine(run.environment(), again.environment())
        numbers = tuple(_compare(run.metrics()[-1], again.metrics()[-1], 0.0 if exact else TOLERANCE))
        expected = (
            "to the last bit: same device, precision, threads and torch"
            if exact
            else f"within {TOLERANCE:.0%}: the first training ran on another device, precision, thread count or torch"
        )
        yield Agreement(run.id, again.id, all(each.agrees for each in numbers), expected, numbers)


def _same_machine(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return all(name in first and first[name] == second.get(name) for name in SAME) and "CPU" in str(first["device"])


def _compare(first: Mapping[str, Any], second: Mapping[str, Any], tolerance: float) -> Iterator[Number]:
    for part in ("train", "validation"):
        for name, recorded in first[part].items():
            reproduced = second[part].get(name, float("nan"))
            close = abs(recorded - reproduced) <= tolerance * abs(recorded)
            yield Number(f"{part}.{name}", recorded, reproduced, close)
