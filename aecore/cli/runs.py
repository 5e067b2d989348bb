"""Commands that look after runs: runs, show, delete, undo."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aecore.cli.answer import Answer, listing, readable, table
from aecore.cli.commands import Commands, Keys, add_run, runs_of, spelled
from aecore.cli.training import STATE, state_of
from aecore.errors import RunError

if TYPE_CHECKING:
    from aecore.runs.folder import Run

SUMMARY: Keys = {
    "id": "what every command takes for RUN",
    "name": "what lists call it",
    "variant": "which it is",
    "dataset": "what it is trained on",
    "state": "queued, running, stopped, finished, failed or crashed",
    "created": "when, ISO 8601 in UTC",
    "epochs_done": "epochs behind it",
    "epochs_total": "epochs of its recipe",
    "seed": "of everything random",
    "latent": "numbers in the code; before the run has begun, bottleneck.code_size",
    "image_shape": "channels, height and width; null before the first start",
    "encodes": "whether the model has an encoder; true before the first start",
    "generates": "whether it draws new images",
    "steps": "in which an image comes into being; 0 where one pass makes it",
    "restores": "whether it takes a corruption out of pictures of any size",
    "corruption": "what it was trained with; empty where the recipe cannot be read",
    "bottleneck": "which kind it has; empty where the recipe cannot be read",
    "classes": "of the data set that it was trained on; empty for all of them",
    "limit": "training images that were chosen of it; 0 for all of them",
    "parameters": "of the model; 0 before the first start",
    "device": "in words; before the first start the key that was asked for",
    "weights": "whether weights of an epoch are kept, so that it can be opened",
    "loss": "mean over the validation images after the last epoch; null before the first",
    "metrics": "the last epoch: epoch, stage, step, train and validation (as `train --help` says), images_per_second, "
    "seconds, learning_rate",
    "bytes": "size on disk",
    "starter": "whether it ships with the lab, read-only",
    "message": "what is wrong and the way out; empty when nothing is",
    "place": "in the queue, 1 is next; otherwise null",
    "progress": "while it trains: epoch, step, done (0 to 1), losses, images_per_second, seconds_left; otherwise null",
    "damaged": "whether a file of it cannot be used; message says which",
}
MORE: Keys = {
    "folder": "where it lies",
    "snapshots": "epochs that are recorded for replay",
    "recipe": "everything needed to train it again; null where it cannot be read",
    "environment": "versions, device, precision and threads of the last start; empty before it",
}
LOG_LINES = 10


def add_commands(commands: Commands) -> None:
    """runs, show, delete, undo."""
    commands.add("runs", "list the runs, the newest first, then those that ship with the lab", _runs, SUMMARY, True)
    add_run(commands.add("show", "show a run: recipe, state, last numbers", _show, {**SUMMARY, **MORE}))
    delete = commands.add(
        "delete", "delete a run; `undo` brings it back until the lab is started again", _delete, {"deleted": "its id"}
    )
    add_run(delete)
    add_run(commands.add("undo", "bring a deleted run back", _undo, STATE), "its id, or the beginning of it")


def _runs(options: argparse.Namespace) -> Answer:
    document = [asdict(each) for each in runs_of(options).list()]
    rows = [{**each, "epochs": f"{each['epochs_done']}/{each['epochs_total']}"} for each in document]
    columns = {"id": "run", "name": "name", "variant": "variant", "dataset": "data set", "latent": "code"}
    columns |= {"epochs": "epochs", "state": "state", "loss": "validation loss", "bytes": "bytes"}
    notes = [f"{each['id']}: {readable(each['message'])}" for each in document if each["damaged"]]
    return Answer(document, "\n".join([table(rows, columns), *notes]) if rows else "There are no runs yet.")


def _show(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)
    document: dict[str, Any] = {
        **asdict(run.summary()),
        "folder": str(run.path),
        "snapshots": run.snapshots(),
        "recipe": _recipe(run),
        "environment": run.environment(),
    }
    log = run.log_tail(LOG_LINES)
    return Answer(document, listing(document) + (f"\n\n{readable(log)}" if log else ""))


def _recipe(run: "Run") -> dict[str, Any] | None:
    try:
        return run.recipe_values()
    except RunError:
        return None  # the summary's message says why


def _delete(options: argparse.Namespace) -> Answer:
    deleted = runs_of(options).delete(options.run)
    return Answer({"deleted": deleted}, f"{deleted} is deleted; to bring it back: {spelled(options, 'undo', deleted)}")


def _undo(options: argparse.Namespace) -> Answer:
    return state_of(runs_of(options).undo(options.run))
