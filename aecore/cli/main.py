"""The parser with all commands, and the one place where answers are printed and errors become exits.

0  done        1  a deliberate error, or an answer that is a no        2  words that make no command
130  stopped before its end, by Ctrl-C or from elsewhere; what was trained is kept        141  nobody reads the answer
"""

import argparse
import os
import sys
from contextlib import redirect_stdout

from aecore import __version__
from aecore.cli import choices, data, results, runs, starters, training
from aecore.cli.answer import readable
from aecore.cli.commands import PROGRAM, Commands, Handler, Interrupted, Parser, shared_options
from aecore.cli.progress import end_progress, say
from aecore.errors import LabError

FAILED, INTERRUPTED, NOBODY_READS = 1, 130, 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        return _run(arguments)
    except (LabError, MemoryError) as error:
        return _complain(str(error) or "There is not enough memory for this.", FAILED)
    except Interrupted as stopped:
        return _complain(str(stopped), INTERRUPTED)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(f"{place}{error.strerror or error}", FAILED)


def parser() -> Parser:
    """The parser of all commands. It wants a namespace with the defaults of the shared options."""
    made = Parser(
        prog=PROGRAM,
        description="Latent Lab from the shell: data sets, training, runs and what can be measured of them.",
        epilog=f"`{PROGRAM} start` sets up and opens the lab, `{PROGRAM} test` sets up and tests it.",
        parents=[shared_options()],
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=__version__)
    commands = Commands(made, "command", required=True)
    for each in (data, choices, training, runs, results, starters):
        each.add_commands(commands)
    return made


def _run(arguments: list[str] | None) -> int:
    try:
        options = parser().parse_args(arguments, argparse.Namespace(json=False, runs=None))
    except SystemExit as end:  # --help and --version are printed, or a line says what was not understood
        return _delivered(end.code if isinstance(end.code, int) else 0)
    handler: Handler = options.handler
    with redirect_stdout(sys.stderr):  # whatever a library prints, the answer is alone on standard output
        answer = handler(options)
    end_progress()
    return _delivered(answer.exit_status, answer.to_json() if options.json else answer.text)


def _delivered(exit_status: int, text: str = "") -> int:
    """Print the text and see it off; the exit status says if that did not work."""
    try:
        if text:
            _print(text)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return NOBODY_READS
    except OSError as error:
        _discard_output()
        return _complain(f"The answer could not be written ({error.strerror}).", FAILED)
    return exit_status


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


def _complain(message: str, exit_status: int) -> int:
    """One line on standard error."""
    say(f"error: {readable(' '.join(message.split()))}" if exit_status == FAILED else message)
    return exit_status
