"""Commands about what a run gives: evaluate, reproduce, export."""

import argparse
from collections.abc import Callable
from pathlib import Path

from aecore.cli.answer import Answer, listing, show_progress, table
from aecore.errors import RunError
from aecore.runs.store import Runs

Command = Callable[[str, str, Callable[[argparse.Namespace], Answer]], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """evaluate, reproduce, export."""
    evaluate = command(
        "evaluate", "measure a run on the test images, with PCA of the same code size beside it", _evaluate
    )
    evaluate.add_argument("run", metavar="RUN")
    reproduce = command("reproduce", "train a run's recipe again and compare the numbers", _reproduce)
    reproduce.add_argument("run", metavar="RUN")
    export = command("export", "write a part of a run for other programs", _export)
    export.add_argument("run", metavar="RUN")
    export.add_argument("--what", required=True, choices=("encoder", "decoder", "weights"))
    export.add_argument("-o", "--output", required=True, type=Path, metavar="FILE")


def _evaluate(options: argparse.Namespace) -> Answer:
    from aecore.analysis.evaluate import evaluate
    from aecore.runs.opened import open_run

    run = Runs(options.runs).get(options.run)
    document = {"run": run.id, **evaluate(open_run(run)).to_dict()}
    return Answer(document, listing(document))


def _reproduce(options: argparse.Namespace) -> Answer:
    from aecore.jobs.reproduce import Agreement, reproduce

    for event in reproduce(Runs(options.runs), options.run):
        if isinstance(event, Agreement):
            rows = [vars(each) for each in event.numbers]
            columns = {"name": "number", "recorded": "recorded", "reproduced": "reproduced", "agrees": "agrees"}
            verdict = "The numbers agree" if event.agrees else "The numbers do not agree"
            text = f"{table(rows, columns)}\n{verdict} ({event.expected}). The new run is {event.reproduction}."
            return Answer(event.to_dict(), text, exit_status=0 if event.agrees else 1)
        show_progress(f"{event.done:4.0%}  {event.seconds_left:,.0f} s left")
    raise RunError(f"Training {options.run} again was stopped: resume it, then compare with `show`.")


def _export(options: argparse.Namespace) -> Answer:
    from aecore.analysis.export import export
    from aecore.runs.opened import open_run

    run = Runs(options.runs).get(options.run)
    content = export(open_run(run), options.what)
    try:
        options.output.write_bytes(content)
    except OSError as error:
        raise RunError(f"{options.output} cannot be written ({error.strerror}): choose another place.") from None
    document = {"run": run.id, "what": options.what, "file": str(options.output), "bytes": len(content)}
    return Answer(document, f"{options.output}: {options.what} of {run.id}, {len(content):,} bytes")
