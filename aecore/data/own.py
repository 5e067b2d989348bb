"""People's own pictures as data sets, once they are taken in (`intake` does that): list, load, delete.

    DATA/own/NAME/images.npy    uint8 [count, channels, height, width]: training, then validation, then test
    DATA/own/NAME/labels.npy    int64 [count], where folders name classes
    DATA/own/NAME/info.json     what a list shows, the settings and the fingerprint: small, read for every listing
    DATA/own/NAME/names.json    the path of each picture in its source
    DATA/own/NAME/skipped.json  what was left out, each with its reason

The three parts of the split lie one after the other in the file, so each is a view of it: nothing is copied, however
large the set. A set is built in DATA/own/.unfinished/NAME and appears by one renaming.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from aecore import places
from aecore.data.image_set import ImageSet, Splits
from aecore.data.info import DatasetInfo
from aecore.data.skipped import Skipped
from aecore.errors import DataError

IMAGES, LABELS, INFO, NAMES, SKIPPED = "images.npy", "labels.npy", "info.json", "names.json", "skipped.json"

_Kind = TypeVar("_Kind")

_UNFINISHED: Final = ".unfinished"
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Damaged:
    """An own data set that cannot be listed as one: it takes room, and its name can be deleted or used again."""

    name: str
    reason: str


def own_datasets() -> tuple[DatasetInfo, ...]:
    """All own data sets by name, from their small descriptions alone. `damaged_own` gives those that are damaged."""
    return tuple(info for name in _names() if (info := _info_or_none(name)) is not None)


def damaged_own() -> tuple[Damaged, ...]:
    """The own data sets whose description cannot be used, each with what is wrong."""
    return tuple(damage for name in _names() if (damage := _damage_of(name)) is not None)


def fingerprint_of(name: str) -> str:
    """The fingerprint of an own data set, without reading its pictures. DataError when there is none."""
    return str(_described(name).get("fingerprint", ""))


def load_own(name: str) -> Splits:
    """The three parts of an own data set, memory-mapped. DataError when there is none or it is damaged."""
    described = _described(name)
    info = _as_info(name, described)
    try:
        whole = _whole(folder_of(name), info)
        tested = info.train + info.validation
        return Splits(
            train=_part(whole, 0, info.train),
            validation=_part(whole, info.train, tested),
            test=_part(whole, tested, info.count),
            name=info.key,
            fingerprint=str(described["fingerprint"]),
        )
    except (OSError, ValueError, KeyError, EOFError, DataError) as error:
        raise _damaged(name, str(error)) from error


def _whole(folder: Path, info: DatasetInfo) -> ImageSet:
    images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
    labels = np.load(folder / LABELS, allow_pickle=False) if info.class_names else None
    if images.shape != (info.count, *info.shape):
        raise ValueError(f"{IMAGES} holds {images.shape}, not what was described")
    return ImageSet(images, labels, info.class_names, info.title, info.source, info.licence)


def _part(whole: ImageSet, start: int, stop: int) -> ImageSet:
    """A view of some images that lie together."""
    labels = None if whole.labels is None else whole.labels[start:stop]
    return replace(whole, images=whole.images[start:stop], labels=labels)


def delete_own(name: str) -> None:
    """Delete an own data set. DataError when there is none.

    It disappears from the list at once; whoever has it open keeps what is mapped.
    """
    folder = folder_of(name)
    if not folder.is_dir():
        raise _missing(name)
    with claimed(f"{name}~") as bin_folder:
        try:
            folder.rename(bin_folder / name)
        except OSError as error:
            raise DataError(f"The data set {name!r} cannot be deleted ({error.strerror}).") from error


def skipped_of(name: str) -> tuple[Skipped, ...]:
    """The files that were left out of an own data set, each with its reason."""
    try:
        return tuple(Skipped(str(file), str(reason)) for file, reason in _read_list(name, SKIPPED))
    except (TypeError, ValueError) as error:
        raise _damaged(name, f"{SKIPPED} holds something else than names and reasons") from error


def names_of(name: str) -> tuple[str, ...]:
    """The path of each picture in its source: those of training, then of validation, then of test."""
    return tuple(map(str, _read_list(name, NAMES)))


def settings_of(name: str) -> Mapping[str, object]:
    """The settings by which an own data set was made, as `OwnSettings.from_dict` reads them."""
    settings = _described(name).get("settings")
    if not isinstance(settings, dict):
        raise _damaged(name, f"{INFO} has no settings")
    return settings


def folder_of(name: str) -> Path:
    """Where the own data set `name` lies or would lie. DataError when no set can have that name."""
    if not _KEY.fullmatch(name):
        raise DataError(
            f"{name!r} cannot name a data set: use 1 to 40 small letters, digits, - and _, a letter or digit first."
        )
    return _root() / name


def is_whole(name: str) -> bool:
    """Whether there is an own data set of that name with a readable description."""
    return _info_or_none(name) is not None


@contextmanager
def claimed(key: str) -> Iterator[Path]:
    """An empty folder to build `key` in, beside the finished sets. It is gone when the context closes.

    The claim ends with the process that holds it: what a kill leaves behind can be told from what is being built.
    DataError when another process is building a set of that name.
    """
    unfinished = _root() / _UNFINISHED
    # Not bound to a thread: a generator may be closed by another thread than the one that began it.
    lock = FileLock(unfinished / f"{key}.lock", thread_local=False)
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        raise DataError(f"A data set named {key!r} is just being made: wait for it or choose another name.") from None
    except OSError as error:
        raise DataError(
            f"The folder of own data sets {_root()} cannot be written ({error.strerror}): "
            "let AECORE_DATA name one that can."
        ) from error
    folder = unfinished / key
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def clear_unfinished() -> None:
    """Remove what killed processes left half built. What a living process builds is left alone."""
    unfinished = _root() / _UNFINISHED
    left = [path.name for path in unfinished.iterdir() if path.is_dir()] if unfinished.is_dir() else []
    for key in left:
        try:
            with claimed(key):
                pass
        except DataError:
            continue


def write_json(path: Path, value: object) -> None:
    """Write a file of a set that is being built."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _root() -> Path:
    return places.data_folder() / "own"


def _names() -> list[str]:
    """The folders that can be data sets. Others are no business of ours."""
    root = _root()
    found = root.iterdir() if root.is_dir() else ()
    return sorted(path.name for path in found if _KEY.fullmatch(path.name) and path.is_dir())


def _info_or_none(name: str) -> DatasetInfo | None:
    try:
        return _as_info(name, _described(name))
    except DataError:
        return None


def _damage_of(name: str) -> Damaged | None:
    try:
        _as_info(name, _described(name))
    except DataError as error:
        return Damaged(name, str(error))
    return None


def _described(name: str) -> dict[str, Any]:
    folder = folder_of(name)
    if not folder.is_dir():
        raise _missing(name)
    described = _read_json(name, INFO)
    if not isinstance(described, dict):
        raise _damaged(name, f"{INFO} holds no description")
    return described


def _as_info(name: str, described: Mapping[str, Any]) -> DatasetInfo:
    try:
        channels, height, width = (_is(int, each) for each in described["shape"])
        return DatasetInfo(
            key=name,
            title=_is(str, described["title"]),
            shape=(channels, height, width),
            train=_is(int, described["train"]),
            validation=_is(int, described["validation"]),
            test=_is(int, described["test"]),
            class_names=tuple(_is(str, each) for each in described["class_names"]),
            source=_is(str, described["source"]),
            licence=_is(str, described["licence"]),
            kind="own",
            bytes_on_disk=_is(int, described["bytes_on_disk"]),
        )
    except KeyError as error:
        raise _damaged(name, f"{INFO} lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise _damaged(name, f"{INFO}: {error}") from error


def _is(kind: type[_Kind], value: object) -> _Kind:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _read_list(name: str, file: str) -> list[Any]:
    if not folder_of(name).is_dir():
        raise _missing(name)
    content = _read_json(name, file)
    if not isinstance(content, list):
        raise _damaged(name, f"{file} holds no list")
    return content


def _read_json(name: str, file: str) -> object:
    try:
        return json.loads((folder_of(name) / file).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _damaged(name, f"{file} is missing") from error
    except (OSError, ValueError) as error:
        raise _damaged(name, f"{file} cannot be read: {error}") from error


def _missing(name: str) -> DataError:
    known = ", ".join(info.key for info in own_datasets()) or "none yet"
    return DataError(f"There is no own data set {name!r}. There are: {known}.")


def _damaged(name: str, what: str) -> DataError:
    return DataError(f"The own data set {name!r} is damaged ({what}): delete it and take the pictures in again.")
