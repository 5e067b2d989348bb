"""Named groups of images, kept with a run. Needs no torch.

    kept/groups.json   {"format": 1, "groups": [{"name": "thin", "fingerprint": "...", "images": [3, 17, ...]}]}

An image is named by its index into the run's data as a whole: its training images first, then its validation images,
then its test images (`Splits.take`, `Splits.offset`). Such indices mean nothing for other images, so a group says by
the fingerprint of the data which ones it was made of.

The file is read anew for every answer and replaced as a whole under a lock, so that two tabs lose nothing to each
other.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from aecore.data.image_set import Splits
from aecore.errors import RunError
from aecore.runs.files import read_object, write_error, write_file
from aecore.runs.folder import GROUPS, Run
from aecore.runs.names import clean_name

FORMAT = 1
MAX_NAME = 60
MAX_GROUPS = 200
TRY_AGAIN = "try again"
LOCK_PATIENCE_S = 5.0  # whoever writes holds the lock for milliseconds

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Group:
    """Images of the data with this fingerprint, by ascending index into training, validation and test images."""

    name: str
    images: Indices
    fingerprint: str
    problem: str = ""  # why it cannot be used with the run's data as they are, and what to do

    @property
    def usable(self) -> bool:
        """Whether its images are there."""
        return not self.problem


Change = Callable[[list[Group]], list[Group]]


class Groups:
    """The groups of a run. `splits` are the data it was opened with, `root` the folder of the runs as for `Runs`."""

    def __init__(self, run: Run, splits: Splits, root: str | Path | None = None):
        self._run = run
        self._splits = splits
        self._file = run.kept_folder(root) / GROUPS

    def list(self) -> tuple[Group, ...]:
        """All groups in the order they were made. RunError when the file is damaged."""
        return tuple(self._judged(each) for each in read_groups(self._file))

    def get(self, name: str) -> Group:
        """RunError when there is no such group, or when it belongs to other data."""
        found = next((each for each in self.list() if each.name == name), None)
        if found is None:
            raise _missing(name, [each.name for each in self.list()])
        if found.problem:
            raise RunError(found.problem)
        return found

    def add(self, name: str, images: Iterable[int] | Indices) -> Group:
        """Keep a group. RunError for a name that is taken, no images, or images that are not there."""
        group = Group(_named(name), self._checked(images), self._splits.fingerprint)

        def with_it(groups: Sequence[Group]) -> list[Group]:
            _require_free(group.name, groups)
            if len(groups) >= MAX_GROUPS:
                raise RunError(f"{self._run.id} keeps {MAX_GROUPS} groups, the most there may be: delete one first.")
            return [*groups, group]

        self._change(with_it)
        return group

    def rename(self, name: str, new: str) -> None:
        """RunError when there is no such group, or another has the new name."""
        chosen = _named(new)

        def renamed(groups: list[Group]) -> list[Group]:
            index = _place(name, groups)
            _require_free(chosen, [*groups[:index], *groups[index + 1 :]])
            return [*groups[:index], replace(groups[index], name=chosen), *groups[index + 1 :]]

        self._change(renamed)

    def delete(self, name: str) -> None:
        """RunError when there is no such group."""

        def without_it(groups: list[Group]) -> list[Group]:
            index = _place(name, groups)
            return [*groups[:index], *groups[index + 1 :]]

        self._change(without_it)

    def _judged(self, group: Group) -> Group:
        if group.fingerprint != self._splits.fingerprint:
            problem = f"The group {group.name!r} was made of other images than those of {self._splits.name!r} now"
        elif group.images[-1] >= self._splits.count:
            problem = f"The group {group.name!r} names image {group.images[-1]:,} of {self._splits.count:,}"
        else:
            return group
        return replace(group, problem=f"{problem}: it cannot be used. Delete it, or bring its images back.")

    def _checked(self, images: Iterable[int] | Indices) -> Indices:
        found = np.unique(np.asarray(list(images), dtype=np.int64))
        if not len(found):
            raise RunError("A group needs at least one image: select some first.")
        for each in (found[0], found[-1]):
            if not 0 <= each < self._splits.count:
                raise RunError(
                    f"There is no image {each:,}: {self._splits.name!r} has 0 to {self._splits.count - 1:,}, "
                    "training, validation and test images in this order."
                )
        return found

    def _change(self, change: Change) -> None:
        with self._alone():
            write_groups(self._file, change(list(read_groups(self._file))))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._run.path.is_dir():
            raise RunError(f"There is no run {self._run.id} any more.")
        folder = self._file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f".{GROUPS}.lock")
            lock.acquire(timeout=LOCK_PATIENCE_S, poll_interval=0.02)
        except Timeout:
            raise RunError(f"The groups of {self._run.id} are being changed elsewhere: try again.") from None
        except OSError as error:
            raise write_error(error, GROUPS, 0, TRY_AGAIN) from error
        try:
            yield
        finally:
            lock.release()


def read_groups(file: Path) -> tuple[Group, ...]:
    """The groups in a file, unjudged; none where there is no file. RunError when it is damaged."""
    if not file.exists():
        return ()
    try:
        values = read_object(file)
        if values.get("format") != FORMAT:
            raise RunError(f"{file.name} is of format {values.get('format')!r}, and this version reads {FORMAT}")
        groups = tuple(_group(each) for each in _listed(values.get("groups"), "groups"))
        if len({each.name for each in groups}) < len(groups):
            raise RunError(f"{file.name} is damaged (two groups have one name)")
    except RunError as error:
        raise RunError(f"{error}: no group can be read or kept. Mend or delete {file}.") from None
    return groups


def write_groups(file: Path, groups: Sequence[Group]) -> None:
    """Replace the file in one step."""
    values = [{"name": each.name, "fingerprint": each.fingerprint, "images": each.images.tolist()} for each in groups]
    write_file(file, json.dumps({"format": FORMAT, "groups": values}, separators=(",", ":")).encode(), then=TRY_AGAIN)


def _group(values: Any) -> Group:
    if not isinstance(values, dict) or not isinstance(values.get("fingerprint"), str):
        raise RunError(f"{GROUPS} is damaged (a group without the fingerprint of its data)")
    name = values.get("name")
    if not isinstance(name, str) or _named(name) != name:
        raise RunError(f"{GROUPS} is damaged (a group without a proper name)")
    listed = _listed(values.get("images"), "images")
    if not listed or not all(type(each) is int and 0 <= each < 2**62 for each in listed):
        raise RunError(f"{GROUPS} is damaged (the images of {name!r} are no list of indices)")
    images = np.array(listed, dtype=np.int64)
    if (np.diff(images) <= 0).any():
        raise RunError(f"{GROUPS} is damaged (the images of {name!r} are not ascending)")
    return Group(name, images, values["fingerprint"])


def _listed(values: Any, what: str) -> list[Any]:
    if not isinstance(values, list):
        raise RunError(f"{GROUPS} is damaged (no list of {what})")
    return values


def _named(name: str) -> str:
    return clean_name(name, MAX_NAME, "group")


def _place(name: str, groups: Sequence[Group]) -> int:
    names = [each.name for each in groups]
    if name not in names:
        raise _missing(name, names)
    return names.index(name)


def _missing(name: str, names: Sequence[str]) -> RunError:
    way_out = f"choose one of {', '.join(names)}" if names else "make one first"
    return RunError(f"There is no group {name!r}: {way_out}.")


def _require_free(name: str, groups: Sequence[Group]) -> None:
    if name in [each.name for each in groups]:
        raise RunError(f"There is a group {name!r} already: choose another name, or delete it first.")
