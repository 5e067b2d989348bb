"""What the server adds to Streamlit: the browser code, security headers, and the door shut to other hosts.

The ES modules in assets/browser are served under /lab/<version>/, where the version is a hash over all of them.
A module imports its neighbours by relative address, so one new version renews them all, and a browser may keep
what it has for ever. The whole folder (under 5 MB) is read once and served from memory: what is not in the
dictionary does not exist, so that no path can lead out of the folder.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aecore.browser import blocks
from aecore.browser.code import browser_files, needed_by
from aecore.data.own import clear_unfinished
from aecore.places import ASSETS
from aecore.runs.store import Runs

FAVICON = ASSETS / "favicon.png"
PREFIX = "/lab"
OWN_HOSTS = ("localhost", "127.0.0.1")
FOR_EVER = "public, max-age=31536000, immutable"
BLOCK_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Encoding": "identity",  # packing pixels for a browser on the same machine takes longer than sending them
}


@cache
def browser_version() -> str:
    """A hash over the names and contents of all browser code."""
    digest = hashlib.sha256()
    for name, file in browser_files().items():
        digest.update(f"{name} {len(file.body)} ".encode() + file.body)
    return digest.hexdigest()[:16]


def browser_url(name: str) -> str:
    """The address of a browser file on this server, such as /lab/0123456789abcdef/canvas.js."""
    return f"{PREFIX}/{browser_version()}/{name}"


def component_script(name: str) -> str:
    """The script of a Streamlit component that a module of the lab draws (assets/browser/component.js).

    A module made from a string has no address of its own, so the import inside it needs the server's. All modules that
    are needed are asked for at once: one after the other names the next only when it has come.
    """
    return f"""
    for (const path of {[browser_url(each) for each in needed_by(name)]}) {{
        const link = Object.assign(document.createElement("link"), {{ rel: "modulepreload", href: path }});
        document.head.append(link);
    }}
    const {{ mount }} = await import(location.origin + {browser_url(name)!r});
    export default mount;
    """


async def serve_browser_file(request: Request) -> Response:
    """A file of the running version; anything else is not found."""
    file = browser_files().get(request.path_params["name"])
    if file is None or request.path_params["version"] != browser_version():
        return PlainTextResponse("This file is not part of the running version of the lab: reload the page.", 404)
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    body = file.body
    if file.packed:
        plain, zipped = await run_in_threadpool(_unpacked, request.path_params["name"])
        takes_gzip = "gzip" in Headers(scope=request.scope).get("accept-encoding", "")
        body = zipped if takes_gzip else plain
        headers |= {"Content-Encoding": "gzip"} if takes_gzip else {}
    return Response(body, media_type=file.media_type, headers=headers)


@cache
def _unpacked(name: str) -> tuple[bytes, bytes]:
    """A packed file as it is, and gzipped quickly: browsers read no xz, which is a third smaller where it is stored."""
    plain = browser_files()[name].content()
    return plain, gzip.compress(plain, 1, mtime=0)


async def serve_block(request: Request) -> Response:
    """The bytes of a block; one that nobody holds any longer is not found."""
    block = blocks.found(request.path_params["hash"])
    if block is None:
        return PlainTextResponse("These pictures are no longer held by the lab: reload the page.", 404)
    return Response(block.content(), media_type="application/octet-stream", headers=BLOCK_HEADERS)


async def serve_favicon(_: Request) -> Response:
    """The lab's own icon, which a browser asks for before the first page has named one."""
    return FileResponse(FAVICON, headers={"Cache-Control": "max-age=86400"})


def routes() -> list[BaseRoute]:
    """The lab's own routes."""
    return [
        Route(f"{blocks.ADDRESS}{{hash}}", serve_block, methods=["GET"]),
        Route(f"{PREFIX}/{{version}}/{{name:path}}", serve_browser_file, methods=["GET"]),
        Route("/favicon.png", serve_favicon, methods=["GET"]),
    ]


@asynccontextmanager
async def tidied(_: object) -> AsyncIterator[None]:
    """What a start of the lab does: empty the trash of the last one, and clear what it left unfinished."""
    Runs().empty_trash()
    clear_unfinished()
    yield


@cache
def content_security_policy() -> str:
    """What a page of the lab may load and run: its own files and nothing from any other host.

    Streamlit needs styles written into the page, and modules, workers and pictures made from blobs; onnxruntime
    needs to compile WebAssembly. Of the scripts inside Streamlit's index.html each is allowed by its own hash.
    """
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *_inline_script_hashes()])
    rules = {
        "default-src": "'self'",
        "script-src": scripts,
        "worker-src": "'self' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "frame-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _inline_script_hashes() -> list[str]:
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", index.read_text(encoding="utf-8"), re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts]


class SecurityHeaders:
    """ASGI middleware that puts the security headers on every answer."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def middleware() -> list[Middleware]:
    """Headers on every answer, also on the refusal of a foreign host (a page elsewhere that points its name here)."""
    return [
        Middleware(SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(OWN_HOSTS), www_redirect=False),
    ]
