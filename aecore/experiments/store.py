"""All experiments of one folder of runs, and those whose results ship with the lab. Needs no torch."""

import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aecore import places
from aecore.errors import LabError, RunError, SettingError
from aecore.experiments.catalog import find_kind
from aecore.experiments.folder import TASK, Experiment, Task
from aecore.runs.files import read_object, write_error, write_file
from aecore.runs.job_folder import ABOUT, EXPERIMENTS, STATUS
from aecore.runs.names import clean_name, new_id
from aecore.settings import describe, unknown_setting

DELETED = ".deleted-"
SHIPPED = places.ASSETS / "experiments"


@dataclass(frozen=True)
class Shipped:
    """A finished experiment of which only task and results are kept."""

    task: Task
    results: list[dict[str, Any]]


class Experiments:
    """The experiments beside the runs in `root` (otherwise `places.runs_folder()`)."""

    def __init__(self, root: str | Path | None = None, shipped: Path | None = None):
        self.root = places.runs_folder(root) / EXPERIMENTS
        self.shipped_folder = shipped or SHIPPED

    def list(self, kind: str = "") -> "Sequence[Experiment]":
        """All, or those of one kind, the newest first."""
        try:
            folders = sorted((each for each in self.root.iterdir() if (each / TASK).exists()), reverse=True)
        except FileNotFoundError:
            return []
        found = [Experiment(each) for each in folders if not each.name.startswith(".")]
        return [each for each in found if kind in ("", each.summary().experiment)]

    def get(self, key: str) -> Experiment:
        """The experiment whose id is `key` or begins with it. RunError: none, or several."""
        found = [each for each in self.list() if key and each.id.startswith(key)]
        if len(found) != 1:
            raise RunError(f"{key!r} means {len(found)} experiments: give an id, or more of it.")
        return found[0]

    def create(self, task: Task, name: str | None = None, device: str = "auto") -> Experiment:
        """A new folder, not started yet. RunError when it cannot be written."""
        now = datetime.now(UTC)
        title = clean_name(name) if name else f"{task.kind.title} on {task.dataset}"
        made = self.root / f".new-{secrets.token_hex(4)}"
        path = self.root / new_id(now, task.experiment.replace("_", "-"))
        about = {"name": title, "created": now.isoformat(), "device": device}
        try:
            made.mkdir(parents=True)
            write_file(made / TASK, json.dumps(task.to_dict(), indent=1).encode())
            write_file(made / ABOUT, json.dumps(about).encode())
            write_file(made / STATUS, json.dumps({"state": "stopped", "message": "Not started yet."}).encode())
            made.rename(path)
        except OSError as error:
            raise write_error(error, f"{EXPERIMENTS}/", 0) from error
        return Experiment(path)

    def delete(self, key: str) -> str:
        """Delete an experiment with its results for good and return its id. RunError while it runs or waits.

        It disappears from the list at once and whole; what a deletion before left behind goes with it.
        """
        experiment = self.get(key)
        if experiment.alive():
            raise RunError(f"{experiment.id} is under way: stop it before you delete it.")
        with experiment.hold():
            try:
                experiment.path.rename(self.root / f"{DELETED}{secrets.token_hex(4)}")
            except OSError as error:
                raise RunError(
                    f"{experiment.id} could not be deleted ({error.strerror}): make the folder of the runs writable."
                ) from error
        for folder in self.root.glob(f"{DELETED}*"):
            shutil.rmtree(folder, ignore_errors=True)
        return experiment.id

    def unfinished(self, task: Task) -> Experiment | None:
        """The newest one of this very task that is not finished, to go on with."""
        for each in self.list(task.experiment):
            try:
                if each.task() == task and each.status()["state"] != "finished":
                    return each
            except RunError:
                continue
        return None

    def shipped(self, kind: str) -> "Sequence[Shipped]":
        """The finished ones that come with the lab."""
        found = []
        for path in sorted(self.shipped_folder.glob("*.json")) if self.shipped_folder.is_dir() else []:
            try:
                each = read_shipped(path)
            except LabError:
                continue
            if each.task.experiment == kind:
                found.append(each)
        return found


def make_task(kind: str, dataset: str, changes: Mapping[str, object] | None = None) -> Task:
    """The task with some settings changed, as text or as values. SettingError for what does not fit."""
    settings = find_kind(kind).settings
    known = {each.name: each for each in describe(settings)}
    values = {}
    for name, value in (changes or {}).items():
        if name not in known:
            raise SettingError(unknown_setting(name, known))
        values[name] = known[name].parse(value) if isinstance(value, str) else known[name].check(value)
    return Task(kind, dataset, settings(**values))


def ship_experiment(experiment: Experiment, file: Path) -> None:
    """Write task and results into one small file. RunError for one that is not finished."""
    if experiment.status()["state"] != "finished":
        raise RunError(f"{experiment.id} is {experiment.status()['state']}: only a finished experiment can be shipped.")
    results = experiment.results()
    columns = list(dict.fromkeys(name for each in results for name in each))
    head = json.dumps({"task": experiment.task().to_dict(), "columns": columns})[:-1]
    rows = ",\n".join(json.dumps([each.get(name) for name in columns]) for each in results)
    write_file(file, f'{head}, "rows": [\n{rows}\n]}}\n'.encode())


def read_shipped(file: Path) -> Shipped:
    """RunError or SettingError for a file of another form."""
    values = read_object(file)
    try:
        task, columns, rows = Task.from_dict(values["task"]), values["columns"], values["rows"]
        results = [{name: value for name, value in zip(columns, row, strict=True) if value is not None} for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{file.name} holds no experiment ({error}).") from None
    return Shipped(task, results)
