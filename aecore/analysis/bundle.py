"""One HTML file that opens from disk: an ES module with all that it imports, its styles, and named blocks of bytes.

    modules   the entry and what it imports, as text; a short script gives each an address of its own (a blob:)
    styles    of each module NAME.js the NAME.css beside it
    blocks    packed with gzip, in base64; `block(NAME)` of assets/browser/embedded.js unpacks one
    header    JSON for `header()` there; its ABOUT is also written on the page, for those who read it later
    runtime   onnxruntime with its WebAssembly, 4 MB more, for decoders that are not plain

The entry exports `open(main)`, which fills the page's <main>; it may give a promise. A policy inside the file forbids
every connection, and every script but the one whose hash it names and those that this one makes. It is HTML 5 and
needs what browsers have had since 2023: DecompressionStream and modules from blob: addresses.

Blob addresses instead of an import map of data: addresses: a policy that admits data: scripts admits any that finds
its way into the page, and only a script that runs already can make a blob.
"""

import base64
import gzip
import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from aecore.browser.code import IMPORT, ON_DEMAND, browser_files, named
from aecore.errors import SettingError

ABOUT = {"about": "", "run": "Run: ", "version": "Made by Latent Lab, version ", "licence": "Data: "}
WASM = "ort/ort-wasm-simd-threaded.wasm"
WASM_BLOCK = "ort.wasm"  # the name by which assets/browser/runtime.js asks for it


def bundle_html(
    entry: str,
    blocks: Mapping[str, bytes],
    header: Mapping[str, Any],
    title: str,
    runtime: bool,
    code: Mapping[str, str] | None = None,
) -> bytes:
    """The file.

    entry     name of a module below assets/browser, such as "takeaway.js"
    blocks    what it finds by `block(name)`
    header    what it finds by `header()`: JSON with at least the texts ABOUT, a sentence each
    runtime   whether the modules that are imported on demand come along, which is onnxruntime
    code      the modules and styles by name; by default the lab's own

    SettingError for a header without one of ABOUT or a block with the runtime's name, KeyError for a module that is
    not there, ValueError for modules that import each other in a circle.
    """
    _check(blocks, header)
    code = _own_code() if code is None else code
    modules = dict(_in_order(entry, code, runtime, ()))
    data = {**blocks, **({WASM_BLOCK: browser_files()[WASM].content()} if runtime else {})}
    style = "\n".join(code[name] for name in ("bundle.css", *map(_style_of, modules)) if name in code)
    script = code["bundle.js"]
    page = _PAGE.format(
        policy=escape(_policy(script, style, runtime)),
        title=escape(title),
        style=style,
        about=escape(header["about"]),
        lines="\n".join(f"<p>{escape(words + header[name])}</p>" for name, words in ABOUT.items() if name != "about"),
        header=_json(header),
        modules=_json(list(modules.items())),
        blocks="\n".join(_block(name, content) for name, content in data.items()),
        script=script,
    )
    return page.encode()


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{about}</p>
</header>
<main data-state="opening"><noscript>This page computes: allow it to run scripts.</noscript></main>
<footer>
{lines}
</footer>
<script type="application/json" id="lab-header">{header}</script>
<script type="application/json" id="lab-modules">{modules}</script>
{blocks}
<script>{script}</script>
</body>
</html>
"""


def _check(blocks: Mapping[str, bytes], header: Mapping[str, Any]) -> None:
    missing = [name for name in ABOUT if not isinstance(header.get(name), str)]
    if missing:
        raise SettingError(f"A page that is taken away says what it is: its header lacks {', '.join(missing)}.")
    if WASM_BLOCK in blocks:
        raise SettingError(f"The block {WASM_BLOCK!r} is the runtime's own: choose another name.")


def _own_code() -> dict[str, str]:
    return {
        name: file.content().decode() for name, file in browser_files().items() if file.media_type.startswith("text/")
    }


def _in_order(name: str, code: Mapping[str, str], runtime: bool, within: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Modules with their imports rewritten, each after those that it imports; one may come more than once."""
    if name in within:
        raise ValueError(f"The modules {' -> '.join((*within, name))} import each other in a circle.")
    for found in IMPORT.finditer(code[name]):
        if runtime or found["before"] != ON_DEMAND:
            yield from _in_order(named(found, name), code, runtime, (*within, name))
    yield name, IMPORT.sub(lambda found: f"{found['before']}'lab:{named(found, name)}'", code[name])


def _style_of(module: str) -> str:
    return f"{posixpath.splitext(module)[0]}.css"


def _policy(script: str, style: str, runtime: bool) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": f"{_hash(script)} blob:" + (" 'wasm-unsafe-eval'" if runtime else ""),
        "style-src": _hash(style),
        "img-src": "data: blob:",
        "media-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _block(name: str, content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content, 6, mtime=0)).decode()
    return f'<script type="application/octet-stream;base64" data-block="{escape(name)}">{packed}</script>'
