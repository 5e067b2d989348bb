"""Rules about the source as a whole that neither the linter nor the import contracts can state."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
OWN = {"aecore", "pages", "app", "tests"}
HEAVY = {"torch", "sklearn", "scipy", "plotly.graph_objs._figure", "umap", "onnx", "onnxscript"}


def canonical(name: str) -> str:
    """The name of a distribution as requirement files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    found = [re.match(r"([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", line) for line in lines]
    return {canonical(each[1]): each[2] for each in found if each}


def requirements(name: str) -> dict[str, str]:
    return pins((PROJECT / name).read_text().splitlines())


@pytest.fixture(scope="module")
def declared() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())


def sources(*places: str) -> list[Path]:
    return [file for place in places for file in sorted(PROJECT.glob(place))]


def imported(statements: Iterator[ast.AST]) -> set[str]:
    """The modules named by those of the statements that are imports."""
    modules = set()
    for each in statements:
        if isinstance(each, ast.Import):
            modules |= {alias.name for alias in each.names}
        elif isinstance(each, ast.ImportFrom) and each.module:
            modules.add(each.module)
    return modules


def undeclared(files: list[Path], declared: set[str]) -> dict[str, str]:
    """The files that import a package which none of the declared distributions provides."""
    providers = importlib.metadata.packages_distributions()
    found = {}
    for file in files:
        for module in imported(ast.walk(ast.parse(file.read_text()))):
            package = module.partition(".")[0]
            if package in sys.stdlib_module_names or package in OWN:
                continue
            if declared.isdisjoint(map(canonical, providers.get(package, []))):
                found[str(file.relative_to(PROJECT))] = package
    return found


def test_every_package_that_is_imported_is_declared(declared):
    for_use = set(pins(declared["project"]["dependencies"]))
    assert undeclared(sources("app.py", "aecore/**/*.py", "pages/**/*.py"), for_use) == {}


def test_every_package_that_tests_import_is_declared(declared):
    for_tests = set(pins(declared["project"]["dependencies"])) | set(pins(declared["dependency-groups"]["dev"]))
    benchmarks = PROJECT / "tests" / "benchmarks"  # it has requirements of its own
    files = [file for file in sources("tests/**/*.py") if benchmarks not in file.parents]
    assert undeclared(files, for_tests) == {}


def test_the_requirement_files_pin_what_is_declared(declared):
    for_use, for_tests = requirements("requirements.txt"), requirements("requirements-dev.txt")
    assert pins(declared["project"]["dependencies"]).items() <= for_use.items()
    assert pins(declared["dependency-groups"]["dev"]).items() <= for_tests.items()


def test_tests_run_with_the_versions_that_people_use():
    assert requirements("requirements.txt").items() <= requirements("requirements-dev.txt").items()


def test_the_requirement_files_leave_the_build_of_torch_to_set_up():
    names = set(requirements("requirements-dev.txt"))
    assert not {name for name in names if name.startswith(("nvidia", "cuda", "triton"))}


LOOK_AROUND = f"""
import importlib, sys
for name in sys.argv[1:]:
    before = set(sys.modules)
    importlib.import_module(name)
    for heavy in {HEAVY} & set(sys.modules) - before:
        print(name, "imports", heavy)
"""


def test_first_paint_waits_for_no_heavy_package():
    """What app.py and the pages import at their top is imported in a process of its own, one after the other."""
    modules = set()
    for file in sources("app.py", "pages/**/*.py"):
        modules |= imported(iter(ast.parse(file.read_text()).body))
    look_around = [sys.executable, "-c", LOOK_AROUND, *sorted(modules)]
    done = subprocess.run(look_around, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
