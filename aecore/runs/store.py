"""All runs: those of one folder, and the starter runs that ship with the lab. Needs no torch to list.

RUNS/<id>/          a run
RUNS/.trash/<id>/   deleted, until the next start
RUNS/.exports/      zips made for downloading, until the next start
RUNS/.new-*/        a run being made; it appears by one renaming
RUNS/.queue/        who waits for which device (aecore.jobs)
"""

import hashlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aecore import places
from aecore.errors import RunError
from aecore.runs.archive import pack, unpack
from aecore.runs.files import write_error, write_file
from aecore.runs.folder import RECIPE, Run
from aecore.runs.job_folder import ABOUT, STATUS
from aecore.runs.names import clean_name, new_id
from aecore.runs.summary import RunSummary
from aecore.variants.catalog import variant

if TYPE_CHECKING:
    import aecore.training.recipe

TRASH, EXPORTS, NEW = ".trash", ".exports", ".new-"
ABANDONED_S = 3600.0  # a run still being made after an hour never will be
NOT_STARTED = "Not started yet."

Summaries = list[RunSummary]


class Runs:
    """The runs in `root` (otherwise `places.runs_folder()`) and the starter runs, which are read-only."""

    def __init__(self, root: str | Path | None = None, starters: Path | None = None):
        self.root = places.runs_folder(root)
        self.starters = starters or places.STARTER_RUNS

    def list(self) -> Summaries:
        """All runs, newest first, starter runs last. A damaged one is listed with what is wrong."""
        own = [run.summary() for run in _runs(self.root, starter=False)]
        own.sort(key=lambda summary: (summary.created, summary.id), reverse=True)
        return own + [run.summary() for run in _runs(self.starters, starter=True)]

    def get(self, key: str) -> Run:
        """The run whose id is `key`, or begins with it, or whose name is `key`. RunError: none, or several."""
        everyone = [*_runs(self.root, starter=False), *_runs(self.starters, starter=True)]
        for found in (
            [run for run in everyone if run.id == key][:1],
            [run for run in everyone if key and run.id.startswith(key)],
            [run for run in everyone if run.about()["name"] == key],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(run.id for run in found[:5])
                raise RunError(f"{key!r} means {len(found)} runs ({ids}): give more of the id.")
        raise RunError(f"There is no run {key!r} in {self.root.name}/: python -m aecore runs lists them.")

    def create(self, recipe: "aecore.training.recipe.Recipe", name: str | None = None, device: str = "auto") -> Run:
        """A new run folder, not started yet. RunError when the folder cannot be written or the name not be used."""
        now = datetime.now(UTC)
        title = clean_name(name) if name else f"{variant(recipe.variant).title} on {recipe.data.name}"
        content = recipe.to_json().encode()
        status = {"state": "stopped", "message": NOT_STARTED, "recipe_digest": hashlib.sha256(content).hexdigest()}
        with self._new_folder() as folder:
            write_file(folder / RECIPE, content)
            write_file(
                folder / ABOUT, json.dumps({"name": title, "created": now.isoformat(), "device": device}).encode()
            )
            write_file(folder / STATUS, json.dumps(status).encode())
            return self._appear(folder, self._free_id(now, recipe.variant))

    def rename(self, key: str, name: str) -> Run:
        """RunError for a starter run or a name that is empty or longer than 80 characters."""
        run = self.get(key)
        run.write_about(name=clean_name(name))
        return run

    def delete(self, key: str) -> str:
        """Move a run to the trash and return its id. RunError while it trains or waits, and for a starter run."""
        run = self.get(key)
        if run.starter:
            raise RunError(f"{run.id} is a starter run, which ships with the lab: it cannot be deleted.")
        if run.alive():
            raise RunError(f"{run.id} is under way: stop it before you delete it.")
        with run.hold():
            _move(run.path, self.root / TRASH / run.id)
        return run.id

    def undo(self, run_id: str) -> Run:
        """Bring a deleted run back by its id or the beginning of it. RunError when it is not in the trash."""
        found = [each for each in self.trashed() if each == run_id] or [
            each for each in self.trashed() if run_id and each.startswith(run_id)
        ]
        if len(found) != 1:
            raise RunError(
                f"{run_id!r} is not in the trash: deleted runs can be brought back by their id until the next start."
            )
        _move(self.root / TRASH / found[0], self.root / found[0])
        return Run(self.root / found[0], starter=False)

    def trashed(self) -> tuple[str, ...]:
        """Ids of the deleted runs that can be brought back, by id."""
        return tuple(run.id for run in _runs(self.root / TRASH, starter=False))

    def empty_trash(self) -> None:
        """Delete for good what lies in the trash, what was exported, and what was never made to the end."""
        shutil.rmtree(self.root / TRASH, ignore_errors=True)
        shutil.rmtree(self.root / EXPORTS, ignore_errors=True)
        for folder in self.root.glob(f"{NEW}*"):
            if time.time() - folder.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(folder, ignore_errors=True)

    def export_zip(self, key: str, target: Path | None = None) -> Path:
        """The run as one zip, with all that is needed to resume it; without a target below the runs folder."""
        run = self.get(key)
        file = target or self.root / EXPORTS / f"{run.id}.zip"
        if target is None:
            file.parent.mkdir(parents=True, exist_ok=True)
        pack(run, file, self.root)
        return file

    def import_zip(self, file: str | Path | io.BytesIO | io.BufferedReader) -> Run:
        """A run from a zip that `export_zip` made; a new id when it is taken. RunError for anything else."""
        from aecore.runs.imported import check_imported

        source = Path(file) if isinstance(file, str) else file
        if isinstance(source, Path) and not source.is_file():
            raise RunError(f"There is no file {source.name}: choose a zip that the lab exported.")
        with self._new_folder() as folder:
            wished = unpack(source, folder)
            check_imported(folder)
            if not wished or (self.root / wished).exists() or wished in self.trashed():
                wished = self._free_id(datetime.now(UTC), "imported")
            return self._appear(folder, wished)

    @contextmanager
    def _new_folder(self) -> Iterator[Path]:
        """A folder to make a run in; gone afterwards unless the run has appeared."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=NEW, dir=self.root))
        except OSError as error:
            raise write_error(error, f"{self.root.name}/", 0) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _free_id(self, now: datetime, word: str) -> str:
        """An id that no run has: within one second the four digits at its end can come twice."""
        return next(each for each in iter(lambda: new_id(now, word), None) if not (self.root / each).exists())

    def _appear(self, folder: Path, run_id: str) -> Run:
        path = self.root / run_id
        folder.chmod(0o755)  # a temporary folder is for its maker alone
        _move(folder, path)
        return Run(path, starter=False)


def _runs(folder: Path, starter: bool) -> "tuple[Run, ...]":
    """The runs in a folder by id. Whatever has no hidden name counts: a folder that is no run is shown as damaged."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RunError(f"The runs in {folder.name}/ cannot be listed ({error.strerror}).") from None
    return tuple(Run(folder / name, starter=starter) for name in names)


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except OSError as error:
        raise write_error(error, target.name, 0) from error
