"""Commands about experiments: experiment, project, experiments with the action delete."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, counted, readable, table
from aecore.cli.commands import INTERRUPTED, Commands, Keys, add_run, runs_of, spelled
from aecore.cli.jobs import add_changes, add_where, device_of, read_changes, stop_and_wait
from aecore.cli.output import say, show_progress
from aecore.errors import RunError
from aecore.runs.names import MAX_NAME

if TYPE_CHECKING:
    from aecore.experiments.experiment import Result
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
    "on training images that nothing was fitted to, all times 100, test_images, train_images, training_seconds. "
    "projection: run (its id), method, split, images, epoch (whose weights), seconds; trustworthiness and "
    "pca_trustworthiness of 10 neighbours, 0 to 1; inverse_error and mean_code_error, mean distances between codes; "
    "pixel_error and mean_code_pixel_error, squared, summed over pixels and channels, mean over 500 decoded images. "
    "race: one with way (together, or one after the other) and why; for each run: run (its id), entrant (its name in "
    "the race), code_size, validation_loss, seconds, test_error and pca_error (of principal components with that code "
    "size), squared, summed over pixels and channels, mean over so many test images; or note, why it did not finish",
}
FORM = "setting=value"


def add_commands(commands: Commands) -> None:
    """experiment, project, and experiments with the action delete."""
    one = commands.add(
        "experiment", "perform an experiment; Ctrl-C stops it, the same command goes on from there", _experiment, ONE
    )
    one.add_argument(
        "experiment",
        metavar="EXPERIMENT",
        help="few_labels: test error against the number of labels; dimensions: what codes of PCA, UMAP, t-SNE and "
        "autoencoders keep of neighbourhoods; anomalies: one class is normal, how well scores find the others; "
        "projection: what `project` does; race: what `race` does",
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
    _add_project(commands)
    many = commands.add("experiments", "list the experiments, the newest first, delete them", _list, MANY, many=True)
    actions = Commands(many, "action", required=False)
    delete = actions.add("delete", "delete an experiment with its results for good", _delete, {"deleted": "its id"})
    delete.add_argument("experiment", metavar="ID", help="its id, or the beginning of it")


def _add_project(commands: Commands) -> None:
    project = commands.add(
        "project",
        "lay the codes of a run out in a plane by UMAP or t-SNE and keep it with the run; Ctrl-C stops it",
        _project,
        ONE,
    )
    add_run(project)
    project.add_argument("--method", default="umap", metavar="M", help="umap (default) or t-sne")
    project.add_argument("--images", type=int, metavar="N", help="how many, default 10000; 0 for all")
    project.add_argument("--split", metavar="S", help="test (default), train, validation, or all of them together")
    add_changes(project, FORM, "neighbours, min_dist, perplexity or seed; may be repeated; a wrong name lists them all")
    add_where(project)
    project.add_argument("--stop", action="store_true", help="stop the one with these settings that is under way")


def _list(options: argparse.Namespace) -> Answer:
    rows = [asdict(each.summary()) for each in store_of(options).list()]
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
    deleted = store_of(options).delete(options.experiment)
    return Answer({"deleted": deleted}, f"{deleted} is deleted.")


def _experiment(options: argparse.Namespace) -> Answer:
    from aecore.experiments.store import make_task

    task = make_task(options.experiment, options.dataset, read_changes(options.changes, FORM))
    if not options.stop:
        _require_data(task)
    words = [word for each in options.changes for word in ("--set", each)]
    again = spelled(options, "experiment", options.experiment, "--dataset", options.dataset, *words)
    return _perform(options, task, options.name, f"to go on: {again}")


def _project(options: argparse.Namespace) -> Answer:
    from aecore.experiments.store import make_task

    run = runs_of(options).get(options.run)
    chosen = {name: value for name in ("method", "images", "split") if (value := getattr(options, name)) is not None}
    changes = {**read_changes(options.changes, FORM), **chosen, "run": run.id}
    task = make_task("projection", run.summary().dataset, changes)
    words = [word for name, value in chosen.items() for word in (f"--{name}", str(value))]
    words += [word for each in options.changes for word in ("--set", each)]
    again = spelled(options, "project", run.id, *words)
    return _perform(options, task, f"{options.method} of {run.summary().name}"[:MAX_NAME], f"to begin anew: {again}")


def _perform(options: argparse.Namespace, task: "Task", name: str | None, again: str) -> Answer:
    """Do what the options say with the experiment of a task: here, in the background, or stop it."""
    store = store_of(options)
    if options.stop:
        return _stop(store, task)
    experiment = store.unfinished(task) or store.create(task, name, device_of(options.device) or "auto")
    if options.background:
        from aecore.jobs.control import start

        start(experiment)
        return answer_of(experiment)
    return _follow(experiment, again)


def _require_data(task: "Task") -> None:
    """DataError at once for a data set that is not there."""
    from aecore.data.catalog import load

    load(task.dataset)


def _follow(experiment: "Experiment", again: str) -> Answer:
    say(f"{experiment.id}: {experiment.summary().name}, {counted(len(experiment.results()), 'result')} so far")
    return follow(experiment, again, lambda result: say(result.in_words()))


def follow(
    experiment: "Experiment",
    again: str,
    tell: "Callable[[Result], None]",
    tell_before: "Callable[[], None]" = lambda: None,
) -> Answer:
    """Perform it in this process to the end, saying how far it is; `tell` says a result, `tell_before` what is new."""
    from aecore.experiments.experiment import Advance, Result
    from aecore.jobs.foreground import experiment_here
    from aecore.jobs.queue import Waiting

    for event in experiment_here(experiment):
        match event:
            case Waiting():
                show_progress("waiting: another job has the device")
            case Advance():
                tell_before()
                show_progress(f"{event.done:4.0%}  {event.message}")
            case Result():
                tell(event)
    answer = answer_of(experiment)
    if experiment.status()["state"] == "finished":
        return answer
    say(f"stopped; {again}")
    return Answer(answer.document, answer.text, INTERRUPTED)


def _stop(store: "Experiments", task: "Task") -> Answer:
    found = store.unfinished(task)
    if found is None:
        raise RunError("No experiment with these settings is under way: `experiments` lists those there are.")
    stop_and_wait(found)
    return answer_of(found)


def answer_of(experiment: "Experiment") -> Answer:
    """How an experiment is, with its settings and all results."""
    task, summary, results = experiment.task(), experiment.summary(), experiment.results()
    document = {**asdict(summary), "settings": task.settings.to_dict(), "results": results}
    rows, columns = task.kind.table(results)
    head = f"{summary.id}: {summary.state}, {counted(len(results), 'result')}"
    note = f"\n{readable(summary.message)}" if summary.message else ""
    return Answer(document, f"{head}{note}" + (f"\n\n{table(rows, columns)}" if rows else ""))


def store_of(options: argparse.Namespace) -> "Experiments":
    """The experiments that the options mean."""
    from aecore.experiments.store import Experiments

    return Experiments(options.runs)
