"""The commands that make what ships: the starter runs, and the classifiers that drawn images are judged by."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.cli.answer import Answer, table
from aecore.cli.commands import Commands, Interrupted, Keys, runs_of, spelled
from aecore.cli.output import say, show_progress
from aecore.errors import RunError
from aecore.places import STARTER_RUNS

if TYPE_CHECKING:
    from aecore.jobs.starters import Starter
    from aecore.runs.folder import Run

STARTER: Keys = {
    "key": "the name of its folder in assets/starter_runs",
    "name": "what lists call it",
    "variant": "which it is",
    "dataset": "what it is trained on",
    "changes": "what differs from the variant's own settings, an object: part.setting and value",
    "seconds": "of training; only where it was made",
    "bytes": "its size; only where it was made",
    "figures": "what `evaluate` says of its weights as shipped; only where it was made",
}
CLASSIFIER: Keys = {
    "dataset": "whose images and classes it was trained on",
    "fingerprint": "of the data set",
    "version": "of the network and its training",
    "seed": "its weights follow from it",
    "shape": "of the images: channels, height, width",
    "classes": "how many it tells apart",
    "parameters": "how many it has",
    "train_images": "how many it was trained on",
    "test_images": "how many it was tested on",
    "test_accuracy": "share of them put into the right class by the weights as shipped, 0 to 1",
    "seconds": "of training",
    "threads": "of the processor that it was trained with",
    "torch": "its version",
}
DRAWN = 2_000  # images, so that distances of fast and slow generators can be compared


def add_commands(commands: Commands) -> None:
    """starters, classifiers."""
    starters = commands.add(
        "starters", "train the starter runs that ship with the lab, and measure them", _starters, STARTER, many=True
    )
    starters.add_argument("--only", nargs="+", metavar="KEY", help="make only these")
    instead = starters.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="say what they are and make nothing")
    instead.add_argument("--measure", action="store_true", help="measure those that are there again and train nothing")
    instead.add_argument(
        "--table", type=Path, metavar="PAGE", help="write the table of those that are there into a page of Markdown"
    )
    classifiers = commands.add(
        "classifiers", "train the classifiers that ship, which judge drawn images", _classifiers, CLASSIFIER, many=True
    )
    classifiers.add_argument("--only", nargs="+", metavar="DATASET", help="make only those of these data sets")


def _starters(options: argparse.Namespace) -> Answer:
    from aecore.jobs.starters import STARTERS, find_starter

    chosen = [find_starter(key) for key in options.only] if options.only else list(STARTERS)
    if options.list:
        columns = {"key": "starter run", "name": "name", "variant": "variant", "dataset": "data set"}
        document = [_described(each) for each in chosen]
        return Answer(document, table(document, columns))
    if options.table:
        return _table(chosen, options.table)
    document = [{**_described(each), **_made(each, options)} for each in chosen]
    columns = {"key": "starter run", "seconds": "seconds", "bytes": "bytes", "sse_per_image": "squared error"}
    columns |= {"psnr_db": "PSNR in dB", "neg_elbo_nats_per_image": "-ELBO in nats"}
    return Answer(document, table([{**each, **each["figures"]} for each in document], columns))


def _described(starter: "Starter") -> dict[str, Any]:
    known = {name: getattr(starter, name) for name in ("key", "name", "variant", "dataset")}
    return {**known, "changes": dict(starter.changes)}


def _made(starter: "Starter", options: argparse.Namespace) -> dict[str, Any]:
    """Train it and ship it unless it is only to be measured, and measure the weights as shipped."""
    from aecore.analysis.figures import figures
    from aecore.jobs.classifiers import classifier_for
    from aecore.jobs.starters import keep_figures, ship
    from aecore.runs.folder import Run
    from aecore.runs.opened import open_run

    place = STARTER_RUNS / starter.key
    shipped = Run(place, starter=True) if options.measure else ship(_trained(starter, options), place)
    found = figures(open_run(shipped), classifier_for, DRAWN).to_dict()
    keep_figures(shipped, found)
    say(f"{starter.key} is {'measured' if options.measure else 'shipped'}")
    return {"seconds": shipped.metrics()[-1]["seconds"], "bytes": shipped.bytes_on_disk(), "figures": found}


def _table(chosen: "list[Starter]", page: Path) -> Answer:
    """The page with the table of the runs that are there in its place."""
    from aecore.jobs.starters_table import into_page
    from aecore.runs.folder import Run

    runs = [Run(STARTER_RUNS / each.key, starter=True) for each in chosen]
    try:
        page.write_text(into_page(page.read_text(encoding="utf-8"), runs), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{page} cannot be used ({error.strerror}): name a page of Markdown.") from None
    return Answer([_described(each) for each in chosen], f"{page}: the table of {len(runs)} runs")


def _trained(starter: "Starter", options: argparse.Namespace) -> "Run":
    from aecore.jobs.starters import train_starter
    from aecore.runs.folder import Run

    for event in train_starter(starter, runs_of(options)):
        if isinstance(event, Run) and event.summary().state == "finished":
            return event
        if not isinstance(event, Run):
            show_progress(f"{starter.key} {event.done:4.0%}  {event.seconds_left:,.0f} s left")
    raise Interrupted(f"stopped; the same command goes on from here: {spelled(options, 'starters')}")


def _classifiers(options: argparse.Namespace) -> Answer:
    from aecore.data.shipped import SHIPPED

    unknown = [name for name in options.only or () if name not in SHIPPED]
    if unknown:
        raise RunError(f"{unknown[0]!r} does not ship, nor does its classifier: choose from {', '.join(SHIPPED)}.")
    document = [_classifier(name) for name in options.only or SHIPPED]
    columns = {"dataset": "data set", "parameters": "parameters", "test_accuracy": "accuracy", "seconds": "seconds"}
    return Answer(document, table(document, columns))


def _classifier(dataset: str) -> dict[str, Any]:
    """Train it and ship it."""
    from aecore.data.catalog import load
    from aecore.jobs.classifiers import make_classifier, shipped_path

    _, made = make_classifier(
        load(dataset), shipped_path(dataset), lambda done: show_progress(f"{dataset} {done:4.0%}")
    )
    say(f"the classifier of {dataset} is shipped")
    return vars(made)
