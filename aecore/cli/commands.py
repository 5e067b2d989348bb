"""How commands are declared: their help, the options they share, and the keys of what they print with --json.

The keys stand in the help of each command and nowhere else; a test compares them with what is printed.
"""

import argparse
import shlex
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from aecore.cli.answer import Answer
from aecore.cli.output import deliver
from aecore.errors import RunError

if TYPE_CHECKING:
    from aecore.runs.store import Runs

PROGRAM = "python -m aecore"
WIDTH = 92
INTERRUPTED = 130

Handler = Callable[[argparse.Namespace], Answer]
Keys = Mapping[str, str]  # a key of the JSON document, and what it means


class Parser(argparse.ArgumentParser):
    """Says in one line what it does not understand, and its help like any other answer."""

    def print_help(self, file: Any = None) -> None:
        """Print the help of the command."""
        deliver(self.format_help().rstrip("\n"))

    def error(self, message: str) -> NoReturn:
        """End with exit status 2."""
        self.exit(2, f"error: {' '.join(message.split())} ({self.prog} --help says more)\n")


class Interrupted(Exception):  # noqa: N818
    """A person or a signal ended the work; the message says what is kept and how to go on."""


class Commands:
    """The commands of a parser, or the actions of a command."""

    def __init__(self, parser: argparse.ArgumentParser, title: str, required: bool):
        self._made = parser.add_subparsers(
            title=f"{title}s", metavar=title.upper(), required=required, parser_class=Parser
        )

    def add(self, name: str, summary: str, handler: Handler, keys: Keys, many: bool = False) -> Parser:
        """A command whose JSON document is an object with `keys`, or a list of `many` of them."""
        made: Parser = self._made.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=_shape(keys, many),
            parents=[shared_options()],
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        made.set_defaults(handler=handler)
        return made


def shared_options() -> Parser:
    """What every command takes, before its name or after it. Whoever parses gives the defaults: json, runs."""
    shared = Parser(add_help=False)
    shared.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document on standard output"
    )
    shared.add_argument(
        "--runs",
        metavar="FOLDER",
        default=argparse.SUPPRESS,
        help="folder of the runs (default: AECORE_RUNS, else ./runs)",
    )
    return shared


def add_run(parser: argparse.ArgumentParser, text: str = "its id, the beginning of it, or its name") -> None:
    """The argument RUN."""
    parser.add_argument("run", metavar="RUN", help=text)


def runs_of(options: argparse.Namespace) -> "Runs":
    """The runs that the options mean. RunError when --runs is a file."""
    if options.runs and Path(options.runs).is_file():
        raise RunError(f"{options.runs} is a file: --runs takes a folder.")
    from aecore.runs.store import Runs  # numpy: not for --help

    return Runs(options.runs)


def spelled(options: argparse.Namespace, *words: str) -> str:
    """A command as a person would type it, for the same folder of runs."""
    folder = ["--runs", options.runs] if options.runs else []
    return f"{PROGRAM} {shlex.join([*words, *folder])}"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str):
        super().__init__(prog, width=WIDTH, max_help_position=30)


def _shape(keys: Keys, many: bool) -> str:
    width = max(map(len, keys)) + 2
    lines = [
        textwrap.fill(f"{name.ljust(width)}{text}", WIDTH, initial_indent="  ", subsequent_indent=" " * (width + 2))
        for name, text in keys.items()
    ]
    return "\n".join([f"with --json: {'a list of objects' if many else 'an object'} with", *lines])
