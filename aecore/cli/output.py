"""The two streams of a command: standard output for its answer alone, standard error for what it says meanwhile."""

import os
import sys
from contextlib import suppress

from aecore.cli.answer import readable

FAILED, NOBODY_READS = 1, 141


def deliver(text: str) -> None:
    """Print the answer and see it off. Ends the program when that does not work: 141 when nobody reads it."""
    try:
        _print(text)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        sys.exit(NOBODY_READS)
    except OSError as error:
        _discard_output()
        complain(f"The answer could not be written ({error.strerror}).")
        sys.exit(FAILED)


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
    _write(f"{readable(' '.join(text.split()))}\n")


def complain(text: str) -> None:
    """The one line that says what is wrong."""
    say(f"error: {text}")


def _write(text: str) -> None:
    """Nobody need listen: a reader that has gone must not end a training."""
    with suppress(OSError, ValueError):
        print(text, end="", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    try:
        print(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        print(text.encode(encoding, "backslashreplace").decode(encoding))


def _discard_output() -> None:
    """What is still in the buffer goes nowhere, so that Python does not try to write it again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
