"""Commands about data sets: list, add, delete."""

import argparse
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, counted, table
from aecore.cli.commands import Commands, Keys
from aecore.cli.output import end_progress, show_progress
from aecore.errors import DataError

if TYPE_CHECKING:
    from aecore.data.intake import Added
    from aecore.data.own import Damaged

DATASET: Keys = {
    "key": "the name by which commands know it",
    "title": "the name for people",
    "shape": "channels, height and width of every image in pixels",
    "train": "number of training images",
    "validation": "number of validation images",
    "test": "number of test images",
    "class_names": "a list; the place in it is the number of the class",
    "source": "where the images come from",
    "licence": "under which they may be used",
    "kind": '"shipped" or "own"',
    "bytes_on_disk": "its size",
    "problem": "what is wrong with a damaged one, of which nothing else is known; otherwise empty",
}
SHOWN_SKIPPED = 20


def add_commands(commands: Commands) -> None:
    """datasets, with the actions add and delete."""
    datasets = commands.add(
        "datasets", "list the data sets, add one's own pictures, delete them", _list_datasets, DATASET, many=True
    )
    actions = Commands(datasets, "action", required=False)
    skipped = {"skipped": "the files that were left out: name and reason"}
    add = actions.add("add", "make a data set of a folder or a zip of pictures", _add_dataset, {**DATASET, **skipped})
    add.add_argument("path", metavar="PATH", help="a folder or a zip; its subfolders become classes")
    add.add_argument("--name", required=True, metavar="N", help="the name of the new data set")
    add.add_argument("--size", type=int, metavar="PIXELS", help="height and width, 28 to 128 (default 64)")
    add.add_argument("--fit", choices=("crop", "pad"), help="of pictures that are not square (default crop)")
    add.add_argument("--channels", choices=("1", "3"), help="1 grey, 3 colour (default 3)")
    add.add_argument("--seed", type=int, metavar="S", help="of the split into training, validation and test")
    add.add_argument("--validation-share", type=float, metavar="SHARE", help="0.02 to 0.4 (default 0.1)")
    add.add_argument("--test-share", type=float, metavar="SHARE", help="0.02 to 0.4 (default 0.1)")
    delete = actions.add("delete", "delete one's own data set", _delete_dataset, {"deleted": "its name"})
    delete.add_argument("name", metavar="NAME", help="as the list of data sets shows it")


def _list_datasets(options: argparse.Namespace) -> Answer:
    from aecore.data.catalog import datasets
    from aecore.data.own import damaged_own

    document = [{**asdict(info), "problem": ""} for info in datasets()] + [_problem(each) for each in damaged_own()]
    rows = [
        {**each, "shape": "x".join(map(str, each["shape"] or ())), "classes": len(each["class_names"] or ())}
        for each in document
    ]
    columns = {"key": "name", "shape": "shape", "train": "train", "validation": "validation", "test": "test"}
    columns |= {"classes": "classes", "kind": "kind", "licence": "licence"}
    problems = [str(each["problem"]) for each in document if each["problem"]]
    return Answer(document, "\n".join([table(rows, columns), *problems]))


def _problem(damaged: "Damaged") -> dict[str, object]:
    return {**dict.fromkeys(DATASET), "key": damaged.name, "kind": "own", "problem": damaged.reason}


def _add_dataset(options: argparse.Namespace) -> Answer:
    from aecore.data.intake import Added, OwnSettings, add_own

    names = ("size", "fit", "channels", "seed", "validation_share", "test_share")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    with closing(add_own(Path(options.path), options.name, OwnSettings.from_dict(given))) as events:
        for event in events:
            if isinstance(event, Added):
                end_progress()
                return _added(event)
            show_progress(f"{event.done:,} of {counted(event.total, 'file')}, {event.skipped:,} skipped")
    raise DataError(f"{options.path} was not taken in: try again.")


def _added(added: "Added") -> Answer:
    info = added.info
    skipped = [{"name": each.name, "reason": each.reason} for each in added.skipped]
    lines = [f"{info.key}: {counted(info.count, 'picture')} of {'x'.join(map(str, info.shape))}, {info.source}."]
    lines += [f"  skipped {each['name']}: {each['reason']}" for each in skipped[:SHOWN_SKIPPED]]
    more = len(skipped) - SHOWN_SKIPPED
    lines += [f"  and {more:,} more"] if more > 0 else []
    return Answer({**asdict(info), "problem": "", "skipped": skipped}, "\n".join(lines))


def _delete_dataset(options: argparse.Namespace) -> Answer:
    from aecore.data.own import delete_own

    delete_own(options.name)
    return Answer({"deleted": options.name}, f"{options.name} is deleted.")
