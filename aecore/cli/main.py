"""The parser: every command with its help, the options they share, and the one place where errors become exits.

0  done        1  a deliberate error, or an answer that is a no        2  words that make no command
130  interrupted
"""

import argparse
import json
import sys
from collections.abc import Callable

from aecore import __version__
from aecore.cli import data, results, starters, training
from aecore.cli.answer import Answer
from aecore.errors import LabError

Handler = Callable[[argparse.Namespace], Answer]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status. argparse exits by itself with 2 for words it does not know."""
    options = _parser().parse_args(arguments)
    handler: Handler = options.handler
    try:
        answer = handler(options)
    except LabError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(json.dumps(answer.document) if options.json else answer.text)
    return answer.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m aecore",
        description="Latent Lab from the shell: data sets, training, runs and what can be measured of them.",
        epilog="`python3 -m aecore start` sets up and opens the lab, `python3 -m aecore test` sets up and tests it.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    shared.add_argument("--runs", metavar="FOLDER", help="folder of the runs (default: AECORE_RUNS, else ./runs)")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, text: str, handler: Handler) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".", parents=[shared])
        made.set_defaults(handler=handler)
        return made

    data.add_commands(command, shared)
    training.add_commands(command)
    results.add_commands(command)
    starters.add_commands(command)
    return parser
