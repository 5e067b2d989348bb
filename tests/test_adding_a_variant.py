"""docs/adding-a-variant.md: its code is put where it says, in a copy of the package, and its commands are run there."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aecore import places
from aecore.data.catalog import load

PROJECT = Path(__file__).parent.parent
PAGE = (PROJECT / "docs" / "adding-a-variant.md").read_text()
CATALOG = Path("aecore/objectives/catalog.py")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

RUN = """
import json, sys
from aecore.cli.main import main
print(json.dumps([main(words) for words in json.loads(sys.argv[1])]))
"""


def files() -> dict[str, str]:
    """What the page says a whole file is: its path stands alone on the line before the code."""
    return dict(re.findall(r"^`(aecore/[\w/]+\.py)`\n\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def entry() -> tuple[str, str]:
    """The import and the line for the catalog."""
    whole = files().values()
    imported, line = (code for language, code in FENCED.findall(PAGE) if language == "python" and code not in whole)
    return imported, line


def commands() -> list[list[str]]:
    (block,) = (code for language, code in FENCED.findall(PAGE) if language == "sh")
    lines = [shlex.split(line) for line in block.splitlines()]
    assert all(words[:3] == ["python3", "-m", "aecore"] for words in lines)
    return [words[3:] for words in lines]


def with_entry(catalog: str) -> str:
    """The catalog with the import before the first one of the package and the line after the last of its kind."""
    imported, line = entry()
    before, after = catalog.split('    Part("bce"', 1)
    rest, others = after.split("\n", 1)
    return (
        before.replace("from aecore.", f"{imported}from aecore.", 1)
        + '    Part("bce"'
        + rest
        + f"\n    {line.strip()},\n"
        + others
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package with what the page adds, and nothing else changed."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(PROJECT / "aecore", folder / "aecore", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "assets").symlink_to(PROJECT / "assets", target_is_directory=True)
    for name, code in files().items():
        assert not (folder / name).exists()
        (folder / name).write_text(code)
    (folder / CATALOG).write_text(with_entry((folder / CATALOG).read_text()))
    return folder


def test_the_page_adds_a_variant_a_part_and_an_entry():
    assert list(files()) == ["aecore/variants/systems/denoising_variational.py", "aecore/objectives/huber.py"]
    assert all(not code.startswith('"""') for code in entry())
    assert "adding-a-variant.md" in (PROJECT / "docs" / "design.md").read_text()


def test_what_the_page_adds_trains_evaluates_and_exports_with_the_commands_it_gives(copy, tmp_path):
    load("mnist")  # unpacked once for all tests
    *for_the_lab, for_the_tests = commands()
    assert for_the_tests[0] == "test"
    environment = {**places.child_environment(), "PYTHONPATH": str(copy), "AECORE_RUNS": str(tmp_path / "runs")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(for_the_lab)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [0] * len(for_the_lab), done.stderr
    assert (tmp_path / "decoder.onnx").stat().st_size > 1000
    recipes = [json.loads(file.read_text()) for file in (tmp_path / "runs").glob("2*/recipe.json")]
    kinds = {each["variant"]: each["parts"]["objective"] for each in recipes}
    assert kinds["denoising_variational"]["kind"] == "bce"
    assert kinds["simple"] == {"kind": "huber", "delta": 0.2}
