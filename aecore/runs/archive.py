"""A run as one zip, and back. What comes in is trusted in nothing: not in names, sizes or content."""

import io
import re
import zipfile
import zlib
from pathlib import Path

from aecore.errors import RunError
from aecore.runs.files import megabytes, write_error
from aecore.runs.folder import (
    CHECKPOINT,
    ENVIRONMENT,
    GROUPS,
    INPUTS,
    KEPT,
    METRICS,
    PREVIEW,
    RECIPE,
    SNAPSHOTS,
    STEPS,
    Run,
)
from aecore.runs.job_folder import ABOUT, LOG, STATUS
from aecore.runs.kept_projections import FILES

TEXTS = (RECIPE, ABOUT, STATUS, ENVIRONMENT, METRICS, STEPS, LOG, f"{KEPT}/{GROUPS}")
TENSORS = (CHECKPOINT, PREVIEW, f"{SNAPSHOTS}/{INPUTS}")
KEPT_FILES = tuple(f"{KEPT}/{name}" for name in FILES)
RECORDED = re.compile(rf"{SNAPSHOTS}/\d{{5}}\.safetensors")
FOLDER = re.compile(r"\w[\w +@.-]{0,79}")
JUNK = re.compile(r"(__MACOSX/.*|(.*/)?\.DS_Store|(.*/)?Thumbs\.db|.*/)")  # what file managers add, and folders

MAX_ENTRIES = 1000
MAX_TEXT_BYTES = 64 * 1024**2
MAX_BYTES = 4 * 1024**3  # of everything, unpacked
CHUNK = 1024**2


def pack(run: Run, file: Path, root: Path | None = None) -> None:
    """Write the zip. The previous checkpoint, lock and stop are left out: nothing needs them elsewhere.

    `root` is where the runs lie, and so what is kept with a starter run.
    """
    names = [*TEXTS, *TENSORS, *KEPT_FILES]
    names += [f"{SNAPSHOTS}/{run.snapshot_path(epoch).name}" for epoch in run.snapshots()]
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                path = _place(run, name, root)
                if path.is_file():
                    # Weights hardly shrink: packing them would only take time.
                    kind = zipfile.ZIP_DEFLATED if name in TEXTS else zipfile.ZIP_STORED
                    archive.write(path, f"{run.id}/{name}", kind)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise write_error(error, file.name, run.bytes_on_disk()) from error


def unpack(source: Path | io.BytesIO | io.BufferedReader, folder: Path) -> str:
    """Write the files of a zip below `folder`, under names of our own, and return the name of the run in it.

    RunError for anything that `pack` does not write.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = _known_entries(archive)
            (folder / SNAPSHOTS).mkdir()
            left = MAX_BYTES
            for name, entry in entries.items():
                (folder / name).parent.mkdir(exist_ok=True)
                left -= _copy(archive, entry, folder / name, min(left, MAX_TEXT_BYTES if name in TEXTS else left))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise RunError(
            f"This is no zip of a run that can be read ({error}): choose one that the lab exported."
        ) from None
    except OSError as error:
        raise write_error(error, "the unpacked run", 0) from error
    top = next(iter(entries.values())).filename.rpartition("/" + next(iter(entries)))[0]
    return top if FOLDER.fullmatch(top) else ""


def _place(run: Run, name: str, root: Path | None) -> Path:
    return run.kept_folder(root).parent / name if name.startswith(f"{KEPT}/") else run.path / name


def _known_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The entries by the names they have in a run folder, the recipe first."""
    listed = archive.infolist()
    if len(listed) > MAX_ENTRIES:
        raise RunError(f"This zip has {len(listed):,} entries, a run has at most {MAX_ENTRIES:,}: it is no run.")
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in listed:
        if JUNK.fullmatch(entry.filename):
            continue
        name = _name_in_run(entry.filename)
        if name is None or name in entries:
            raise RunError(
                f"This zip holds {entry.filename[:80]!r}, which is no file of a run: choose one that the lab exported."
            )
        entries[name] = entry
    if RECIPE not in entries:
        raise RunError(f"This zip holds no {RECIPE}, so it is no run: choose one that the lab exported.")
    return {RECIPE: entries.pop(RECIPE), **entries}


def _name_in_run(filename: str) -> str | None:
    """The known file that an entry stands for, at the top or in one folder; None for anything else."""
    top, _, below = filename.partition("/")
    for name in (filename, below if FOLDER.fullmatch(top) else ""):
        if name in TEXTS or name in TENSORS or name in KEPT_FILES or RECORDED.fullmatch(name):
            return name
    return None


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, limit: int) -> int:
    """Unpack one entry and return its size, counted while reading: what the zip says about it may be wrong."""
    size = 0
    with archive.open(entry) as packed, target.open("xb") as file:
        for chunk in iter(lambda: packed.read(CHUNK), b""):
            size += len(chunk)
            if size > limit:
                raise RunError(
                    f"{entry.filename[:80]!r} in this zip unpacks to more than {megabytes(limit)}: that is no run."
                )
            file.write(chunk)
    return size
