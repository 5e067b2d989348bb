"""The environment of a checkout: a virtual environment that is made, filled and recognised by the standard library.

    start, test  ->  this interpreter, if it holds every pinned package
                     else .venv, if its stamp is current
                     else .venv after set-up: create, install torch, install the rest, write the stamp

The stamp is written last, so a set-up that was interrupted at any point is taken up again by the next call; pip
keeps what it has downloaded. It records what the environment was made from: the Python version, a hash of each
requirement file, and whether an NVIDIA driver was there, because that decides which build of torch is wanted.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aecore.errors import SetUpError

Say = Callable[[str], None]

DRIVER_FILE = Path("/proc/driver/nvidia/version")

# What pip and venv write when it is not the requirement that is at fault.
DISK_FULL = ("No space left on device", "Errno 28", "not enough space on the disk")
NO_NETWORK = ("connection broken by", "Max retries exceeded", "Network is unreachable", "timed out", "resolve host")
NOT_OFFERED = "No matching distribution found for "
EMPTY_INDEX = "(from versions: none)"


def nvidia_driver() -> bool:
    """Whether this machine has an NVIDIA driver."""
    return DRIVER_FILE.exists() or shutil.which("nvidia-smi") is not None


@dataclass(frozen=True)
class Environment:
    """The virtual environment in `folder`, whether or not it exists yet."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """The file that says from what the environment was made."""
        return self.folder / "latent-lab.json"

    def is_active(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def is_current(self, requirements: Path) -> bool:
        """Whether it was completely set up from these requirements, by this version of Python, for this machine.

        A driver that has appeared since asks for another build of torch; one that has gone does not, because the
        CUDA build computes on a CPU as well.
        """
        made = self._made_from()
        return (
            self.python.exists()
            and made.get("python") == _python_version()
            and made.get(requirements.name) == _fingerprint(requirements)
            and (made.get("driver") is True or not nvidia_driver())
        )

    def set_up(self, requirements: Path, say: Say) -> None:
        """Create it if need be and install `requirements`. SetUpError with the reason when that fails."""
        self._forget()
        if not self._works():
            self._create(say)
        self._drop_half_installed()
        self._install_torch(requirements, say)
        say("Installing the other packages.")
        self._install(["--requirement", str(requirements)])
        self._remember(requirements)

    def _create(self, say: Say) -> None:
        if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
            raise SetUpError(
                "This Python cannot create virtual environments because its venv module is missing or incomplete: "
                "install it (on Debian and Ubuntu: apt install python3-venv) and start again."
            )
        say(f"Creating the environment in {self.folder}.")
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(self.folder)], capture_output=True, text=True
        )
        if made.returncode:
            raise SetUpError(_reason(made.stdout + made.stderr, self.folder))

    def _works(self) -> bool:
        """Whether it has a pip of this version of Python; an environment whose creation was interrupted has none."""
        if self.is_active():
            return True
        asked = [str(self.python), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            answer = subprocess.run(asked, capture_output=True, text=True)
        except OSError:
            return False
        return answer.stdout.strip() == _python_version()

    def _drop_half_installed(self) -> None:
        """Let pip install again what it was killed over.

        It takes a package for installed once the metadata are there, and they may come before the last of the files;
        INSTALLER is what it writes when all of them are.
        """
        packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))
        for metadata in packages.glob("*.dist-info"):
            if not (metadata / "INSTALLER").exists():
                shutil.rmtree(metadata)

    def _install_torch(self, requirements: Path, say: Say) -> None:
        """Install the build that suits the machine, or the one that the package index has.

        An index may offer the CPU build beside the CUDA build under the same number with "+cpu" behind it. Both
        satisfy `torch==2.13.0`, so the wish is stated first: "+cpu", or with "===" the number with nothing behind it.
        """
        version = _pin(requirements, "torch")
        if nvidia_driver():
            wish = f"torch==={version}"
            say(f"There is an NVIDIA driver: installing torch {version} for it.")
        else:
            wish = f"torch=={version}+cpu"
            say(f"There is no NVIDIA driver: installing torch {version} for CPUs.")
        try:
            self._install(["--no-deps", wish])
        except NotOfferedError:
            say(f"The package index lacks that build: installing the torch {version} it has (sizes: README.md).")
            self._install(["--no-deps", f"torch=={version}"])

    def _install(self, what: list[str]) -> None:
        # Wheels only: building torch or numpy here would fail late and obscurely where a wheel is missing.
        options = ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--retries", "2"]
        install = [str(self.python), "-m", "pip", "install", *options, *what]
        pip = subprocess.run(install, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        if pip.returncode == 0:
            return
        if NOT_OFFERED in pip.stderr and EMPTY_INDEX not in pip.stderr:
            raise NotOfferedError(_reason(pip.stderr, self.folder))
        raise SetUpError(_reason(pip.stderr, self.folder))

    def _made_from(self) -> dict[str, object]:
        try:
            made = json.loads(self.stamp.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return made if isinstance(made, dict) else {}

    def _forget(self) -> None:
        self.stamp.unlink(missing_ok=True)

    def _remember(self, requirements: Path) -> None:
        # The packages for development include those for use, so a complete set-up for the tests is one for the lab.
        files = {requirements.name, "requirements.txt"}
        made: dict[str, object] = {name: _fingerprint(requirements.with_name(name)) for name in sorted(files)}
        text = json.dumps({"python": _python_version(), "driver": nvidia_driver(), **made}, indent=2)
        unfinished = self.stamp.with_suffix(".unfinished")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(self.stamp)


class NotOfferedError(SetUpError):
    """The package index answers, but lacks this version for this machine."""


def python_with(requirements: Path, say: Say) -> str:
    """The interpreter that holds the packages pinned in `requirements`, set up first where there is none.

    The environment is `.venv` beside the file. SetUpError with the reason and the way out when it cannot be made.
    """
    environment = Environment(requirements.with_name(".venv"))
    if not environment.is_active() and holds(requirements):
        return sys.executable
    if not environment.is_current(requirements):
        environment.set_up(requirements, say)
        say("The environment is ready.")
    return str(environment.python)


def python_elsewhere(requirements: Path) -> str | None:
    """The interpreter to hand a command to: that of a complete `.venv`, unless an environment is active already."""
    environment = Environment(requirements.with_name(".venv"))
    if sys.prefix == sys.base_prefix and environment.is_current(requirements):
        return str(environment.python)
    return None


def holds(requirements: Path) -> bool:
    """Whether this interpreter has every package of the file at its pinned version, those for some systems aside."""
    return all(_installed(name) == version for name, version in _pins(requirements).items())


def _pins(requirements: Path) -> dict[str, str]:
    lines = re.findall(r"^([\w.-]+)==([^\s;]+)(\s*;)?", requirements.read_text("utf-8"), re.MULTILINE)
    return {name: version for name, version, only_somewhere in lines if not only_somewhere}


def _pin(requirements: Path, name: str) -> str:
    return _pins(requirements)[name]


def _installed(name: str) -> str | None:
    """The version without the build that may stand behind it, such as "+cpu"."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def _fingerprint(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _reason(errors: str, folder: Path) -> str:
    """One sentence for what pip or venv complained about."""
    if any(phrase in errors for phrase in DISK_FULL):
        free_gb = shutil.disk_usage(folder.parent).free / 1e9
        return (
            f"The disk is full: {free_gb:.1f} GB are left beside {folder}, and pip also needs room in its temporary "
            "and cache folders. README.md says how much is needed: free it and start again, what is done is kept."
        )
    missing = re.search(re.escape(NOT_OFFERED) + r"(\S+)", errors)
    if any(phrase in errors for phrase in NO_NETWORK) and (missing is None or EMPTY_INDEX in errors):
        return (
            "The package index cannot be reached: check the network, or pip's settings for an index or a proxy, "
            "and start again; what is already downloaded is kept."
        )
    if missing:
        return (
            f"The package index has no {missing[1]} for Python {_python_version()} on {platform.system()} "
            f"{platform.machine()}: use another Python version or another index (pip's settings name it)."
        )
    return f"pip could not install the packages:\n{errors.strip()}"
