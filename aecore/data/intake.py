"""Taking people's own pictures in: a folder, a zip archive or dropped files become a data set.

    for event in add_own("photos.zip", "holidays", OwnSettings(size=64)):
        ...                              # Progress after each file, Added at the end

Pictures are taken in an order shuffled by the seed and written one after the other, so that training, validation and
test are three stretches of one file. A few threads decode ahead; memory holds a few pictures at a time, however many
there are. Leaving the loop early (closing the generator) or any error leaves nothing behind.
"""

import errno
import hashlib
import io
import json
import os
import re
import shutil
import unicodedata
from collections import Counter, deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from aecore.data import own
from aecore.data.entries import SourceLimits
from aecore.data.fitting import FITS, PATCHES, Fitted, fit_picture, patches_of
from aecore.data.image_set import Labels, Pixels, Shape
from aecore.data.info import DatasetInfo
from aecore.data.pictures import Picture, shown_name
from aecore.data.shipped import SHIPPED
from aecore.data.skipped import Skipped
from aecore.data.sources import LIMITS, Candidate, Contents, Source, open_source
from aecore.data.splits import shuffled, split_by_seed
from aecore.errors import DataError, PictureError
from aecore.randomness import MAX_SEED
from aecore.settings import Settings, setting

FEWEST_PICTURES: Final = 10

_THREADS: Final = min(8, os.cpu_count() or 1)
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class OwnSettings(Settings):
    """How own pictures become a data set."""

    size: int = setting(64, 28, 128, "pixels a side", "larger shows more and trains longer, about with its square")
    fit: str = setting(
        "crop",
        reason="crop to the centre, pad to keep the whole picture, or cut into patches, which keep its detail: for "
        "denoising and super-resolution",
        choices=(*FITS, PATCHES),
    )
    shrink: float = setting(
        2.0, 1.0, 16.0, "times", "patches only: the picture is first made so many times smaller, which removes the "
        "camera's noise and the marks of JPEG", advanced=True,
    )  # fmt: skip
    channels: str = setting("3", reason="3 keeps colour, 1 is grey and trains faster", choices=("3", "1"))
    seed: int = setting(0, 0, MAX_SEED, reason="decides which pictures train, validate and test", advanced=True)
    validation_share: float = setting(
        0.1, 0.02, 0.4, "of the pictures", "kept out of training to choose settings by", advanced=True
    )
    test_share: float = setting(0.1, 0.02, 0.4, "of the pictures", "kept for the final figures", advanced=True)

    @property
    def shape(self) -> Shape:
        """(channels, height, width) of every image."""
        return int(self.channels), self.size, self.size


@dataclass(frozen=True)
class Progress:
    """So many files of the source are done, so many of them were left out."""

    done: int
    total: int
    skipped: int


@dataclass(frozen=True)
class Added:
    """The data set is there. `skipped` says what was left out."""

    info: DatasetInfo
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class Preview:
    """A few pictures as the data set would hold them."""

    images: Pixels  # [count, channels, height, width]
    names: tuple[str, ...]
    how: tuple[str, ...]  # in words, what was done to each
    classes: tuple[str | None, ...]
    skipped: tuple[Skipped, ...]  # among the files looked at
    files: int  # in the whole source
    files_per_class: dict[str, int]


def add_own(
    source: Source,
    name: str,
    settings: OwnSettings | None = None,
    title: str = "",
    limits: SourceLimits = LIMITS,
) -> Generator[Progress | Added, None, None]:
    """Make the data set `name` of the pictures in `source`: Progress after each file, Added at the end.

    DataError at once when the name cannot be used; on the way when the source cannot be read, fewer than ten
    pictures are usable or the disk is full. Bad pictures are left out, each with its reason.
    """
    key = free_key(name)
    own.clear_unfinished()
    return _take_in(source, key, settings or OwnSettings(), shown_name(title or name), limits)


def free_key(name: str) -> str:
    """The key under which a data set called `name` would be kept. DataError when it is taken or cannot be one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[:40]
    if not key:
        raise DataError(f"{shown_name(name)!r} has no letter or digit to name a data set by: use a to z and 0 to 9.")
    if key.replace("-", "_") in SHIPPED:
        raise DataError(f"{key!r} is a data set of the laboratory itself: choose another name.")
    if own.is_whole(key):
        raise DataError(f"There is already an own data set {key!r}: choose another name or delete it first.")
    return key


def preview(
    source: Source, settings: OwnSettings | None = None, count: int = 24, limits: SourceLimits = LIMITS
) -> Preview:
    """The first `count` pictures in the order in which they would be taken in. Looks at few files beyond them."""
    settings = settings or OwnSettings()
    taken: list[tuple[Candidate, Fitted]] = []
    skipped: list[Skipped] = []
    with open_source(source, limits) as contents:
        for index in _order(contents, settings)[: 4 * count]:
            if len(taken) >= count:
                break
            outcome = _fitted(contents.candidates[index], settings, limits)
            if isinstance(outcome, Skipped):
                skipped.append(outcome)
            else:
                taken += [(contents.candidates[index], each) for each in _spread(outcome, count)]
        taken = taken[:count]
        per_class = Counter(each.class_name for each in contents.candidates if each.class_name is not None)
    images = np.stack([each.pixels for _, each in taken]) if taken else np.empty((0, *settings.shape), np.uint8)
    return Preview(
        images=images,
        names=tuple(each.name for _, each in taken),
        how=tuple(each.how for _, each in taken),
        classes=tuple(each.class_name for each, _ in taken),
        skipped=tuple(skipped),
        files=len(contents),
        files_per_class=dict(sorted(per_class.items())),
    )


def _take_in(
    source: Source, key: str, settings: OwnSettings, title: str, limits: SourceLimits
) -> Generator[Progress | Added, None, None]:
    with _disk_errors(), own.claimed(key) as folder, open_source(source, limits) as contents, _threads() as threads:
        _check_room(folder, len(contents.candidates), settings)
        with _Set(folder, settings, contents.skipped) as made:
            yield Progress(made.done, len(contents), len(made.skipped))
            for candidate, outcome in _in_order(threads, contents, settings, limits):
                made.add(candidate, outcome)
                yield Progress(made.done, len(contents), len(made.skipped))
            info = made.finish(key, title, contents.title)
        _appear(folder, key)
    yield Added(info, tuple(made.skipped))


def _order(contents: Contents, settings: OwnSettings) -> list[int]:
    return [int(index) for index in shuffled(len(contents.candidates), settings.seed, "own pictures")]


def _in_order(
    threads: ThreadPoolExecutor, contents: Contents, settings: OwnSettings, limits: SourceLimits
) -> Iterator[tuple[Candidate, list[Fitted] | Skipped]]:
    """Each candidate with what became of it, in the shuffled order, decoded a few ahead of who asks."""
    ahead: deque[tuple[Candidate, Future[list[Fitted] | Skipped]]] = deque()
    for index in _order(contents, settings):
        candidate = contents.candidates[index]
        ahead.append((candidate, threads.submit(_fitted, candidate, settings, limits)))
        if len(ahead) > 2 * _THREADS:
            first, outcome = ahead.popleft()
            yield first, outcome.result()
    for last, outcome in ahead:
        yield last, outcome.result()


def _fitted(candidate: Candidate, settings: OwnSettings, limits: SourceLimits) -> list[Fitted] | Skipped:
    """The image a picture becomes, or the several; the reason where there is none."""
    try:
        if settings.fit == PATCHES:
            return _patches(candidate.picture(limits), settings)
        picture = candidate.picture(limits, enough=settings.size)
        return [fit_picture(picture, settings.size, settings.fit, int(settings.channels))]
    except PictureError as error:
        return Skipped(error.name, error.reason)
    except MemoryError:  # one picture too many for this machine must not cost the others
        return Skipped(candidate.name, "there is not enough memory to decode it: make it smaller.")


def _patches(picture: Picture, settings: OwnSettings) -> list[Fitted] | Skipped:
    cut = patches_of(picture, settings.size, settings.shrink, int(settings.channels))
    if cut:
        return cut
    return Skipped(
        picture.name,
        f"made {settings.shrink:g} times smaller it has no square of {settings.size} pixels: it has "
        f"{picture.width:,} x {picture.height:,}.",
    )


def _spread(images: list[Fitted], count: int) -> list[Fitted]:
    """At most a quarter of `count`, spread evenly over the images of one picture."""
    wanted = min(len(images), max(1, count // 4))
    return [images[index * len(images) // wanted] for index in range(wanted)]


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads suffice: decoding and resizing run outside the interpreter's lock."""
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


class _Set:
    """The files of one data set while it is made."""

    def __init__(self, folder: Path, settings: OwnSettings, skipped: tuple[Skipped, ...]):
        self.skipped = list(skipped)
        self._settings = settings
        self._folder = folder
        self._names: list[str] = []
        self._per_picture: list[int] = []
        self._classes: list[str | None] = []
        self._pixels = hashlib.sha256()
        self._file = (folder / own.IMAGES).open("wb")
        self._file.write(_npy_header(0, settings.shape))

    def __enter__(self) -> "_Set":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def done(self) -> int:
        """Files dealt with."""
        return len(self._per_picture) + len(self.skipped)

    def add(self, candidate: Candidate, outcome: list[Fitted] | Skipped) -> None:
        """Write what one picture became, or note why there is nothing."""
        if isinstance(outcome, Skipped):
            self.skipped.append(outcome)
            return
        for each in outcome:
            # Written and not mapped: a full disk is then an error that can be told, and not a fault of the process.
            content = each.pixels.tobytes()
            self._file.write(content)
            self._pixels.update(content)
            self._names.append(each.name)
            self._classes.append(candidate.class_name)
        self._per_picture.append(len(outcome))

    def finish(self, key: str, title: str, source: str) -> DatasetInfo:
        """Complete the files. DataError when too few pictures were usable."""
        count = len(self._names)
        self.skipped.sort(key=lambda each: each.name)
        if len(self._per_picture) < FEWEST_PICTURES:
            raise _too_few(len(self._per_picture), self.skipped)
        self._file.seek(0)
        self._file.write(_npy_header(count, self._settings.shape))
        self._file.close()
        class_names, labels = _as_labels(self._classes)
        if class_names:
            np.save(self._folder / own.LABELS, labels)
        own.write_json(self._folder / own.NAMES, self._names)
        own.write_json(self._folder / own.SKIPPED, [[each.name, each.reason] for each in self.skipped])
        info = self._info(key, title, source, class_names)
        own.write_json(self._folder / own.INFO, {**asdict(info), **self._made(info, labels)})
        return info

    def _info(self, key: str, title: str, source: str, class_names: tuple[str, ...]) -> DatasetInfo:
        settings = self._settings
        parts = split_by_seed(len(self._per_picture), settings.seed, settings.validation_share, settings.test_share)
        # Pictures lie in a shuffled order, each with all that was made of it: no part sees pieces of another's.
        train, validation, test = (
            sum(self._per_picture[start:stop])
            for start, stop in pairwise(accumulate(map(len, (parts.train, parts.validation, parts.test)), initial=0))
        )
        return DatasetInfo(
            key=key,
            title=title,
            shape=settings.shape,
            train=train,
            validation=validation,
            test=test,
            class_names=class_names,
            source=f"own pictures: {source}",
            licence="not stated",
            kind="own",
            bytes_on_disk=sum(path.stat().st_size for path in self._folder.iterdir()),
        )

    def _made(self, info: DatasetInfo, labels: Labels) -> dict[str, object]:
        """How the set was made: the fingerprint covers all that training can see of it."""
        counts = [*info.shape, info.train, info.validation, info.test]
        seen = json.dumps([counts, info.class_names, labels.tolist(), self._pixels.hexdigest()])
        return {
            "fingerprint": hashlib.sha256(seen.encode()).hexdigest(),
            "settings": self._settings.to_dict(),
            "skipped": len(self.skipped),
        }


def _npy_header(count: int, shape: Shape) -> bytes:
    """The head of an .npy file. numpy pads it so that it has one length for every count."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)})
    return head.getvalue()


def _as_labels(classes: list[str | None]) -> tuple[tuple[str, ...], Labels]:
    """Class names and the index of each picture's; no names when the pictures left are not of several classes."""
    names = sorted({name for name in classes if name is not None})
    if len(names) < 2:
        return (), np.empty(0, np.int64)
    index = {name: position for position, name in enumerate(names)}
    return tuple(names), np.array([index[str(name)] for name in classes], dtype=np.int64)


def _appear(folder: Path, key: str) -> None:
    place = own.folder_of(key)
    if own.is_whole(key):  # made by somebody else between our choice of the name and our claim to it
        raise DataError(f"There is already an own data set {key!r}: choose another name or delete it first.")
    if place.is_dir():
        shutil.rmtree(place)
    folder.rename(place)


def _too_few(count: int, skipped: list[Skipped]) -> DataError:
    reasons = " ".join(f"{each.name}: {each.reason}" for each in skipped[:3])
    found = f"{count} usable picture{'s' * (count != 1)} among {count + len(skipped):,} files"
    return DataError(f"There are {found}: a data set needs at least {FEWEST_PICTURES}. {reasons}".strip())


def _check_room(folder: Path, count: int, settings: OwnSettings) -> None:
    """For patches it is not known before how many there will be: a disk that fills up is told then."""
    needed, free = count * prod(settings.shape), shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{count:,} pictures need up to {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free where data sets "
            "are kept: free some space, or choose a smaller size or fewer pictures."
        )


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DataError(
                "There is no room left where data sets are kept, nothing was added: free some space, or choose a "
                "smaller size or fewer pictures."
            ) from error
        raise DataError(f"The data set cannot be written ({error.strerror or error}): nothing was added.") from error
