"""Commands about experiments: experiment, experiments with the action delete."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, counted, readable, table
from aecore.cli.commands import INTERRUPTED, Commands, Keys, spelled
from aecore.cli.jobs import add_changes, add_where, device_of, read_changes, stop_and_wait
from aecore.cli.output import say, show_progress
from aecore.errors import RunError

if TYPE_CHECKING:
    from aecore.experiments.folder import Experiment, Task
    from aecore.experiments.store import Experiments

SUMMARY: Keys = {
    "id": "the name of its folder",
    "name": "what the lab calls it",
    "experiment": "which it is",
    "dataset": "on which images",
    "state": "queued, running, stopped, finished, failed or crashed",
    "created": "when, ISO 8601 in UTC",
    "message": "what is wrong and the way out; empty when nothing is",
    "place": "in the queue, 1 is next; otherwise null",
    "done": "share of all work, 0 to 1",
    "doing": "what it does now, in words; empty when it does nothing",
    "seconds_left": "about how long it still takes; null while nobody knows",
}
MANY: Keys = {**SUMMARY, "results": "how many results there are"}
ONE: Keys = {
    **SUMMARY,
    "settings": "an object: all of them",
    "results": "a list of objects. few_labels: method, labels (how many), seed (of their draw), error_percent (of "
    "the test images), seconds; and one with method=pretraining, parameters, epochs. "
    "dimensions: method, size (numbers per code), accuracy "
    "(of 10 nearest neighbours) and trustworthiness, 0 to 1, fitted_on (images), seconds, note, run (its id, or "
    "empty). anomalies: normal (the class), score, auroc and average_precision on the test images and held_out_auroc "
    "on training images that nothing was fitted to, all times 100, test_images, train_images, training_seconds",
}
FORM = "setting=value"


def add_commands(commands: Commands) -> None:
    """experiment, and experiments with the action delete."""
    one = commands.add(
        "experiment", "perform an experiment; Ctrl-C stops it, the same command goes on from there", _experiment, ONE
    )
    one.add_argument(
        "experiment",
        metavar="EXPERIMENT",
        help="few_labels: test error against the number of labels; dimensions: what codes of PCA, UMAP, t-SNE and "
        "autoencoders keep of neighbourhoods; anomalies: one class is normal, how well scores find the others",
    )
    one.add_argument("--dataset", required=True, metavar="NAME", help="one of those that `datasets` lists")
    add_changes(
        one,
        FORM,
        "change a setting, such as labels=100,1000 or draws=3; may be repeated; a wrong name lists them all",
    )
    add_where(one)
    one.add_argument("--name", metavar="TEXT", help="what the lab calls it")
    one.add_argument("--stop", action="store_true", help="stop the one with these settings that is under way")
    many = commands.add("experiments", "list the experiments, the newest first, delete them", _list, MANY, many=True)
    actions = Commands(many, "action", required=False)
    delete = actions.add("delete", "delete an experiment with its results for good", _delete, {"deleted": "its id"})
    delete.add_argument("experiment", metavar="ID", help="its id, or the beginning of it")


def _list(options: argparse.Namespace) -> Answer:
    rows = [asdict(each.summary()) for each in _store(options).list()]
    columns = {
        "id": "id",
        "name": "name",
        "dataset": "data set",
        "state": "state",
        "done": "done",
        "results": "results",
    }
    return Answer(rows, table(rows, columns) if rows else "There are no experiments yet.")


def _delete(options: argparse.Namespace) -> Answer:
    deleted = _store(options).delete(options.experiment)
    return Answer({"deleted": deleted}, f"{deleted} is deleted.")


def _experiment(options: argparse.Namespace) -> Answer:
    from aecore.experiments.store import make_task

    task = make_task(options.experiment, options.dataset, read_changes(options.changes, FORM))
    store = _store(options)
    if options.stop:
        return _stop(store, task)
    _require_data(task)
    experiment = store.unfinished(task) or store.create(task, options.name, device_of(options.device) or "auto")
    if options.background:
        from aecore.jobs.control import start

        start(experiment)
        return _answer(experiment)
    return _follow(experiment, options)


def _require_data(task: "Task") -> None:
    """DataError at once for a data set that is not there."""
    from aecore.data.catalog import load

    load(task.dataset)


def _follow(experiment: "Experiment", options: argparse.Namespace) -> Answer:
    """Perform it in this process to the end, saying how far it is."""
    from aecore.experiments.experiment import Advance, Result
    from aecore.jobs.foreground import experiment_here
    from aecore.jobs.queue import Waiting

    say(f"{experiment.id}: {experiment.summary().name}, {counted(len(experiment.results()), 'result')} so far")
    for event in experiment_here(experiment):
        match event:
            case Waiting():
                show_progress("waiting: another job has the device")
            case Advance():
                show_progress(f"{event.done:4.0%}  {event.message}")
            case Result():
                say(event.in_words())
    answer = _answer(experiment)
    if experiment.status()["state"] == "finished":
        return answer
    words = [word for each in options.changes for word in ("--set", each)]
    again = spelled(options, "experiment", options.experiment, "--dataset", options.dataset, *words)
    say(f"stopped; to go on: {again}")
    return Answer(answer.document, answer.text, INTERRUPTED)


def _stop(store: "Experiments", task: "Task") -> Answer:
    found = store.unfinished(task)
    if found is None:
        raise RunError("No experiment with these settings is under way: `experiments` lists those there are.")
    stop_and_wait(found)
    return _answer(found)


def _answer(experiment: "Experiment") -> Answer:
    task, summary, results = experiment.task(), experiment.summary(), experiment.results()
    document = {**asdict(summary), "settings": task.settings.to_dict(), "results": results}
    rows, columns = task.kind.table(results)
    head = f"{summary.id}: {summary.state}, {counted(len(results), 'result')}"
    note = f"\n{readable(summary.message)}" if summary.message else ""
    return Answer(document, f"{head}{note}" + (f"\n\n{table(rows, columns)}" if rows else ""))


def _store(options: argparse.Namespace) -> "Experiments":
    from aecore.experiments.store import Experiments

    return Experiments(options.runs)
