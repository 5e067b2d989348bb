"""Where outside pictures come from: a folder, a zip archive or files dropped on a page.

Whatever the source, it opens as one list of candidates in one order (by path), each with the class its folder names
and a way to read it. What a file is, only reading it tells.

    photos/cats/a.jpg, photos/dogs/b.jpg        classes cats and dogs: the first level of folders that distinguishes
    set/train/cats/a.jpg, set/test/dogs/b.jpg   classes cats and dogs: somebody else's split is no class
    a.jpg, b.jpg                                no classes
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from aecore.data.archives import opened_zip
from aecore.data.entries import Budget, Entry, SourceLimits, is_litter, shown_path, split_path, too_many
from aecore.data.formats import HEAD_BYTES, is_zip, kind_of
from aecore.data.pictures import Picture, read_file, read_picture, shown_name
from aecore.data.skipped import Skipped
from aecore.errors import DataError, PictureError

Source = str | Path | Sequence[tuple[str, bytes]]  # a folder, a zip archive, or names with contents

LIMITS: Final = SourceLimits()

MOST_CLASSES: Final = 200  # more folders than this are a way to store pictures and not classes
UNSORTED: Final = "unsorted"  # the class of pictures beside the folders of the others

_SPLITS: Final = frozenset(("train", "training", "val", "valid", "validation", "dev", "test", "testing"))
_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Candidate:
    """One file that may be a picture, and the class its folder names."""

    entry: Entry
    class_name: str | None

    @property
    def name(self) -> str:
        """Path inside the source, as one line of text."""
        return self.entry.path

    def picture(self, limits: SourceLimits = LIMITS, enough: int | None = None) -> Picture:
        """Read and decode it, see `read_picture`; PictureError when it cannot be taken in."""
        return read_picture(self.name, self.entry.read(), limits.picture, enough=enough)


@dataclass(frozen=True)
class Contents:
    """What an open source holds."""

    title: str  # of the source, for people
    candidates: tuple[Candidate, ...]  # in the order of their paths
    skipped: tuple[Skipped, ...]  # known not to be usable before they are read

    def __len__(self) -> int:
        return len(self.candidates) + len(self.skipped)


@contextmanager
def open_source(source: Source, limits: SourceLimits = LIMITS) -> Iterator[Contents]:
    """The contents of a folder, a zip archive or dropped files, readable while the context is open.

    DataError when there is no such source, it cannot be opened or it holds too much.
    """
    budget = Budget(limits.total_bytes)
    with ExitStack() as stack:
        if isinstance(source, (str, Path)):
            path = _existing(Path(source))
            title = shown_name(path.name)
            if path.is_dir():
                entries, skipped = _in_folder(path, limits, budget)
            else:
                entries, skipped = stack.enter_context(opened_zip(title, path, limits, budget))
        else:
            title = shown_name(source[0][0]) if len(source) == 1 else f"{len(source):,} files"
            entries, skipped = _dropped(source, limits, budget, stack)
        if len(entries) + len(skipped) > limits.files:
            raise too_many(limits.files)
        entries.sort(key=lambda entry: (entry.folders, entry.name))
        classes = _classes(entries)
        candidates = tuple(map(Candidate, entries, classes))
        yield Contents(title, candidates, tuple(skipped))


def pictures_in(
    source: Source, limits: SourceLimits = LIMITS, enough: int | None = None
) -> Iterator[Picture | Skipped]:
    """Every picture of a source in the order of their paths; what is none comes as its reason, and the others go on."""
    with open_source(source, limits) as contents:
        yield from contents.skipped
        for candidate in contents.candidates:
            try:
                yield candidate.picture(limits, enough)
            except PictureError as error:
                yield Skipped(error.name, error.reason)


def _existing(path: Path) -> Path:
    """The absolute path of a folder or of a zip archive. DataError for anything else."""
    name, wanted = shown_name(str(path)), "give a folder or a zip archive of pictures."
    try:
        path = path.expanduser().resolve()
        if path.is_dir():
            return path
        if not path.is_file():
            raise DataError(f"There is no folder and no file {name}: {wanted}")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a home folder or a loop of links
        raise DataError(f"{name} cannot be read ({getattr(error, 'strerror', None) or error}): {wanted}") from error
    if not is_zip(head):
        raise DataError(f"{name} is {kind_of(head) if head else 'empty'}, not a set of pictures: {wanted}")
    return path


def _dropped(
    files: Sequence[tuple[str, bytes]], limits: SourceLimits, budget: Budget, stack: ExitStack
) -> tuple[list[Entry], list[Skipped]]:
    """Dropped files as they are, and each dropped archive as a folder of its own name."""
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    for path, content in files:
        parts = split_path(path) or ("(no name)",)
        if is_litter(parts):
            continue
        if is_zip(content[:HEAD_BYTES]):
            try:
                inner, refused = stack.enter_context(opened_zip(shown_path(parts), content, limits, budget))
            except DataError as error:
                if len(files) == 1:
                    raise
                skipped.append(Skipped(shown_path(parts), str(error).removeprefix(f"{shown_path(parts)}: ")))
                continue
            folder = (*parts[:-1], Path(parts[-1]).stem)
            entries += [Entry((*folder, *entry.folders), entry.name, entry.read) for entry in inner]
            skipped += refused
        else:
            entries.append(Entry(parts[:-1], parts[-1], partial(_spent, partial(bytes, content), budget)))
    return entries, skipped


def _spent(read: Callable[[], bytes], budget: Budget) -> bytes:
    content = read()
    budget.spend(len(content))
    return content


def _in_folder(root: Path, limits: SourceLimits, budget: Budget) -> tuple[list[Entry], list[Skipped]]:
    entries: list[Entry] = []
    skipped: list[Skipped] = []

    def refuse(parts: tuple[str, ...], reason: str) -> None:
        skipped.append(Skipped(shown_path(parts), reason))

    def unreadable(error: OSError) -> None:
        refuse((str(error.filename),), f"the folder cannot be read ({error.strerror}): check that it may be.")

    for place, folders, files in os.walk(root, onerror=unreadable):
        inside = Path(place).relative_to(root).parts
        for folder in folders:
            if Path(place, folder).is_symlink() and not is_litter((folder,)):
                refuse((*inside, folder), "this is a link to a folder, which is not followed: copy the folder itself.")
        folders[:] = [folder for folder in folders if not is_litter((folder,))]
        for name in files:
            if is_litter((name,)):
                continue
            path = Path(place, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                refuse((*inside, name), "this is a link that leads out of the folder: copy the picture itself.")
                continue
            read = partial(read_file, shown_path((*inside, name)), path, limits.picture.file_bytes)
            entries.append(Entry(inside, name, partial(_spent, read, budget)))
        if len(entries) + len(skipped) > limits.files:
            raise too_many(limits.files)
    return entries, skipped


def _classes(entries: Sequence[Entry]) -> list[str | None]:
    """The class that its folder gives to each entry; none at all where folders do not distinguish."""
    # Only what looks like a picture decides: a note beside the folders must not make their parent a class.
    telling = [entry.folders for entry in entries if entry.name.lower().endswith(_SUFFIXES)]
    level = _distinguishing_level(telling or [entry.folders for entry in entries])
    names = [shown_name(entry.folders[level], 60) if len(entry.folders) > level else None for entry in entries]
    distinct = set(names) - {None}
    if not distinct or len(distinct) > MOST_CLASSES:
        return [None] * len(entries)
    return [name or UNSORTED for name in names]


def _distinguishing_level(paths: Sequence[tuple[str, ...]]) -> int:
    level = 0
    while paths and all(len(folders) > level for folders in paths):
        names = {folders[level].lower() for folders in paths}
        is_split = names <= _SPLITS and all(len(folders) > level + 1 for folders in paths)
        if len(names) > 1 and not is_split:
            break
        level += 1
    return level
