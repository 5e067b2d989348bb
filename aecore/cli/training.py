"""Commands that train: train, resume, stop."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, listing
from aecore.cli.commands import INTERRUPTED, Commands, Keys, add_run, runs_of, spelled
from aecore.cli.jobs import add_changes, add_where, device_of, read_changes, stop_and_wait
from aecore.cli.output import say, show_progress
from aecore.errors import SettingError

if TYPE_CHECKING:
    from aecore.data.image_set import Splits
    from aecore.runs.folder import Run
    from aecore.training.recipe import Recipe

STATE: Keys = {
    "run": "its id",
    "name": "what lists call it",
    "state": "queued, running, stopped, finished, failed or crashed",
    "message": "what is wrong and the way out; empty when nothing is",
    "epochs_done": "epochs behind it",
    "epochs_total": "epochs of its recipe",
    "train": "means over the training images in the last epoch, per image: loss, and what it is made of: squared_error "
    "(summed over pixels and channels, which run from 0 to 1), cross_entropy in nats (likewise summed), kl in nats "
    "(before its factor beta), code_error of a layer that is trained on codes; of a classifier class_nats, its "
    "cross-entropy, and error_percent, how many of 100 images it puts into a wrong class; empty before the first epoch",
    "validation": "the same over the validation images, after the last epoch",
    "seconds": "of training, pauses left out",
    "images_per_second": "in the last epoch",
}


def add_commands(commands: Commands) -> None:
    """train, resume, stop."""
    train = commands.add("train", "train a variant; Ctrl-C stops it and keeps a checkpoint", _train, STATE)
    train.add_argument("variant", metavar="VARIANT", help="one of those that `variants` lists")
    train.add_argument("--dataset", required=True, metavar="NAME", help="one of those that `datasets` lists")
    train.add_argument("--epochs", type=int, metavar="N", help="how often every image is seen")
    train.add_argument("--seed", type=int, default=0, metavar="S", help="of everything random (default 0)")
    train.add_argument("--limit", type=int, default=0, metavar="N", help="train on so many images only (default all)")
    train.add_argument("--classes", type=read_classes, default=(), metavar="0,1", help="use these classes only")
    add_changes(
        train,
        "part.setting=value",
        "change a setting, such as bottleneck.code_size=2 or training.learning_rate=1e-3; may be repeated; "
        "`variants VARIANT` lists them",
    )
    train.add_argument("--name", metavar="TEXT", help="what lists call the run")
    add_where(train)

    resume = commands.add("resume", "go on with a run from its last checkpoint", _resume, STATE)
    add_run(resume)
    resume.add_argument("--epochs", type=int, metavar="N", help="for a finished run: so many further epochs")
    add_where(resume)

    stop = commands.add("stop", "stop a run that trains or waits; a checkpoint is kept", _stop, STATE)
    add_run(stop)


def read_classes(text: str) -> tuple[int, ...]:
    """What --classes takes."""
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of class numbers such as 0,1") from None


def _train(options: argparse.Namespace) -> Answer:
    from aecore.jobs.loading import load_torch
    from aecore.runs.names import clean_name

    load_torch()
    from aecore.training.prepare import prepare
    from aecore.training.recipe import DataChoice, make_recipe

    _join_others(options)
    changes = read_changes(options.changes)
    if options.epochs is not None:
        changes["training.epochs"] = options.epochs
    data = DataChoice.from_dict({"name": options.dataset, "classes": options.classes, "limit": options.limit})
    recipe = make_recipe(options.variant, data, changes, options.seed)
    device = device_of(options.device) or "auto"
    name = None if options.name is None else clean_name(options.name)
    recipe, splits = prepare(recipe)
    _require_memory(recipe, splits, device)
    run = runs_of(options).create(recipe, name, device)
    if not options.background:
        return follow(run, options)
    from aecore.jobs.control import start

    start(run)
    return state_of(run)


def _join_others(options: argparse.Namespace) -> None:
    """Where torchrun started several processes, all but the first train along and end here, without a word."""
    from aecore.jobs.companion import follow, is_follower
    from aecore.places import Companions

    if options.background and Companions.found():
        raise SettingError("--background starts one process of its own: leave it out under torchrun.")
    if is_follower():
        follow()
        raise SystemExit(0)


def _require_memory(recipe: "Recipe", splits: "Splits", device: str) -> None:
    """SettingError for a model that can never fit: an operating system would end the process without a word."""
    from aecore.analysis.estimate import memory
    from aecore.training.precision import find_device

    place = find_device(device)
    sizes = (len(splits.train), len(splits.validation))
    asked = memory(recipe, splits.shape, *sizes, place, splits.classes)
    need = f"about {asked.total / 1e9:,.1f} GB of memory, and {asked.available / 1e9:,.1f} GB are free on {place.key}"
    if asked.parameters > asked.available:
        raise SettingError(f"This model needs {need}: choose fewer or narrower layers.")
    if not asked.fits:
        say(f"warning: this needs {need}; a smaller training.batch_size needs less")


def _resume(options: argparse.Namespace) -> Answer:
    from aecore.jobs.control import make_ready, resume

    _join_others(options)
    run, device = runs_of(options).get(options.run), device_of(options.device)
    if options.background:
        resume(run, options.epochs, device)
        return state_of(run)
    make_ready(run, options.epochs, device)
    return follow(run, options)


def follow(run: "Run", options: argparse.Namespace) -> Answer:
    """Train in this process to the end, saying how far it is."""
    from aecore.jobs.foreground import run_here
    from aecore.jobs.queue import Waiting
    from aecore.training.events import Epoch, Progress

    say(f"{run.id}: {run.summary().name}")
    for event in run_here(run):
        match event:
            case Waiting():
                show_progress("waiting: another run has the device")
            case Progress():
                left = f"{event.seconds_left:,.0f} s left"
                show_progress(f"{event.done:4.0%}  {event.images_per_second:,.0f} images/s  {left}")
            case Epoch():
                say(f"epoch {event.epoch}: loss {event.train['loss']:.2f}, validation {event.validation['loss']:.2f}")
    answer = state_of(run)
    if run.summary().state == "finished":
        return answer
    say(f"stopped; to go on: {spelled(options, 'resume', run.id)}")
    return Answer(answer.document, answer.text, INTERRUPTED)


def _stop(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)
    stop_and_wait(run)
    return state_of(run)


def state_of(run: "Run") -> Answer:
    """How a run is, with the numbers of its last epoch."""
    summary = run.summary()
    document = {
        "run": run.id,
        "name": summary.name,
        "state": summary.state,
        "message": summary.message,
        "epochs_done": summary.epochs_done,
        "epochs_total": summary.epochs_total,
        **_numbers(summary.metrics),
    }
    return Answer(document, listing(document))


def _numbers(metrics: Mapping[str, object]) -> dict[str, object]:
    return {
        "train": metrics.get("train", {}),
        "validation": metrics.get("validation", {}),
        "seconds": metrics.get("seconds"),
        "images_per_second": metrics.get("images_per_second"),
    }
