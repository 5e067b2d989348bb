"""What a command says while it works, on standard error: standard output is for its answer alone."""

import sys
from contextlib import suppress


def show_progress(text: str) -> None:
    """One line that replaces itself, only where a person is watching."""
    if sys.stderr is not None and sys.stderr.isatty():
        _write(f"\r\033[K{text}")


def end_progress() -> None:
    """Leave the line of `show_progress`."""
    show_progress("")


def say(text: str) -> None:
    """A line that stays."""
    end_progress()
    _write(f"{text}\n")


def _write(text: str) -> None:
    """Nobody need listen: a reader that has gone must not end a training."""
    with suppress(OSError, ValueError):
        print(text, end="", file=sys.stderr, flush=True)
