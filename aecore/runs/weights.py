"""The checkpoints of a run: the newest, and the one before it in case the newest is damaged."""

import os
from pathlib import Path

from aecore.errors import RunError
from aecore.runs.files import write_file
from aecore.runs.folder import CHECKPOINT, PREVIOUS, Run
from aecore.training.checkpoints import Checkpoint, read_checkpoint


def keep_checkpoint(run: Run, checkpoint: Checkpoint) -> None:
    """Write the newest checkpoint; the one before it stays as the previous one.

    RunError when the disk is full: the last one can then still be read.
    """
    content = checkpoint.to_bytes()
    current = run.path / CHECKPOINT
    if current.exists():
        _also_called(current, run.path / PREVIOUS)
    write_file(current, content)


def newest_checkpoint(run: Run) -> tuple[Checkpoint | None, str]:
    """The newest checkpoint that can be read, and a sentence when it is not the last one that was written.

    None when none was written yet. RunError when no checkpoint can be read.
    """
    current, previous = run.path / CHECKPOINT, run.path / PREVIOUS
    if not current.exists() and not previous.exists():
        return None, ""
    try:
        return _read(current), ""
    except RunError as damage:
        try:
            kept = _read(previous)
        except RunError:
            raise RunError(
                f"The run {run.id} has no checkpoint that can be read: {damage} Train its recipe again "
                f"(python -m aecore reproduce {run.id}), or delete it."
            ) from None
        return kept, f"{damage} The checkpoint before it is used instead, of epoch {_when(kept)}."


def put_previous_back(run: Run) -> None:
    """The previous checkpoint becomes the newest: the damaged one must not push it out."""
    (run.path / PREVIOUS).replace(run.path / CHECKPOINT)


def _read(path: Path) -> Checkpoint:
    try:
        return read_checkpoint(path)
    except (TypeError, ValueError) as error:  # a header that is no header
        raise RunError(f"{path.name} is damaged and cannot be read ({error}).") from None


def _when(checkpoint: Checkpoint) -> str:
    position = checkpoint.position
    return f"{position.epoch}, step {position.step_in_epoch}" if position.step_in_epoch else str(position.epoch)


def _also_called(path: Path, name: Path) -> None:
    """Give a file a second name, so that the first can be replaced. Where there are no links, move it."""
    temporary = name.with_name(f".{name.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:
        path.replace(name)
        return
    temporary.replace(name)
