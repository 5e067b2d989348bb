"""Train a recipe again and say whether its numbers come out as recorded.

On a CPU the same recipe gives the same numbers to the last bit, in every epoch, as long as nothing changes that
decides how sums are rounded: processor, precision, number of threads, versions. The new run therefore uses as many
threads as the old one did. Otherwise the numbers of the last epoch are compared within a tolerance:

    |recorded - reproduced| <= 3 % of |recorded| + 0.1 % of the loss

Measured on six short trainings of four variants, 500 to 4,000 images: one thread for two, or float32 for bfloat16,
moved the loss by less than 0.1 % in five of them and by 2.1 % in one. The second term is for parts that hardly count:
in one of the five the KL moved by 13 %, of 0.5 nats in a loss of 205.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aecore.errors import RunError, SettingError
from aecore.jobs.foreground import run_here
from aecore.runs.folder import Run
from aecore.runs.names import MAX_NAME
from aecore.runs.store import Runs
from aecore.runs.summary import mapping, number
from aecore.training.events import Progress

TOLERANCE = 0.03
FLOOR = 0.001  # of the loss
DECISIVE = ("device", "precision", "threads", "torch", "numpy", "aecore")
AGAIN = ", again"

Line = Mapping[str, Any]  # of metrics.jsonl


@dataclass(frozen=True)
class Number:
    """One number, as recorded and as it came out now. None is a number that is not there."""

    name: str
    recorded: float | None
    reproduced: float | None
    agrees: bool


@dataclass(frozen=True)
class Agreement:
    """What came of it. `expected` says how close the numbers had to be, and why."""

    run: str
    reproduction: str
    agrees: bool
    tolerance: float  # relative; 0 demands the last bit
    expected: str
    epochs: tuple[int, ...]  # those that were compared
    first_difference: int | None  # the first of them with a number that does not agree
    numbers: tuple[Number, ...]  # of the last epoch

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def reproduce(runs: Runs, key: str | Run, device: str | None = None) -> Iterator[Run | Progress | Agreement]:
    """Train the recipe of a finished run into a new run: that run, its progress, then the agreement.

    `device` is otherwise the one the run was made for, if it is there. Without an agreement at the end the new run
    was stopped. RunError for a run that is unfinished, whose numbers are not recorded or whose pictures have changed.
    """
    run = key if isinstance(key, Run) else runs.get(key)
    recorded = _recorded(run)
    again = _create(runs, run, device)
    yield again
    for event in run_here(again):
        if isinstance(event, Progress):
            yield event
    if again.summary().state == "finished":
        yield _agreement(run, recorded, again)


def _recorded(run: Run) -> dict[int, Line]:
    """The lines of the metrics by epoch."""
    summary = run.summary()
    if summary.state != "finished":
        raise RunError(f"{run.id} is {summary.state}: only a finished run can be reproduced; resume it first.")
    recorded: dict[int, Line] = {line["epoch"]: line for line in run.metrics()}
    if number(recorded.get(summary.epochs_total, {}), "validation", "loss") is None:
        raise RunError(
            f"{run.id} has no record of its last epoch, {summary.epochs_total}: there is nothing to compare."
        )
    return recorded


def _create(runs: Runs, run: Run, device: str | None) -> Run:
    from aecore.runs.threads import settle_threads
    from aecore.training.prepare import prepare

    recipe = run.recipe()
    bound, _ = prepare(recipe)
    if recipe.data.fingerprint not in ("", bound.data.fingerprint):
        raise RunError(
            f"The pictures of {recipe.data.name!r} have changed since {run.id} was trained: bring the old ones back "
            "under this name to train it again."
        )
    settle_threads(run)
    name = run.summary().name[: MAX_NAME - len(AGAIN)] + AGAIN
    return runs.create(bound, name, _device(run, device))


def _device(run: Run, asked_for: str | None) -> str:
    from aecore.training.precision import find_device

    wished = asked_for or str(run.about()["device"])
    try:
        return wished if wished == "auto" else find_device(wished).key
    except SettingError:
        if asked_for:
            raise
        return "auto"  # the run comes from a machine with other devices


def _agreement(run: Run, recorded: Mapping[int, Line], again: Run) -> Agreement:
    reproduced = {line["epoch"]: line for line in again.metrics()}
    tolerance, expected = _expected(run.environment(), again.environment())
    last = max(reproduced)
    epochs = tuple(sorted(reproduced)) if tolerance == 0 else (last,)
    compared = {epoch: _compare(recorded.get(epoch, {}), reproduced[epoch], tolerance) for epoch in epochs}
    different = [epoch for epoch, numbers in compared.items() if not all(each.agrees for each in numbers)]
    return Agreement(
        run=run.id,
        reproduction=again.id,
        agrees=not different,
        tolerance=tolerance,
        expected=expected,
        epochs=epochs,
        first_difference=min(different, default=None),
        numbers=compared[last],
    )


def _expected(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[float, str]:
    """How close the numbers must be, as a share and in words."""
    differing = [name for name in DECISIVE if first.get(name) != second.get(name)]
    if differing:
        return TOLERANCE, f"within {TOLERANCE:.0%}, because of another {', '.join(differing)}"
    if first.get("earlier"):
        return TOLERANCE, f"within {TOLERANCE:.0%}, because parts of the run were trained elsewhere"
    if not str(first["device"]).startswith("CPU"):
        return TOLERANCE, f"within {TOLERANCE:.0%}, because a GPU does not add in a fixed order"
    return 0.0, "to the last bit, because device, precision, threads and versions are the same"


def _compare(first: Line, second: Line, tolerance: float) -> tuple[Number, ...]:
    return tuple(
        _number(part, name, first, second, tolerance)
        for part in ("train", "validation")
        for name in _names(mapping(first, part), mapping(second, part))
    )


def _names(*values: Mapping[str, Any]) -> Sequence[str]:
    return list(dict.fromkeys(name for each in values for name in each))


def _number(part: str, name: str, first: Line, second: Line, tolerance: float) -> Number:
    recorded, reproduced = number(first, part, name), number(second, part, name)
    if recorded is None or reproduced is None:
        return Number(f"{part}.{name}", recorded, reproduced, agrees=False)
    floor = FLOOR * abs(number(first, part, "loss") or 0.0) if tolerance else 0.0
    agrees = abs(recorded - reproduced) <= tolerance * abs(recorded) + floor
    return Number(f"{part}.{name}", recorded, reproduced, agrees)
