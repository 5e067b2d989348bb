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
    add.add_argument(
        "--fit",
        choices=("crop", "pad", "patches"),
        help="of pictures that are not square (default crop); patches: cut each into squares, for restoring pictures",
    )
    add.add_argument(
        "--shrink", type=float, metavar="TIMES", help="patches: make the picture smaller first, 1 to 16 (default 2.0)"
    )
    add.add_argument("--channels", choices=("1", "3"), help="1 grey, 3 colour (default 3)")
    add.add_argument("--seed", type=int, metavar="S", help="of the split into training, validation and test")
    add.add_argument("--validation-share", type=float, metavar="SHARE", help="0.02 to 0.4 (default 0.1)")
    add.add_argument("--test-share", type=float, metavar="SHARE", help="0.02 to 0.4 (default 0.1)")
    photographs = actions.add(
        "photographs",
        "make the data set that the shipped restorers learned from, out of packages of Debian 12",
        _photographs,
        {**DATASET, **skipped, "judge": "the folder of those that were kept out of it, for evaluate --pictures"},
    )
    photographs.add_argument("packages", metavar="FOLDER", type=Path, help="with the packages (.deb); they are named")
    photographs.add_argument(
        "--into", type=Path, required=True, metavar="PLACE", help="a new folder for the photographs: learn/ and judge/"
    )
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

    names = ("size", "fit", "shrink", "channels", "seed", "validation_share", "test_share")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    with closing(add_own(Path(options.path), options.name, OwnSettings.from_dict(given))) as events:
        for event in events:
            if isinstance(event, Added):
                end_progress()
                return _added(event)
            show_progress(f"{event.done:,} of {counted(event.total, 'file')}, {event.skipped:,} skipped")
    raise DataError(f"{options.path} was not taken in: try again.")


def _photographs(options: argparse.Namespace) -> Answer:
    from aecore.data.intake import Added, add_own, free_key
    from aecore.data.photographs import NAME, SETTINGS, photographs, unpack_photographs

    free_key(NAME)
    total = len(photographs())
    for done, _ in enumerate(unpack_photographs(options.packages, options.into), 1):
        show_progress(f"{done:,} of {counted(total, 'photograph')} found")
    with closing(add_own(options.into / "learn", NAME, SETTINGS)) as events:
        for event in events:
            if isinstance(event, Added):
                end_progress()
                answer = _added(event)
                judge = str(options.into / "judge")
                text = f"{answer.text}\nFor evaluate --pictures: {judge}"
                return Answer({**answer.document, "judge": judge}, text)
            show_progress(f"{event.done:,} of {counted(event.total, 'photograph')} cut into squares")
    raise DataError(f"{options.packages} was not taken in: try again.")


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
