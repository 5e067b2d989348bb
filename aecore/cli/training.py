"""Commands that train and look after runs: train, stop, resume, runs, show, delete, undo."""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, end_progress, listing, show_progress, table
from aecore.errors import SettingError
from aecore.runs.store import Runs

if TYPE_CHECKING:
    from aecore.runs.folder import Run

Command = Callable[[str, str, Callable[[argparse.Namespace], Answer]], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """train, stop, resume, runs, show, delete, undo."""
    train = command("train", "train a variant", _train)
    train.add_argument("variant", metavar="VARIANT", help="one of `python -m aecore variants`")
    train.add_argument("--dataset", required=True, metavar="NAME", help="one of `python -m aecore datasets`")
    train.add_argument("--epochs", type=int, metavar="N", help="how often every image is seen")
    train.add_argument("--seed", type=int, default=0, metavar="S", help="of everything random (default 0)")
    train.add_argument("--limit", type=int, default=0, metavar="N", help="train on so many images only")
    train.add_argument("--classes", type=_classes, default=(), metavar="0,1", help="train on these classes only")
    train.add_argument("--set", action="append", default=[], metavar="PART.SETTING=VALUE", dest="changes")
    train.add_argument("--name", help="what the run is called in lists")
    _add_where(train)

    resume = command("resume", "go on with a stopped, crashed or finished run", _resume)
    resume.add_argument("run", metavar="RUN")
    resume.add_argument("--epochs", type=int, metavar="N", help="for a finished run: the length of a new stage")
    _add_where(resume)

    for name, text, handler in (
        ("stop", "stop a run; its checkpoint is kept", _stop),
        ("show", "show a run: recipe, state, last numbers", _show),
        ("delete", "delete a run; `undo` brings it back until the lab is started again", _delete),
        ("undo", "bring a deleted run back", _undo),
    ):
        command(name, text, handler).add_argument("run", metavar="RUN", help="id, beginning of an id, or name")
    command("runs", "list the runs", _runs)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=None, metavar="D", help="auto (default), cpu, cuda, cuda:1, mps")
    parser.add_argument("--background", action="store_true", help="leave it to a process of its own and return")


def _classes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.replace(" ", "").split(",") if each)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of class numbers such as 0,1") from None


def read_changes(words: Iterable[str]) -> dict[str, object]:
    """ "part.setting=value" words as changes; SettingError for a word without "="."""
    changes: dict[str, object] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or "." not in name:
            raise SettingError(f"--set {word!r} is not understood: write part.setting=value.")
        changes[name.strip()] = value
    return changes


def _train(options: argparse.Namespace) -> Answer:
    from aecore.training.precision import find_device
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe

    changes = read_changes(options.changes)
    if options.epochs is not None:
        changes["training.epochs"] = options.epochs
    data = DataChoice.from_dict({"name": options.dataset, "classes": options.classes, "limit": options.limit})
    recipe, _ = prepare(make_recipe(options.variant, data, changes, options.seed))
    device = find_device(options.device).key if options.device else "auto"
    return _go(Runs(options.runs).create(recipe, options.name, device), options.background)


def _resume(options: argparse.Namespace) -> Answer:
    from aecore.jobs.control import make_ready, resume

    run = Runs(options.runs).get(options.run)
    if options.background:
        resume(run, options.epochs, options.device)
        return _state(run)
    make_ready(run, options.epochs, options.device)
    return _follow(run)


def _go(run: "Run", background: bool) -> Answer:
    from aecore.jobs.control import start

    if not background:
        return _follow(run)
    start(run)
    return _state(run)


def _follow(run: "Run") -> Answer:
    """Train in this process to the end, showing how far it is."""
    from aecore.jobs.foreground import run_here
    from aecore.jobs.queue import Waiting
    from aecore.training.events import Epoch, Progress

    for event in run_here(run):
        match event:
            case Waiting():
                show_progress(f"{run.id} waits for its turn on the device")
            case Progress():
                left = f"{event.seconds_left:,.0f} s left"
                show_progress(f"{event.done:4.0%}  {event.images_per_second:,.0f} images/s  {left}")
            case Epoch():
                loss = f"loss {event.train['loss']:.2f}, validation {event.validation['loss']:.2f}"
                show_progress(f"epoch {event.epoch}: {loss}\n")
    end_progress()
    return _state(run)


def _state(run: "Run") -> Answer:
    summary = run.summary()
    last = run.metrics()[-1:] or [{}]
    numbers: dict[str, object] = {
        name: last[0][name] for name in ("train", "validation", "seconds", "images_per_second") if name in last[0]
    }
    document = {"run": run.id, "state": summary.state, "epochs": summary.epochs_done, **numbers}
    return Answer(document, listing(document))


def _stop(options: argparse.Namespace) -> Answer:
    from aecore.jobs.control import stop

    run = Runs(options.runs).get(options.run)
    stop(run, timeout_s=30.0)
    return _state(run)


def _runs(options: argparse.Namespace) -> Answer:
    listed = Runs(options.runs).list()
    rows: list[dict[str, object]] = [
        asdict(each) | {"epochs": f"{each.epochs_done}/{each.epochs_total}"} for each in listed
    ]
    columns = {"id": "run", "name": "name", "variant": "variant", "dataset": "data set", "latent": "code"}
    columns |= {"epochs": "epochs", "state": "state", "loss": "validation loss", "bytes": "bytes"}
    return Answer([asdict(each) for each in listed], table(rows, columns) if rows else "There are no runs yet.")


def _show(options: argparse.Namespace) -> Answer:
    run = Runs(options.runs).get(options.run)
    document = {**asdict(run.summary()), "recipe": run.recipe_values(), "environment": run.environment()}
    return Answer(document, listing(document) + "\n\n" + run.log_tail(10))


def _delete(options: argparse.Namespace) -> Answer:
    deleted = Runs(options.runs).delete(options.run)
    return Answer({"deleted": deleted}, f"{deleted} is deleted; bring it back with: python -m aecore undo {deleted}")


def _undo(options: argparse.Namespace) -> Answer:
    return _state(Runs(options.runs).undo(options.run))
