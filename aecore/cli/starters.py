"""The command that makes the starter runs."""

import argparse
from collections.abc import Callable

from aecore.cli.answer import Answer, end_progress, show_progress, table
from aecore.places import STARTER_RUNS
from aecore.runs.store import Runs

Command = Callable[[str, str, Callable[[argparse.Namespace], Answer]], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """starters."""
    starters = command("starters", "train the starter runs that ship with the lab, and measure them", _make)
    starters.add_argument("--only", nargs="+", metavar="KEY", help="make only these")
    starters.add_argument("--list", action="store_true", help="say what they are and make nothing")


def _make(options: argparse.Namespace) -> Answer:
    from aecore.analysis.evaluate import evaluate
    from aecore.jobs.starters import STARTERS, find_starter, keep_figures, ship, train_starter
    from aecore.runs.folder import Run
    from aecore.runs.opened import open_run

    chosen = [find_starter(key) for key in options.only] if options.only else list(STARTERS)
    rows: list[dict[str, object]] = []
    for starter in chosen:
        row: dict[str, object] = {"key": starter.key, "name": starter.name, "variant": starter.variant}
        rows.append(row)
        if options.list:
            continue
        for event in train_starter(starter, Runs(options.runs)):
            if isinstance(event, Run):
                shipped = ship(event, STARTER_RUNS / starter.key)
                figures = evaluate(open_run(shipped)).to_dict()
                keep_figures(shipped, figures)
                row |= {"seconds": event.metrics()[-1]["seconds"], "bytes": shipped.bytes_on_disk(), **figures}
            else:
                show_progress(f"{starter.key} {event.done:4.0%}  {event.seconds_left:,.0f} s left")
        end_progress()
    columns = {"key": "starter run", "seconds": "seconds", "bytes": "bytes", "sse_per_image": "squared error"}
    columns |= {"psnr_db": "PSNR in dB", "neg_elbo_nats_per_image": "-ELBO in nats"}
    return Answer(rows, table(rows, columns))
