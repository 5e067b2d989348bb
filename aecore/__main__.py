"""`python3 -m aecore`: sets up and opens the lab, runs the tests, and passes every other command to `aecore.cli`.

`start` and `test` need nothing but Python and a package index. Outside any virtual environment the other commands
are handed to `.venv` as soon as it is complete. Older versions of Python must be able to read this file, because it
is what tells their owners so: nothing is imported from the package before that.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)  # between them every pinned package has a wheel

SOME_FAILED = 1  # pytest's exit status

CHECKOUT = Path(__file__).resolve().parent.parent
FOR_USE = CHECKOUT / "requirements.txt"
FOR_TESTS = CHECKOUT / "requirements-dev.txt"


def main(arguments: list[str]) -> int:
    """Run one command line and return its exit status."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return _refuse(
            f"Latent Lab runs on Python {_dotted(OLDEST)} to {_dotted(NEWEST)}, and this is "
            f"{_dotted(sys.version_info[:2])} ({sys.executable}): call another one, for instance "
            f"python{_dotted(OLDEST)} -m aecore start."
        )
    command = {"start": _start, "test": _test}.get(arguments[0]) if arguments else None
    return command(arguments[1:]) if command else _pass_on(arguments)


def _start(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m aecore start",
        description="Set up the lab where that is still to be done, and open it in the browser. "
        "Other options go to `streamlit run`, for instance --server.address.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, help="port of the lab on this machine (default 8501)")
    parser.add_argument("--headless", action="store_true", help="do not open a browser")
    chosen, others = parser.parse_known_args(arguments)
    options = [f"--server.port={chosen.port}"] if chosen.port is not None else []
    options += ["--server.headless=true"] if chosen.headless else []
    python = _set_up(FOR_USE)
    return _become([python, "-m", "streamlit", "run", "app.py", *options, *others]) if python else 2


def _test(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m aecore test",
        description="Set up the lab where that is still to be done, and run the tests side by side: first those that "
        "need no browser, then the others, each file in one process; of those, what fails is tried a second time. With "
        "arguments, pytest runs once with them.",
        allow_abbrev=False,
    )
    _, others = parser.parse_known_args(arguments)
    python = _set_up(FOR_TESTS)
    if not python:
        return 2
    if others:
        return _become([python, "-m", "pytest", *others])
    cores = os.cpu_count() or 1
    without = [f"--numprocesses={min(4, cores + 1)}", "--dist=worksteal", "--ignore=tests/browser"]  # they wait a third
    within = [f"--numprocesses={min(4, cores)}", "--dist=loadfile", "--no-loadscope-reorder", "tests/browser"]
    apart, driven = _pytest(python, *without), _pytest(python, *within)
    return max(apart, _again(python) if driven == SOME_FAILED else driven)


def _again(python: str) -> int:
    """A browser on a busy machine may miss its time: what failed is tried once more, on servers of its own."""
    print("Once more, one by one, what failed with a browser:", flush=True)
    return _pytest(python, "--last-failed", "--last-failed-no-failures=none", "--exitfirst", "tests/browser")


def _pytest(python: str, *arguments: str) -> int:
    return _call([python, "-m", "pytest", *arguments])


def _pass_on(arguments: list[str]) -> int:
    from aecore import environment

    elsewhere = environment.python_elsewhere(FOR_USE)
    if elsewhere:
        return _become([elsewhere, "-m", "aecore", *arguments], folder=None)
    try:
        from aecore.cli import main as run_command

        return run_command(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "aecore":
            raise
        return _refuse(
            f"This Python has no {error.name}, which Latent Lab needs: "
            "python3 -m aecore start sets everything up, or activate an environment that has it."
        )


def _set_up(requirements: Path) -> str | None:
    """The interpreter to go on with; None after saying why there is none."""
    from aecore import environment
    from aecore.errors import SetUpError

    try:
        return environment.python_with(requirements, say=lambda line: print(line, flush=True))
    except SetUpError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        _refuse("\nStopped. The same command takes the set-up on from here.")
    return None


def _become(command: list[str], folder: Path | None = CHECKOUT) -> int:
    """Go on as `command`, so that signals reach it and its exit status is this one's."""
    if os.name == "nt":  # there a replaced process would give the prompt back at once
        return _call(command, folder)
    if folder:
        os.chdir(folder)
    return os.execv(command[0], command)


def _call(command: list[str], folder: Path | None = CHECKOUT) -> int:
    try:
        return subprocess.call(command, cwd=folder)
    except KeyboardInterrupt:
        return 130


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


def _dotted(version: tuple[int, ...]) -> str:
    return f"{version[0]}.{version[1]}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # before a command has begun
        sys.exit(130)
