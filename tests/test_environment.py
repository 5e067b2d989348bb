"""Set-up and the two commands that need it, without installing anything: a script plays the part of pip."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aecore import environment
from aecore.__main__ import main
from aecore.environment import Environment, python_with
from aecore.errors import SetUpError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a POSIX script")

PROJECT = Path(__file__).parent.parent
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

NO_NETWORK = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to establish': /torch/
ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu (from versions: none)
ERROR: No matching distribution found for torch==2.13.0+cpu
"""
NOT_OFFERED = """\
ERROR: Could not find a version that satisfies the requirement {0} (from versions: 2.12.0, 2.13.0)
ERROR: No matching distribution found for {0}
"""
DISK_FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"

STAND_IN = f"""\
#!{sys.executable} -S
import json, sys
from pathlib import Path

folder = Path(__file__).parent
if sys.argv[1] == "-c":
    print("{PYTHON_VERSION}")
    sys.exit()
with (folder / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
failures = json.loads((folder / "failures").read_text()) if (folder / "failures").exists() else {{}}
for part, complaint in failures.items():
    if part in sys.argv or part in " ".join(sys.argv):
        sys.stderr.write(complaint)
        sys.exit(1)
"""


class Checkout:
    """A checkout with a `.venv` whose interpreter writes down what it is asked to run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.requirements = folder / "requirements.txt"
        self.requirements.write_text("no-such-package==1.0\ntorch==2.13.0   # via latent-lab\n")
        (folder / "requirements-dev.txt").write_text(self.requirements.read_text() + "pytest==9.2.0\n")
        self.bin = folder / ".venv" / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "python").write_text(STAND_IN)
        (self.bin / "python").chmod(0o755)
        self.environment = Environment(folder / ".venv")
        self.said: list[str] = []

    def fail(self, **complaints: str) -> None:
        """From now on pip fails when it is asked for one of these, with this complaint."""
        (self.bin / "failures").write_text(json.dumps(complaints))

    def calls(self) -> list[str]:
        """What the interpreter was asked to run since this was last asked."""
        log = self.bin / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def installed(self) -> list[str]:
        """The last word of each call of pip: what it was to install."""
        return [line.split()[-1] for line in self.calls() if line.startswith("-m pip install")]

    def set_up(self, requirements: str = "requirements.txt") -> str:
        return python_with(self.folder / requirements, self.said.append)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python3 -m aecore ARGUMENTS` by an interpreter that has no packages at all."""
        bare = [sys.executable, "-S", "-m", "aecore", *arguments]
        return subprocess.run(bare, cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(environment, "DRIVER_FILE", tmp_path / "no-driver")
    return Checkout(tmp_path)


@pytest.fixture
def copied_checkout(checkout):
    """One that also holds the modules which must work without packages, and a command line that needs numpy."""
    package = checkout.folder / "aecore"
    package.mkdir()
    for name in ("__init__.py", "__main__.py", "environment.py", "errors.py"):
        shutil.copy(PROJECT / "aecore" / name, package)
    (package / "cli.py").write_text("import numpy\n")
    return checkout


def install_driver(folder, monkeypatch):
    tool = folder / "tools" / "nvidia-smi"
    tool.parent.mkdir()
    tool.touch(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))


def test_without_a_driver_the_cpu_build_is_installed(checkout):
    checkout.set_up()
    assert checkout.installed() == ["torch==2.13.0+cpu", str(checkout.requirements)]
    assert "There is no NVIDIA driver: installing torch 2.13.0 for CPUs." in checkout.said


def test_an_index_without_a_cpu_build_gives_the_one_it_has(checkout):
    checkout.fail(**{"torch==2.13.0+cpu": NOT_OFFERED.format("torch==2.13.0+cpu")})
    checkout.set_up()
    assert checkout.installed() == ["torch==2.13.0+cpu", "torch==2.13.0", str(checkout.requirements)]
    assert "The package index lacks that build: installing the torch 2.13.0 it has (sizes: README.md)." in checkout.said


def test_with_a_driver_no_cpu_build_is_taken(checkout, monkeypatch):
    install_driver(checkout.folder, monkeypatch)
    checkout.set_up()
    assert checkout.installed()[0] == "torch===2.13.0"


def test_the_file_of_a_loaded_driver_counts_where_its_tools_are_not_on_the_path(checkout):
    environment.DRIVER_FILE.touch()
    assert environment.nvidia_driver()


def test_a_complete_environment_is_used_as_it_is(checkout):
    first = checkout.set_up()
    checkout.calls()
    assert checkout.set_up() == first == str(checkout.bin / "python")
    assert checkout.calls() == []


def test_changed_requirements_are_installed_into_the_same_environment(checkout):
    checkout.set_up()
    checkout.requirements.write_text("torch==2.13.1\n")
    checkout.calls()
    checkout.set_up()
    assert checkout.installed() == ["torch==2.13.1+cpu", str(checkout.requirements)]


def test_set_up_for_the_tests_serves_the_lab_too(checkout):
    checkout.set_up("requirements-dev.txt")
    assert checkout.environment.is_current(checkout.requirements)


def test_set_up_for_the_lab_does_not_serve_the_tests(checkout):
    checkout.set_up()
    assert not checkout.environment.is_current(checkout.folder / "requirements-dev.txt")


def test_a_driver_that_appears_asks_for_another_torch(checkout, monkeypatch):
    checkout.set_up()
    install_driver(checkout.folder, monkeypatch)
    checkout.calls()
    checkout.set_up()
    assert checkout.installed()[0] == "torch===2.13.0"


def test_a_driver_that_is_gone_changes_nothing(checkout, monkeypatch):
    with monkeypatch.context() as patch:
        install_driver(checkout.folder, patch)
        checkout.set_up()
    assert not environment.nvidia_driver()
    assert checkout.environment.is_current(checkout.requirements)


def test_another_version_of_python_makes_the_environment_anew(checkout, monkeypatch):
    checkout.set_up()
    monkeypatch.setattr(environment, "_python_version", lambda: "3.99")
    monkeypatch.setattr(sys, "executable", shutil.which("false", path=os.defpath))
    checkout.said.clear()
    with pytest.raises(SetUpError):  # by a Python that cannot
        checkout.set_up()
    assert checkout.said == [f"Creating the environment in {checkout.environment.folder}."]


def test_an_interrupted_set_up_is_taken_up_again(checkout):
    checkout.fail(**{str(checkout.requirements): DISK_FULL})
    with pytest.raises(SetUpError):
        checkout.set_up()
    assert not checkout.environment.is_current(checkout.requirements)
    checkout.fail()
    checkout.set_up()
    assert checkout.environment.is_current(checkout.requirements)


def test_a_package_that_pip_was_killed_over_is_installed_again(checkout):
    packages = checkout.environment.folder / "lib" / f"python{PYTHON_VERSION}" / "site-packages"
    whole, half = packages / "numpy-2.4.6.dist-info", packages / "torch-2.13.0.dist-info"
    for metadata in (whole, half):
        metadata.mkdir(parents=True)
        (metadata / "METADATA").touch()
    (whole / "INSTALLER").touch()
    checkout.set_up()
    assert whole.exists()
    assert not half.exists()


def test_a_failed_update_does_not_leave_an_environment_that_looks_complete(checkout):
    checkout.set_up()
    before = checkout.requirements.read_text()
    checkout.requirements.write_text(before + "pandas==3.1.1\n")
    checkout.fail(torch=NO_NETWORK)
    with pytest.raises(SetUpError):
        checkout.set_up()
    checkout.requirements.write_text(before)
    assert not checkout.environment.is_current(checkout.requirements)


def test_a_damaged_stamp_is_no_stamp(checkout):
    checkout.set_up()
    checkout.environment.stamp.write_text("[")
    assert not checkout.environment.is_current(checkout.requirements)


def test_an_environment_without_pip_is_created_again(checkout, monkeypatch):
    (checkout.bin / "python").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setattr(sys, "executable", shutil.which("false", path=os.defpath))
    with pytest.raises(SetUpError):
        checkout.set_up()
    assert checkout.said == [f"Creating the environment in {checkout.environment.folder}."]


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (NO_NETWORK, "The package index cannot be reached"),
        (DISK_FULL, r"The disk is full: \d+\.\d GB are left"),
        (NOT_OFFERED.format("numpy==2.4.6"), f"The package index has no numpy==2.4.6 for Python {PYTHON_VERSION} on"),
        ("ERROR: something new\n", "pip could not install the packages:\nERROR: something new"),
    ],
    ids=["network", "disk", "version", "else"],
)
def test_what_pip_complains_about_is_said_in_one_sentence(checkout, complaint, sentence):
    checkout.fail(**{str(checkout.requirements): complaint})
    with pytest.raises(SetUpError, match=f"^{sentence}"):
        checkout.set_up()


def test_a_missing_network_is_not_taken_for_a_missing_build(checkout):
    checkout.fail(**{"torch==2.13.0+cpu": NO_NETWORK})
    with pytest.raises(SetUpError, match="cannot be reached"):
        checkout.set_up()
    assert checkout.installed() == ["torch==2.13.0+cpu"]


def test_a_python_without_venv_names_the_package_to_install(checkout, monkeypatch):
    shutil.rmtree(checkout.environment.folder)
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetUpError, match="apt install python3-venv"):
        checkout.set_up()


def test_an_interpreter_that_has_the_packages_is_used_and_nothing_is_made(checkout):
    import numpy

    shutil.rmtree(checkout.environment.folder)
    checkout.requirements.write_text(f"numpy=={numpy.__version__}\nnothing-like-it==1.0 ; os_name == 'nowhere'\n")
    assert checkout.set_up() == sys.executable
    assert not checkout.environment.folder.exists()


def test_an_interpreter_with_another_version_of_a_package_is_not_used(checkout):
    checkout.requirements.write_text("numpy==0.0.1\ntorch==2.13.0\n")
    assert checkout.set_up() == str(checkout.bin / "python")


def test_start_needs_no_package_and_opens_the_lab_at_the_chosen_port(copied_checkout):
    done = copied_checkout.command("start", "--port", "8600", "--headless", "--server.runOnSave=true")
    assert done.returncode == 0, done.stderr
    opened = "-m streamlit run app.py --server.port=8600 --server.headless=true --server.runOnSave=true"
    assert copied_checkout.calls()[-1] == opened


def test_test_runs_browser_tests_apart_from_the_others(copied_checkout):
    copied_checkout.command("test")
    *_, unit, browser = copied_checkout.calls()
    assert re.fullmatch(r"-m pytest --numprocesses=[1-4] --dist=worksteal --ignore=tests/browser", unit)
    apart = r"--dist=loadfile --no-loadscope-reorder tests/browser"
    assert re.fullmatch(rf"-m pytest --numprocesses=[1-4] {apart}", browser)


def test_test_fails_when_either_part_fails(copied_checkout):
    copied_checkout.fail(**{"--ignore=tests/browser": ""})
    assert copied_checkout.command("test").returncode == 1
    copied_checkout.fail(**{"tests/browser": ""})
    assert copied_checkout.command("test").returncode == 1


def test_what_fails_with_a_browser_is_tried_once_more_and_the_second_try_counts(copied_checkout):
    copied_checkout.fail(**{"--no-loadscope-reorder": ""})  # the first try only
    done = copied_checkout.command("test")
    again = copied_checkout.calls()[-1]
    assert again == "-m pytest --last-failed --last-failed-no-failures=none --exitfirst tests/browser"
    assert (done.returncode, done.stdout.count("Once more")) == (0, 1)


def test_which_tests_failed_is_remembered_for_the_second_try(pytestconfig):
    """Without its cache pytest knows of none that failed, and would go through all of them."""
    assert pytestconfig.pluginmanager.hasplugin("cacheprovider")
    assert pytestconfig.getini("cache_dir") in (PROJECT / ".gitignore").read_text().replace("/", "").splitlines()


def test_test_passes_arguments_to_pytest(copied_checkout):
    copied_checkout.command("test", "tests/test_cli.py", "-k", "train")
    assert copied_checkout.calls()[-1] == "-m pytest tests/test_cli.py -k train"


def test_a_set_up_that_fails_is_one_line_and_exit_status_2(copied_checkout):
    copied_checkout.fail(**{"torch==2.13.0+cpu": DISK_FULL, "torch===2.13.0": DISK_FULL})
    done = copied_checkout.command("start")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("The disk is full")


def test_other_commands_go_to_the_environment_once_it_is_complete(copied_checkout):
    copied_checkout.command("start")
    copied_checkout.calls()
    copied_checkout.command("runs", "--json")
    assert copied_checkout.calls() == ["-m aecore runs --json"]


def test_other_commands_say_how_to_set_up_where_packages_are_missing(copied_checkout):
    done = copied_checkout.command("runs")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("This Python has no numpy")
    assert "python3 -m aecore start" in done.stderr


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 15, 0)])
def test_a_python_too_old_or_too_new_is_refused_in_one_line(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    assert main(["start"]) == 2
    assert f"and this is 3.{version[1]} ({sys.executable})" in capsys.readouterr().err


def test_python_3_8_can_read_the_file_that_refuses_it():
    ast.parse((PROJECT / "aecore" / "__main__.py").read_text(), feature_version=(3, 8))
