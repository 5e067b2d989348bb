"""The Latent space page under the hand: `python -m tests.benchmarks.latent`, from the environment of `aecore test`.

Starts the real server and a headless Chromium with software rendering on this machine, which share its processors, and
prints what was promised and what was measured: opening the map of 70,000 images, panning it, and dragging the probe for
decoders of three kinds, with the messages that went to the server meanwhile. Two references from the same run say what
machine it was: an empty Streamlit page, and the frames of an idle page.
"""

import math
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from aecore.jobs import run_here
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.benchmarks.pages import change, lab, new_tab, references
from tests.chromium import find_chromium
from tests.pages.oblong import make_oblong

COLOUR = "colour64"
FRAMES = """
({ latentLab }, ms) => new Promise((done) => {
  const times = [];
  const step = (now) => { times.push(now); if (now - times[0] < ms) requestAnimationFrame(step); else done(times); };
  requestAnimationFrame(step);
})
"""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    promised: float | None
    median: float
    worst: float  # the 95th percentile, or the slowest of few
    note: str = ""

    def __str__(self) -> str:
        promised = "–" if self.promised is None else f"{self.promised:,.1f}"
        kept = "" if self.promised is None else ("kept" if self.worst < self.promised else "NOT KEPT")
        return f"{self.what:66} {promised:>9} {self.median:>9,.1f} {self.worst:>9,.1f}  {kept:8} {self.note}"


def main() -> None:
    """Measure everything and print the table."""
    program = find_chromium()
    if program is None:
        sys.exit("No Chromium found: install it (apt install chromium), then measure again.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["AECORE_DATA"] = str(Path(folder) / "data")  # what is made up here stays nowhere
        runs = Path(folder) / "runs"
        colour = colour_run(Runs(runs))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        print(f"{'(ms)':66} {'promised':>9} {'median':>9} {'95 %':>9}  load average {os.getloadavg()[0]:.1f}")
        for reading in list(references(browser, Path(folder)))[:1]:
            print(Line(reading.what, None, statistics.median(reading.times), max(reading.times)))
        with lab(runs) as url:
            for line in (*opening(browser, url, "vae-2-mnist"), *moving(browser, url, colour)):
                print(line, flush=True)
        browser.close()


def colour_run(runs: Runs) -> Run:
    """A convolutional run on made-up pictures of 3 x 64 x 64, trained for one epoch: its speed is that of any other."""
    make_oblong(COLOUR, (3, 64, 64))
    changes = {"network.kind": "conv", "network.channels": (32, 64, 128), "training.epochs": 1}
    run = runs.create(make_recipe("variational", DataChoice(COLOUR), changes), "Colour", "cpu")
    for _ in run_here(run):
        pass
    return run


def opening(browser: Browser, url: str, run: str) -> Iterator[Line]:
    """From opening the tab to the map with all images, at the first time in this server and later."""
    first = [all_drawn(browser, url, run)]
    yield Line("tab opened, to 70,000 points drawn: first time, they are encoded", None, first[0], first[0])
    later = [all_drawn(browser, url, run) for _ in range(3)]
    yield Line(
        "tab opened without any cache, to 70,000 points drawn: later", 1500, statistics.median(later), max(later)
    )
    again = opened_again(browser, url, run)
    yield Line("tab opened by a browser that has been here before", 1500, statistics.median(again), max(again))
    changes = changed_to(browser, url, run)
    yield Line("page changed, to 70,000 points drawn", 1500, statistics.median(changes), max(changes))


def changed_to(browser: Browser, url: str, run: str) -> list[float]:
    """Milliseconds from the click in the menu, of a person who has seen the page before."""
    times = []
    with new_tab(browser) as tab:
        settled(tab, url, run)
        for _ in range(3):
            change(tab, "")
            tab.wait_for_timeout(1000)
            began = tab.evaluate("performance.now()")
            change(tab, "latent_space")
            times.append(drawn_at(tab) - began)
    return times


def opened_again(browser: Browser, url: str, run: str) -> list[float]:
    """Milliseconds since the navigation began, of a person who has seen the page before."""
    times = []
    with new_tab(browser) as tab:
        settled(tab, url, run)
        for _ in range(3):
            tab.goto("about:blank")
            tab.goto(f"{url}/latent_space?run={run}", wait_until="commit")
            times.append(drawn_at(tab))
            tab.wait_for_timeout(1000)
    return times


def all_drawn(browser: Browser, url: str, run: str) -> float:
    """Milliseconds since the navigation began."""
    with new_tab(browser) as tab:
        tab.goto(f"{url}/latent_space?run={run}", wait_until="commit")
        return drawn_at(tab)


def drawn_at(tab: Page) -> float:
    """When all points had been drawn, in milliseconds since the navigation began."""
    canvas = tab.locator("[data-lab]")
    canvas.wait_for(timeout=120_000)
    deadline = time.monotonic() + 120
    while not (drawn := canvas.evaluate("({ latentLab }) => latentLab.shown[70000] ?? null")):
        if time.monotonic() > deadline:
            raise TimeoutError("the 70,000 points did not come")
        tab.wait_for_timeout(20)
    return float(drawn)


def moving(browser: Browser, url: str, colour: Run) -> Iterator[Line]:
    """Panning 70,000 points, and dragging the probe with three decoders."""
    kinds = [
        ("vae-2-mnist", "dense and convolutional encoder of 2 numbers, 28×28", 1000 / 60),
        ("vae-20-mnist", "dense decoder of 20 numbers, 28×28", 1000 / 60),
        ("convolutional-mnist", "convolutional decoder of 32 numbers, 28×28", 1000 / 60),
        (colour.id, "convolutional decoder, 64×64 colour", 2000 / 60),
    ]
    for number, (run, what, promised) in enumerate(kinds):
        with new_tab(browser) as tab, sent_messages(tab) as sent:
            canvas = settled(tab, url, run)
            if number == 0:
                idle = deltas(canvas.evaluate(FRAMES, 1500))
                yield percentiles("reference: frames of the idle page", None, idle)
                yield percentiles("panning 70,000 points, frames", 25.0, panned(tab, canvas))
            before = len(sent)
            times = dragged(tab, canvas)
            note = f"{len(times)} pictures, {len(sent) - before} messages"
            yield percentiles(f"probe, {what}", promised, times, note)


def settled(tab: Page, url: str, run: str) -> Locator:
    """The canvas with all that is to come."""
    tab.goto(f"{url}/latent_space?run={run}")
    canvas = tab.locator("[data-lab][data-state=ready]")
    canvas.wait_for(timeout=120_000)
    tab.get_by_text(re.compile("Encoding all|Measuring the error")).wait_for(state="detached", timeout=120_000)
    canvas.wait_for(timeout=120_000)
    tab.wait_for_timeout(2000)
    canvas.locator(".map").scroll_into_view_if_needed()
    return canvas


@contextmanager
def sent_messages(tab: Page) -> Iterator[list[object]]:
    """Every message that goes to the server."""
    sent: list[object] = []
    tab.on("websocket", lambda connection: connection.on("framesent", lambda payload: sent.append(payload)))
    yield sent


def panned(tab: Page, canvas: Locator) -> list[float]:
    """Times between frames while the right button moves the map about."""
    x, y = middle(canvas)
    tab.mouse.move(x, y)
    tab.mouse.down(button="right")
    canvas.evaluate(f"async (canvas) => {{ canvas.frames = ({FRAMES})(canvas, 2500); }}")
    began = time.monotonic()
    while (turn := time.monotonic() - began) < 2.6:
        tab.mouse.move(x + 90 * math.sin(5 * turn), y + 60 * math.cos(7 * turn))
    tab.mouse.up(button="right")
    return deltas(canvas.evaluate("(canvas) => canvas.frames"))


def dragged(tab: Page, canvas: Locator) -> list[float]:
    """From each input of a drag to the picture that was drawn for it."""
    x, y = middle(canvas)
    tab.mouse.move(x, y)
    tab.mouse.down()
    canvas.evaluate("({ latentLab }) => { latentLab.frames.length = 0; }")
    for step in range(240):
        angle, radius = step / 240 * 6 * math.pi, 150 * step / 240
        tab.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    tab.wait_for_timeout(500)
    tab.mouse.up()
    frames = canvas.evaluate("({ latentLab }) => latentLab.frames")
    return [frame["painted_ms"] - frame["input_ms"] for frame in frames]


def middle(canvas: Locator) -> tuple[float, float]:
    box = canvas.locator(".map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def deltas(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def percentiles(what: str, promised: float | None, times: Sequence[float], note: str = "") -> Line:
    ordered = sorted(times)
    return Line(what, promised, statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))], note)


if __name__ == "__main__":
    main()
