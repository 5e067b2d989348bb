"""The browser code as the repository keeps it: ES modules, styles and WebAssembly in assets/browser.

A file stored as NAME.xz is known as NAME: xz is a third smaller than what browsers unpack themselves.
"""

import lzma
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aecore.places import ASSETS

BROWSER_CODE = ASSETS / "browser"
# How a module names another one; `before` ends with ON_DEMAND where it is fetched only when it is needed.
IMPORT = re.compile(
    r"(?P<before>\bfrom\s*|^import\s+|\bawait import\()(?P<quote>['\"])(?P<path>\.[\w./-]+)(?P=quote)", re.MULTILINE
)
ON_DEMAND = "await import("
MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm"}


@dataclass(frozen=True)
class BrowserFile:
    """One file as it is stored; `packed` says that `body` is packed with xz."""

    body: bytes
    media_type: str
    packed: bool

    def content(self) -> bytes:
        """The file as a browser knows it."""
        return lzma.decompress(self.body) if self.packed else self.body


@cache
def browser_files() -> Mapping[str, BrowserFile]:
    """The browser code by its path below assets/browser."""
    found = {}
    for path in sorted(each for each in BROWSER_CODE.rglob("*") if each.is_file()):
        packed = path.suffix == ".xz"
        name = path.relative_to(BROWSER_CODE).as_posix().removesuffix(".xz")
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        if media_type is not None:
            found[name] = BrowserFile(path.read_bytes(), media_type, packed)
    return found


def named(found: "re.Match[str]", importing: str) -> str:
    """The name of the module that is imported by a match of IMPORT in another one."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(importing), found["path"]))


@cache
def needed_by(entry: str) -> tuple[str, ...]:
    """All modules that must be there before this one runs, itself first, each once. KeyError for one that is not."""
    met = [entry]
    for name in met:  # which grows meanwhile
        for found in IMPORT.finditer(browser_files()[name].content().decode()):
            other = named(found, name)
            if found["before"] != ON_DEMAND and other not in met:
                met.append(other)
    return tuple(met)
