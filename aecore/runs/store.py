"""All runs: those of one folder, and the starter runs that ship with the lab. Needs no torch to list."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from aecore.runs.folder import Run, RunSummary

if TYPE_CHECKING:
    import aecore.training.recipe


class Runs:
    """The runs in `root` (otherwise `places.runs_folder()`) and the starter runs, which are read-only."""

    def __init__(self, root: str | Path | None = None, starters: Path | None = None):
        raise NotImplementedError

    def list(self) -> list[RunSummary]:
        """All runs, newest first, starter runs last. A damaged one is listed with what is wrong."""
        raise NotImplementedError

    def get(self, key: str) -> Run:
        """The run whose id is `key`, or begins with it, or whose name is `key`. RunError: none, or several."""
        raise NotImplementedError

    def create(self, recipe: "aecore.training.recipe.Recipe", name: str | None = None, device: str = "auto") -> Run:
        """A new run folder, not started yet."""
        raise NotImplementedError

    def rename(self, key: str, name: str) -> Run:
        """RunError for a starter run or a name that is empty or longer than 80 characters."""
        raise NotImplementedError

    def delete(self, key: str) -> str:
        """Move a run to the trash and return its id. RunError while it trains or waits, and for a starter run."""
        raise NotImplementedError

    def undo(self, run_id: str) -> Run:
        """Bring a deleted run back."""
        raise NotImplementedError

    def trashed(self) -> tuple[str, ...]:
        """Ids of the deleted runs that can be brought back, the last deleted last."""
        raise NotImplementedError

    def empty_trash(self) -> None:
        """Delete for good what lies in the trash, and what exports and interrupted imports left."""
        raise NotImplementedError

    def export_zip(self, key: str, target: Path | None = None) -> Path:
        """The run as one zip, with all that is needed to resume it; without a target below the runs folder."""
        raise NotImplementedError

    def import_zip(self, file: str | Path | BinaryIO) -> Run:
        """A run from a zip that `export_zip` made; a new id when it is taken. RunError for anything else."""
        raise NotImplementedError
