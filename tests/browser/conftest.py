"""A real server and a real browser for the tests that drive the lab, with a record of what goes over the wire."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError

from aecore.experiments.store import Experiments
from tests.browser.servers import PROJECT, accounts, serving
from tests.browser.waiting import PATIENCE_MS
from tests.chromium import require_chromium
from tests.pages.oblong import make_oblong

SEEN_MS = 2_000  # a page that hangs cannot be asked
MOST_SEEN = 3_000  # characters
# Files that take minutes, the longest first: begun last, one process would wait for the other.
LONG = ("test_train_page.py", "test_latent_canvas.py", "test_accessibility.py", "test_main_path.py")


def pytest_collection_modifyitems(items):
    """Whatever lies in this folder drives a browser; what takes longest begins."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With a failure comes what its tabs show and what the servers are doing."""
    report = yield
    if report.failed and report.when == "call" and "open_tab" in item.funcargs:
        for _, tab in item.funcargs["open_tab"].opened:
            with contextlib.suppress(PlaywrightError):
                report.sections.append((f"Tab {tab.url}", tab.locator("body").inner_text(timeout=SEEN_MS)[:MOST_SEEN]))
        report.sections += [(f"Server {log}", said) for log, said in accounts().items()]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Tabs are closed before fixtures end their server, which they would miss and say so."""
    if "open_tab" in getattr(item, "funcargs", {}):
        for context_or_tab, _ in item.funcargs["open_tab"].opened:
            context_or_tab.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of the lab, with an empty runs folder and the data folder of all tests."""
    folder = tmp_path_factory.mktemp("lab")
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


@pytest.fixture
def store(tmp_path):
    """No experiments yet, and small colour pictures to make them on."""
    make_oblong()
    return Experiments(tmp_path / "runs")


@pytest.fixture
def address(store, tmp_path) -> Iterator[str]:
    """The address of a lab of its own with these experiments."""
    with serving(PROJECT / "app.py", tmp_path / "server.log", AECORE_RUNS=str(tmp_path / "runs")) as url:
        yield url


@pytest.fixture(scope="session")
def chromium():
    """One headless Chromium for all browser tests; skips where there is none."""
    program = require_chromium()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@dataclass
class Traffic:
    """What a tab asked for and sent: addresses on other hosts, messages on its websockets, errors on its console."""

    foreign: list[str] = field(default_factory=list)
    sent: int = 0
    errors: list[str] = field(default_factory=list)

    def watch(self, tab) -> None:
        tab.on("request", lambda request: self._note_address(request.url))
        tab.on("websocket", self._watch_socket)
        tab.on("console", self._note_error)
        tab.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note_address(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob", "file") and urlsplit(url).hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            self.foreign.append(url)

    def _note_error(self, message) -> None:
        # On a deep link Streamlit looks for its server below the page's address first, which is not found.
        is_search = "/_stcore/" in message.location.get("url", "") and "404" in message.text
        if message.type == "error" and not is_search:
            self.errors.append(f"{message.text} {message.location.get('url', '')}".strip())

    def _watch_socket(self, connection) -> None:
        self._note_address(connection.url)
        connection.on("framesent", self._note_message)

    def _note_message(self, _payload) -> None:
        self.sent += 1


@pytest.fixture(scope="session")
def profile(chromium) -> Iterator:
    """One browser context for all tabs with the same options: what one has fetched and compiled serves the next."""
    made: dict = {}

    def with_options(**options):
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = chromium.new_context(**options)
        return made[key]

    yield with_options
    for context in made.values():
        context.close()


@pytest.fixture
def open_tab(chromium, profile) -> Iterator:
    """Open tabs as `open_tab(width=..., height=..., dark=..., touch=...)`; each carries its `traffic`.

    With `alone=True` in a context of its own, for what changes the context. No tab may ask another host for anything,
    and none may report an error: checked when the test is over.
    """

    def open_one(width=1440, height=900, dark=False, touch=False, alone=False, **options):
        context = (chromium.new_context if alone else profile)(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        tab = context.new_page()
        tab.traffic = Traffic()
        tab.traffic.watch(tab)
        open_one.opened.append((context if alone else tab, tab))
        return tab

    open_one.opened = []
    yield open_one
    for _, tab in open_one.opened:
        assert tab.traffic.foreign == []
        assert tab.traffic.errors == []


@pytest.fixture
def tab(open_tab):
    """One tab on a desktop, in light colours."""
    return open_tab()
