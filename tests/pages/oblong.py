"""A small colour data set whose pictures are not square, runs on it, and the pages as a test sees them."""

import html
import importlib
import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from aecore import places
from aecore.data.info import DatasetInfo
from aecore.jobs import run_here
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from pages.shared.warming import HEAVY_MODULES
from tests.browser.servers import PROJECT
from tests.made_up import made_up_set

NAME = "oblong"
SHAPE = (3, 20, 24)
# The lab loads these in a thread, and Python 3.11 cannot compile in two threads what the tests' shape checks rewrite.
for module in HEAVY_MODULES:
    importlib.import_module(module)

PARTS = {"train": 240, "validation": 40, "test": 60}


def make_oblong(name: str = NAME, shape: tuple[int, int, int] = SHAPE) -> None:
    """Put a set of made-up pictures where own data sets lie, once for all tests."""
    places.data_folder().mkdir(parents=True, exist_ok=True)
    with FileLock(places.data_folder() / f"{name}.lock"):
        folder = places.data_folder() / "own" / name
        if (folder / "info.json").exists():
            return
        folder.mkdir(parents=True)
        made = made_up_set(sum(PARTS.values()), shape, seed=5)
        np.save(folder / "images.npy", made.images)
        np.save(folder / "labels.npy", made.labels)
        info = DatasetInfo(
            name, name.capitalize(), shape, *PARTS.values(), made.class_names, "made up", "none", "own", 1
        )
        described = {**asdict(info), "fingerprint": name, "settings": {}, "skipped": 0}
        (folder / "info.json").write_text(json.dumps(described))


def train(
    runs: Runs,
    variant: str,
    name: str,
    data: str = NAME,
    epochs: int = 2,
    classes: tuple[int, ...] = (),
    **changes: object,
) -> Run:
    """A small run, trained to the end in a second."""
    small = {"network.kind": "dense", "network.hidden": (24,), "bottleneck.code_size": 4, "training.epochs": epochs}
    return _trained(runs, variant, name, DataChoice(data, classes), small | changes)


def train_as_it_is(runs: Runs, variant: str, name: str, data: str = NAME, **changes: object) -> Run:
    """A run of one epoch with the variant's own networks."""
    return _trained(runs, variant, name, DataChoice(data), {"training.epochs": 1, **changes})


def _trained(runs: Runs, variant: str, name: str, data: DataChoice, changes: dict[str, object]) -> Run:
    run = runs.create(make_recipe(variant, data, changes), name, "cpu")
    for _ in run_here(run):
        pass
    return run


def open_page(name: str, state: dict[str, object] | None = None, **query: str | list[str]) -> AppTest:
    """A page as a visitor with this address and this session meets it, having run once."""
    app = AppTest.from_file(str(PROJECT / "pages" / "navigation.py"), default_timeout=60)
    app.query_params.update(query)
    for key, value in (state or {}).items():
        app.session_state[key] = value
    app.switch_page(f"{name}.py")
    return checked(app.run())


def lines_of(app: AppTest) -> list[str]:
    """All code on the page, once every "Show as Python / shell" has been opened: of each Python and then shell."""
    for section in app.expander:
        if section.label == "Show as Python / shell":
            app.session_state[section.proto.id.split("-", 2)[2]] = True
    return [each.value for each in checked(app.run()).code]


def checked(app: AppTest) -> AppTest:
    """The page, after looking whether its script broke."""
    assert not app.exception, app.exception[0].stack_trace
    return app


def htmls(app: AppTest) -> list[str]:
    """Blocks of HTML, in the order in which they are met."""
    return [each.proto.body for each in app.get("html")]


def matrices(app: AppTest) -> list[dict[str, list[str]]]:
    """Rows of pictures by their name: the text of each picture, or the word that stands in its place."""
    return [_rows(block) for block in htmls(app) if "lab-matrix" in block.split("</style>")[1]]


def tables(app: AppTest) -> list[dict[tuple[str, str], list[str]]]:
    """Tables of numbers by name and unit of the row."""
    found = []
    for block in htmls(app):
        if '<table class="lab-numbers"' in block:
            rows = re.findall(r'<tr><th scope="row">(.*?)<small>(.*?)</small></th>(.*?)</tr>', block)
            found.append({(label, unit): re.findall(r"<td.*?>(.*?)</td>", cells) for label, unit, cells in rows})
    return found


def sentences(app: AppTest) -> str:
    """Everything that is said on the page, in one string, without the marks that keep Markdown from reading it."""
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning, app.header, app.subheader, app.success)
    return unmarked("\n".join(each.value for kind in kinds for each in kind))


def errors(app: AppTest) -> list[str]:
    """The errors that are shown."""
    return [unmarked(each.value) for each in app.error]


def unmarked(text: str) -> str:
    """Markdown as it reads on screen, where every special letter was marked."""
    return re.sub(r"\\(.)", r"\1", text)


def _rows(block: str) -> dict[str, list[str]]:
    rows = {}
    for row in block.split('<div role="row">')[1:]:
        label = re.search(r'role="rowheader">([^<]*)', row)
        cells = re.findall(r'role="cell">(?:<img src="[^"]*" alt="([^"]*)">|([^<]*))', row)
        if label:
            rows[html.unescape(label[1])] = [html.unescape(picture or word) for picture, word in cells]
    return rows


def write_picture(path: Path, size: tuple[int, int]) -> bytes:
    """A PNG of one colour, and its bytes."""
    from PIL import Image

    Image.new("RGB", size, (200, 40, 90)).save(path)
    return path.read_bytes()
