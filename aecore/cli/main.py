"""The parser with all commands, and the one place where errors become exits.

0  done        1  a deliberate error, or an answer that is a no        2  words that make no command
130  stopped before its end, by Ctrl-C or from elsewhere; what was trained is kept        141  nobody reads the answer
"""

import argparse
import sys
from contextlib import redirect_stdout

from aecore import __version__
from aecore.cli import (
    choices,
    compression,
    data,
    experiments,
    groups,
    pictures,
    race,
    results,
    runs,
    score,
    starters,
    takeaways,
    training,
    walks,
)
from aecore.cli.commands import INTERRUPTED, PROGRAM, Commands, Handler, Interrupted, Parser, shared_options
from aecore.cli.output import FAILED, complain, deliver, end_progress, say
from aecore.errors import LabError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        return _run(arguments)
    except SystemExit as end:  # after --help, for words that make no command, or where nobody reads
        return end.code if isinstance(end.code, int) else 0
    except Interrupted as stopped:
        say(str(stopped))
        return INTERRUPTED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except LabError as error:
        complain(str(error))
    except MemoryError:
        complain("There is not enough memory for this: choose less of it.")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
    return FAILED


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
    parts = (
        data,
        choices,
        training,
        runs,
        results,
        pictures,
        compression,
        walks,
        takeaways,
        groups,
        experiments,
        race,
        starters,
        score,
    )
    for each in parts:
        each.add_commands(commands)
    return made


def _run(arguments: list[str] | None) -> int:
    options = parser().parse_args(arguments, argparse.Namespace(json=False, runs=None))
    handler: Handler = options.handler
    with redirect_stdout(sys.stderr):  # whatever a library prints, the answer is alone on standard output
        answer = handler(options)
    end_progress()
    deliver(answer.to_json() if options.json else answer.text)
    return answer.exit_status
