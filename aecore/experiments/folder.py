"""The folder of an experiment, a job like a run: RUNS/.experiments/<id>/

task.json       which experiment, on which data, with which settings
results.jsonl   one line for every result, appended as they come
and what every job has: about.json, status.json, log.txt, lock, stop
"""

import json
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aecore import __version__
from aecore.errors import LabError, RunError, SettingError
from aecore.experiments.catalog import find_kind
from aecore.experiments.experiment import Advance, Kind, Place, Result
from aecore.runs.files import append_line, read_lines, read_object, write_file
from aecore.runs.job_folder import JobFolder
from aecore.runs.status import LiveStatus
from aecore.runs.summary import mapping, number, text, whole
from aecore.settings import Settings

TASK, RESULTS = "task.json", "results.jsonl"
FORMAT = 1


@dataclass(frozen=True)
class Task:
    """What is to be done: everything needed to do it again."""

    experiment: str
    dataset: str
    settings: Settings
    code_version: str = __version__

    @property
    def kind(self) -> Kind:
        """The entry of the catalog."""
        return find_kind(self.experiment)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "experiment": self.experiment,
            "dataset": self.dataset,
            "settings": self.settings.to_dict(),
            "code_version": self.code_version,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Task":
        """SettingError for a key nobody knows, one that is missing, or a value that does not fit."""
        keys = ("format", "experiment", "dataset", "settings", "code_version")
        if set(values) != set(keys) or values["format"] != FORMAT:
            raise SettingError(f"A task of format {FORMAT} has {', '.join(keys)}, and this one does not.")
        kind = find_kind(values["experiment"])
        settings = kind.settings.from_dict(values["settings"], kind.key)
        return cls(kind.key, str(values["dataset"]), settings, str(values["code_version"]))


@dataclass(frozen=True)
class ExperimentSummary:
    """What a list shows of an experiment."""

    id: str
    name: str
    experiment: str  # "" where the task cannot be read
    dataset: str
    state: str
    created: str
    results: int
    message: str
    place: int | None  # in the queue: 1 is next
    done: float  # share of all work, 0 to 1
    doing: str  # what it does now, in words
    seconds_left: float | None


class Experiment(JobFolder):
    """One experiment's folder."""

    kind, works = "experiment", "runs"

    @property
    def runs_folder(self) -> Path:
        """Two levels up: experiments wait in the same lines as runs."""
        return self.path.parent.parent

    def task(self) -> Task:
        """RunError when task.json is missing or cannot be used."""
        try:
            return Task.from_dict(read_object(self.path / TASK))
        except (LabError, TypeError, AttributeError) as error:
            raise RunError(f"The experiment {self.id} cannot be used: {error}") from None

    def results(self) -> list[dict[str, Any]]:
        """All results so far, in the order in which they came."""
        return read_lines(self.path / RESULTS)

    def summary(self) -> ExperimentSummary:
        """Never an error: what is wrong stands in `message`."""
        status, about = self.status(), self.about()
        try:
            values = read_object(self.path / TASK)
        except RunError as error:
            values, status = {}, status | {"state": "failed", "message": f"{error}."}
        progress = mapping(status, "progress")
        return ExperimentSummary(
            id=self.id,
            name=str(about["name"]),
            experiment=text(values, "experiment"),
            dataset=text(values, "dataset"),
            state=status["state"],
            created=str(about["created"]),
            results=len(self.results()),
            message=text(status, "message"),
            place=(whole(status, "place") or None) if status["state"] == "queued" else None,
            done=1.0 if status["state"] == "finished" else number(progress, "done") or 0.0,
            doing=text(progress, "message"),
            seconds_left=number(progress, "seconds_left"),
        )

    def perform(self, status: LiveStatus, device: str) -> Generator[Advance | Result, None, None]:
        """Do what is left of the task, writing down results and progress. The caller holds the experiment."""
        task = self.task()
        known = self.results()
        # A line that was cut off would swallow the next one.
        write_file(self.path / RESULTS, "".join(json.dumps(each) + "\n" for each in known).encode())
        self.write_log(f"{task.kind.title} on {task.dataset}: {len(known)} results are there.")
        clock = _Clock()
        place = Place(self.path, device, tuple(known))
        with closing(task.kind.perform(task.settings, task.dataset, place)) as events:
            for event in events:
                if isinstance(event, Result):
                    append_line(self.path / RESULTS, json.dumps(dict(event.values)))
                    self.write_log(event.in_words())
                else:
                    left = clock.left(event.done)
                    status.update(progress={"done": event.done, "message": event.message, "seconds_left": left})
                yield event
        self.write_log(f"Finished with {len(self.results())} results.")


class _Clock:
    """How long it will still take, from how far it came since it began or went on."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None

    def left(self, done: float) -> float | None:
        """Seconds; None while nothing is known."""
        if self._first is None:
            self._first = done
        made = done - self._first
        return (time.monotonic() - self._started) * (1 - done) / made if made > 0 else None
