"""What is put into one file, and what is refused; the browser tests open such files."""

import json
import re

import pytest

from aecore.analysis.bundle import WASM_BLOCK, bundle_html
from aecore.errors import SettingError

ABOUT = {"about": "A page.", "run": "r", "version": "1", "licence": "none"}
FRAME = {"bundle.js": "run()", "bundle.css": "body {}"}


def bundled(code, entry="a.js", header=ABOUT, blocks=None, runtime=False):
    return bundle_html(entry, blocks or {}, header, "Page", runtime, {**FRAME, **code}).decode()


def modules(page):
    return json.loads(re.search(r'id="lab-modules">(.*?)</script>', page)[1])


def test_each_module_comes_once_after_what_it_imports_by_the_names_of_all():
    code = {
        "a.js": "import { b } from './b.js';\nimport {\n  c,\n} from \"./parts/c.js\";\nimport './d.js';",
        "b.js": "import * as c from './parts/c.js';",
        "parts/c.js": "export { d } from '../d.js';",
        "d.js": "/** @type {import('./e.js').E} */ export const d = './b.js';",
        "e.js": "never imported",
    }
    assert modules(bundled(code)) == [
        ["d.js", code["d.js"]],
        ["parts/c.js", "export { d } from 'lab:d.js';"],
        ["b.js", "import * as c from 'lab:parts/c.js';"],
        ["a.js", "import { b } from 'lab:b.js';\nimport {\n  c,\n} from 'lab:parts/c.js';\nimport 'lab:d.js';"],
    ]


def test_what_is_imported_on_demand_comes_with_the_runtime_alone():
    code = {"a.js": "const { b } = await import('./b.js');", "b.js": "export const b = 1;"}
    assert [name for name, _ in modules(bundled(code))] == ["a.js"]
    assert [name for name, _ in modules(bundled(code, runtime=True))] == ["b.js", "a.js"]


def test_modules_bring_their_styles_and_others_stay_out():
    code = {"a.js": "import './b.js';", "b.js": "", "b.css": ".b {}", "c.css": ".c {}"}
    style = re.search("<style>(.*?)</style>", bundled(code), re.DOTALL)[1]
    assert style == "body {}\n.b {}"


def test_modules_in_a_circle_are_named():
    with pytest.raises(ValueError, match=re.escape("a.js -> b.js -> a.js")):
        bundled({"a.js": "import './b.js';", "b.js": "import './a.js';"})


def test_a_page_that_does_not_say_what_it_is_is_refused():
    with pytest.raises(SettingError, match="its header lacks version, licence"):
        bundled({"a.js": ""}, header={"about": "A page.", "run": "r", "licence": None})


def test_the_runtime_keeps_its_name():
    with pytest.raises(SettingError, match="choose another name"):
        bundled({"a.js": ""}, blocks={WASM_BLOCK: b""})


def test_the_same_parts_give_the_same_file():
    assert bundled({"a.js": ""}, blocks={"x": b"1"}) == bundled({"a.js": ""}, blocks={"x": b"1"})
