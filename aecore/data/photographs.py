"""The photographs that the shipped restorers learned from: where they are found, and how they become a data set.

They come from packages of Debian 12, whose wallpapers and pictures are free to use, share and change; none of them
ships with the laboratory. `assets/photographs.json` names each by its SHA-256, its package and the part it is for:

    learn   cut into squares, the data set "photographs"
    judge   kept out of it altogether: a centred part of the halved picture, for the published protocols

Packages are read as files (`apt-get download` fetches them without installing): an `ar` archive holds a `tar` of the
content, and GCompris keeps its pictures one after the other in Qt resource files, each after its length in 4 bytes.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from aecore.data.catalog import PHOTOGRAPHS
from aecore.data.intake import OwnSettings
from aecore.data.pictures import read_picture
from aecore.data.saving import picture_file
from aecore.errors import DataError
from aecore.places import ASSETS

NAME: Final = PHOTOGRAPHS
SETTINGS: Final = OwnSettings(size=128, fit="patches", shrink=2.0, validation_share=0.06, test_share=0.02)
LIST: Final = ASSETS / "photographs.json"
JUDGED_WIDTH, JUDGED_HEIGHT = 512, 384

_PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp")
_RESOURCES: Final = ".rcc"
_STARTS: Final = re.compile(rb"\xff\xd8\xff|RIFF....WEBP", re.DOTALL)
_AR_HEAD: Final = 60


@dataclass(frozen=True)
class Photograph:
    """One of the list."""

    name: str
    sha256: str
    package: str  # name and version of the Debian package that has it
    part: str  # "learn" or "judge"


def photographs() -> tuple[Photograph, ...]:
    """The list."""
    return tuple(Photograph(**each) for each in json.loads(LIST.read_text(encoding="utf-8")))


def packages() -> tuple[str, ...]:
    """The packages that have them, with their versions."""
    return tuple(sorted({each.package for each in photographs()}))


def unpack_photographs(folder: Path, into: Path) -> Iterator[Photograph]:
    """Find the photographs in the packages (.deb) of `folder`; write them below `into`, as learn/ and judge/.

    DataError naming the packages of which some are missing.
    """
    wanted = {each.sha256: each for each in photographs()}
    for part in ("learn", "judge"):
        (into / part).mkdir(parents=True, exist_ok=True)
    for package in sorted(folder.glob("*.deb")):
        for content in _pictures_of(package):
            found = wanted.pop(hashlib.sha256(content).hexdigest(), None)
            if found is not None:
                _write(found, content, into)
                yield found
    if wanted:
        missing = ", ".join(sorted({each.package for each in wanted.values()}))
        raise DataError(
            f"{len(wanted)} photographs are missing in {folder}: put these packages of Debian there (apt-get download "
            f"NAME fetches one): {missing}."
        )


def _write(found: Photograph, content: bytes, into: Path) -> None:
    if found.part == "learn":
        (into / "learn" / found.name).write_bytes(content)
        return
    pixels = read_picture(found.name, content).pixels
    half = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    half = half.resize((half.width // 2, half.height // 2), Image.Resampling.LANCZOS)
    width, height = min(half.width, JUDGED_WIDTH), min(half.height, JUDGED_HEIGHT)
    left, top = (half.width - width) // 2, (half.height - height) // 2
    kept = np.asarray(half.crop((left, top, left + width, top + height)))
    (into / "judge" / f"{Path(found.name).stem}.png").write_bytes(picture_file(np.atleast_3d(kept)))


def _pictures_of(package: Path) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(_content_of(package))) as archive:
        for member in archive:
            suffix = Path(member.name).suffix.lower()
            if not member.isfile() or suffix not in (*_PICTURES, _RESOURCES):
                continue
            file = archive.extractfile(member)
            assert file is not None  # only of what is no file
            content = file.read()
            if suffix == _RESOURCES:
                yield from _pictures_within(content)
            else:
                yield content


def _content_of(package: Path) -> bytes:
    """The tar archive in a package. DataError when it is none, or packed in a way that Python does not know."""
    content, place = package.read_bytes(), 8
    while content.startswith(b"!<arch>\n") and place + _AR_HEAD <= len(content):
        head = content[place : place + _AR_HEAD]
        size = int(head[48:58])
        if head.startswith(b"data.tar") and b".zst" not in head[:16]:
            return content[place + _AR_HEAD : place + _AR_HEAD + size]
        place += _AR_HEAD + size + size % 2
    raise DataError(f"{package} is no package of Debian 12: fetch it again with apt-get download.")


def _pictures_within(resources: bytes) -> Iterator[bytes]:
    for found in _STARTS.finditer(resources):
        start = found.start()
        size = int.from_bytes(resources[max(0, start - 4) : start], "big")
        if 0 < size <= len(resources) - start:
            yield resources[start : start + size]
