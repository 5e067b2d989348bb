"""The server as `streamlit run app.py` starts it: what it serves, under which headers, and to whom."""

import gzip
import http.client
import lzma
import tomllib
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from aecore.browser.blocks import ADDRESS
from aecore.browser.code import browser_files
from aecore.places import ASSETS
from pages.shared.serving import browser_url, browser_version
from tests.browser.servers import PROJECT, serving

WASM = "ort/ort-wasm-simd-threaded.wasm"
BUDGET = 5 * 1024 * 1024  # bytes of browser code, as stored
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield urlsplit(url)


@pytest.fixture
def get(server):
    def ask(path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            body = b"" if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS else answer.read()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
        finally:
            connection.close()

    return ask


@pytest.mark.parametrize("path", ["/", "/train", "/_stcore/health", "/favicon.png", "/nowhere.js"])
def test_every_answer_carries_the_security_headers(get, path):
    headers = get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert not any("//" in value or "*" in value for value in policy.values())  # no other host
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_only_this_machine_by_its_own_name_is_answered(get):
    assert get("/", Host="localhost:8501").status == 200
    assert get("/", Host="127.0.0.1").status == 200
    for stranger in ("evil.example", "localhost.evil.example", "192.168.0.7:8501"):
        refused = get("/", Host=stranger)
        assert refused.status == 400
        assert "content-security-policy" in refused.headers


def test_a_page_that_points_its_own_name_here_gets_no_websocket(get, server):
    here = f"localhost:{server.port}"
    assert get("/_stcore/stream", **UPGRADE, Host=here, Origin=f"http://{here}").status == 101
    assert get("/_stcore/stream", **UPGRADE, Host="evil.example", Origin="http://evil.example").status != 101
    assert get("/_stcore/stream", **UPGRADE, Host=here, Origin="http://evil.example").status != 101


def test_browser_code_is_kept_for_ever_under_the_hash_of_its_version(get):
    answer = get(browser_url("canvas.js"))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.body == (ASSETS / "browser" / "canvas.js").read_bytes()


def test_webassembly_is_stored_and_sent_compressed(get):
    stored = lzma.decompress((ASSETS / "browser" / f"{WASM}.xz").read_bytes())
    answer = get(browser_url(WASM), Accept_Encoding="gzip, deflate, br")
    assert answer.headers["content-type"] == "application/wasm"
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == stored


def test_who_cannot_unpack_gets_webassembly_unpacked(get):
    answer = get(browser_url(WASM), Accept_Encoding="identity")
    assert "content-encoding" not in answer.headers
    assert answer.body == lzma.decompress((ASSETS / "browser" / f"{WASM}.xz").read_bytes())


@pytest.mark.parametrize(
    "path",
    [
        "/lab/0000000000000000/canvas.js",  # another version
        f"/lab/{browser_version()}/nothing.js",
        f"/lab/{browser_version()}/../favicon.png",
        f"/lab/{browser_version()}/..%2f..%2fapp.py",
        f"/lab/{browser_version()}/ort/LICENSE",  # not code
    ],
)
def test_nothing_else_is_served_beside_the_browser_code(get, path):
    assert get(path).status in (400, 404)


def test_the_icon_is_the_labs_own(get):
    assert get("/favicon.png").body == (ASSETS / "favicon.png").read_bytes()


def test_browser_code_keeps_to_its_budget_and_ships_its_licence():
    stored = [path for path in (ASSETS / "browser").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in stored) < BUDGET
    assert "MIT License" in (ASSETS / "browser" / "ort" / "LICENSE").read_text()


def test_the_version_is_a_hash_over_everything_that_is_served():
    assert len(browser_version()) == 16
    assert {"canvas.js", "decoder.js", "ort/ort.wasm.bundle.min.mjs", WASM} <= set(browser_files())


def test_the_settings_of_the_server_keep_it_to_this_machine():
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert set(config["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert config["browser"]["gatherUsageStats"] is False


def test_a_block_that_nobody_holds_is_not_found_and_says_what_to_do(get):
    answer = get(f"{ADDRESS}{'0' * 64}")
    assert answer.status == 404
    assert b"reload the page" in answer.body
