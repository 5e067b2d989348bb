"""How long a person waits: `python -m tests.benchmarks.pages`, from the environment that `aecore test` made.

Starts the real server and a headless Chromium on this machine, which share its processors, and prints for each
promise what was promised and what was measured: the median of several readings and the slowest. Every request to
another host is counted. Two references from the same run say what machine it was: an empty Streamlit page in the
same browser, and the import of torch.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.browser.servers import PROJECT, serving
from tests.chromium import find_chromium

HEADINGS = {
    "": "Latent Lab",
    "data": "Data",
    "train": "Train",
    "runs": "Runs",
    "reconstruct": "Reconstruct",
    "latent_space": "Latent space",
    "generate": "Generate",
}
FOLDERS = 1000
ENLARGES = "subpixel-photographs"
SIDES = (512, 384)  # pixels of the picture that is enlarged: width, height
ROUNDS = 3


@dataclass(frozen=True)
class Reading:
    """One line of the table, in milliseconds."""

    what: str
    promised: float | None
    times: list[float]

    def __str__(self) -> str:
        promised = f"{self.promised:,.0f}" if self.promised is not None else "–"
        median = statistics.median(self.times)
        kept = "" if self.promised is None else ("kept" if median < self.promised else "NOT KEPT")
        return f"{self.what:58} {promised:>9} {median:>9,.0f} {max(self.times):>9,.0f}  {kept}"


def main() -> None:
    """Measure everything and print the table."""
    program = find_chromium()
    if program is None:
        sys.exit("No Chromium found: install it (apt install chromium), then measure again.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        print(f"{'':58} {'promised':>9} {'median':>9} {'slowest':>9}   (ms)")
        for measure in (references, first_paint, page_changes, training, enlarging, many_runs):
            for reading in measure(browser, Path(folder)):
                print(reading, flush=True)
        browser.close()


def references(browser: Browser, folder: Path) -> Iterator[Reading]:
    """What an empty page and the import of torch cost on this machine."""
    script = folder / "empty.py"
    script.write_text("import streamlit as st\nst.title('Empty')\n")
    times = []
    for _ in range(ROUNDS):
        with serving(script, folder / "empty.log") as url, new_tab(browser) as tab:
            times.append(timed(lambda url=url, tab=tab: opened(tab, url, "Empty")))
    yield Reading("reference: an empty Streamlit page, from opening the tab", None, times)
    load = [timed(lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True)) for _ in range(ROUNDS)]
    yield Reading("reference: python -c 'import torch'", None, load)


def first_paint(browser: Browser, folder: Path) -> Iterator[Reading]:
    """From opening the tab on a just-started server to the heading of Home."""
    times = []
    for _ in range(ROUNDS):
        with lab(folder / "paint") as url, new_tab(browser) as tab:
            times.append(timed(lambda url=url, tab=tab: opened(tab, url, HEADINGS[""])))
    yield Reading("tab opened on a just-started server, to the heading of Home", 2000, times)


def page_changes(browser: Browser, folder: Path) -> Iterator[Reading]:
    """From a click in the menu to the heading of the page, once every page has been visited."""
    with lab(folder / "change") as url, new_tab(browser) as tab:
        foreign: list[str] = []
        tab.on("request", lambda request: foreign.append(request.url) if url not in request.url else None)
        opened(tab, url, HEADINGS[""])
        tab.wait_for_timeout(8000)  # torch is loaded in the background
        for path in HEADINGS:
            change(tab, path)
            tab.wait_for_timeout(4000)
        for path, heading in list(HEADINGS.items())[1:]:
            times = []
            for _ in range(ROUNDS):
                change(tab, "")
                tab.wait_for_timeout(500)
                times.append(timed(lambda path=path: change(tab, path)))
                tab.wait_for_timeout(500)
            yield Reading(f"page change to {heading}, warm, to its heading", 500, times)
        others = [each for each in foreign if not each.startswith(("data:", "blob:")) and "localhost" not in each]
        print(f"requests to other hosts, all pages: {len(others)}")


def training(browser: Browser, folder: Path) -> Iterator[Reading]:
    """From the click on Train to the first point of the loss in the run's folder and to its curve on the page."""
    written, drawn = [], []
    for index in range(ROUNDS):
        runs = folder / f"train-{index}"
        with lab(runs) as url, new_tab(browser) as tab:
            opened(tab, f"{url}/train", HEADINGS["train"])
            button = tab.get_by_role("button", name="Train", exact=True)
            button.wait_for()
            tab.wait_for_timeout(5000)
            started = time.perf_counter()
            button.click()
            wait_for(lambda runs=runs: any(path.stat().st_size for path in runs.glob("*/steps.jsonl")))
            written.append((time.perf_counter() - started) * 1000)
            tab.locator("[class*=st-key-train-curves] :is(.point, .js-line)").first.wait_for()
            drawn.append((time.perf_counter() - started) * 1000)
            tab.get_by_role("button", name="Stop").click()
            wait_for(lambda runs=runs: all(each.state == "stopped" for each in Runs(runs).list() if not each.starter))
    yield Reading("click on Train, to the first loss in the run's folder", 5000, written)
    yield Reading("click on Train, to the first loss point on the page", 5000, drawn)


def enlarging(browser: Browser, folder: Path) -> Iterator[Reading]:
    """From a picture being added on Enlarge to its enlarged part on screen, and from the click to the whole of it."""
    y, x = np.mgrid[: SIDES[1], : SIDES[0]]
    shown, whole = [], []
    with lab(folder / "enlarge") as url, new_tab(browser) as tab:
        opened(tab, f"{url}/enlarge?run={ENLARGES}", "Enlarge")
        tab.locator(".compare-divider").wait_for()  # a sample, which loads torch and the model
        for index in range(ROUNDS):
            waves = 128 + 100 * np.sin(x / (5 + index)) * np.cos(y / 7)
            file = folder / f"picture-{index}.png"
            Image.fromarray(np.stack([waves, waves[::-1], waves[:, ::-1]], 2).astype(np.uint8)).save(file)
            tab.wait_for_timeout(2000)
            started = time.perf_counter()
            tab.locator('input[type="file"]').set_input_files(file)
            tab.get_by_text(f"{file.name}: {SIDES[0]} × {SIDES[1]} pixels").wait_for()
            shown.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            tab.get_by_role("button", name=f"Enlarge all {SIDES[0]} × {SIDES[1]} pixels").click()
            tab.get_by_role("button", name="Download").wait_for(timeout=120_000)
            whole.append((time.perf_counter() - started) * 1000)
    size = f"{SIDES[0]} × {SIDES[1]}"
    yield Reading(f"colour picture of {size} added, to its enlarged part", None, shown)
    yield Reading(f"click, to all of {size} enlarged 2 times", None, whole)


def many_runs(browser: Browser, folder: Path) -> Iterator[Reading]:
    """Listing a thousand run folders."""
    root = folder / "many"
    store = Runs(root)
    recipe = make_recipe("variational", DataChoice("mnist"))
    for _ in range(FOLDERS):
        store.create(recipe)
    for number, path in enumerate(sorted(root.iterdir())):
        if path.is_dir() and not path.name.startswith("."):
            line = {"epoch": 1, "stage": 0, "step": number, "train": {"loss": 1.0}, "validation": {"loss": 1.0}}
            (path / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    yield Reading(f"listing {FOLDERS:,} run folders", 500, [timed(store.list) for _ in range(ROUNDS)])
    code = f"import time; t = time.perf_counter(); from aecore.runs.store import Runs; Runs({str(root)!r}).list()"
    fresh = [sys.executable, "-c", f"{code}; print(time.perf_counter() - t)"]
    times = [float(subprocess.run(fresh, capture_output=True, check=True).stdout) * 1000 for _ in range(ROUNDS)]
    yield Reading("the same in a fresh process, imports included", None, times)


@contextmanager
def lab(runs: Path) -> Iterator[str]:
    """The lab on a free port, with its runs in `runs`."""
    runs.mkdir(exist_ok=True)
    with serving(PROJECT / "app.py", runs.with_suffix(".log"), AECORE_RUNS=str(runs)) as url:
        yield url


@contextmanager
def new_tab(browser: Browser) -> Iterator[Page]:
    """A tab without a cache of earlier ones."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def opened(tab: Page, url: str, heading: str) -> None:
    """Open an address and wait for the heading."""
    tab.goto(url, wait_until="commit")
    tab.get_by_role("heading", name=heading, exact=True).wait_for()


def change(tab: Page, path: str) -> None:
    """Click in the menu and wait for the heading."""
    name = "Home" if path == "" else HEADINGS[path]
    tab.get_by_role("link", name=name, exact=True).first.click()
    tab.get_by_role("heading", name=HEADINGS[path], exact=True).wait_for()


def wait_for(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look every few milliseconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.02)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
