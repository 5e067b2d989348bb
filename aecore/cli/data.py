"""Commands about what there is: data sets, variants, devices."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, show_progress, table
from aecore.errors import DataError

if TYPE_CHECKING:
    from aecore.data.intake import Added

Command = Callable[[str, str, Callable[[argparse.Namespace], Answer]], argparse.ArgumentParser]


def add_commands(command: Command, shared: argparse.ArgumentParser) -> None:
    """datasets (with add and delete), variants, devices."""
    datasets = command("datasets", "list the data sets, add one's own pictures, delete them", _list_datasets)
    actions = datasets.add_subparsers(title="actions", metavar="ACTION")
    add = actions.add_parser(
        "add", help="make a data set of a folder or a zip", parents=[shared], description="Make a data set of pictures."
    )
    add.add_argument("path", metavar="PATH", help="a folder or a zip; its subfolders become classes")
    add.add_argument("--name", required=True, help="the name of the new data set")
    add.add_argument("--size", type=int, help="height and width in pixels")
    add.add_argument("--fit", choices=("crop", "pad"), help="what happens to pictures that are not square")
    add.add_argument("--channels", choices=("1", "3"), help="1 grey, 3 colour")
    add.add_argument("--seed", type=int, help="of the split into training, validation and test")
    add.set_defaults(handler=_add_dataset)
    delete = actions.add_parser(
        "delete", help="delete one's own data set", parents=[shared], description="Delete one's own data set."
    )
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(handler=_delete_dataset)
    command("variants", "list the variants, their settings and defaults", _list_variants)
    command("devices", "list the devices on which training can run", _list_devices)


def _list_datasets(options: argparse.Namespace) -> Answer:
    from aecore.data.catalog import datasets

    rows = [asdict(info) | {"shape": "x".join(map(str, info.shape)), "classes": len(info.class_names)} for info in
            datasets()]  # fmt: skip
    columns = {"key": "name", "shape": "shape", "train": "train", "validation": "validation", "test": "test"}
    columns |= {"classes": "classes", "kind": "kind", "licence": "licence"}
    return Answer([asdict(info) for info in datasets()], table(rows, columns))


def _add_dataset(options: argparse.Namespace) -> Answer:
    from aecore.data.intake import Added, OwnSettings, add_own

    given = {name: getattr(options, name) for name in ("size", "fit", "channels", "seed")}
    settings = OwnSettings.from_dict({name: value for name, value in given.items() if value is not None})
    for event in add_own(Path(options.path), options.name, settings):
        if isinstance(event, Added):
            return _added(event)
        show_progress(f"{event.done:,} of {event.total:,} files, {event.skipped:,} skipped")
    raise DataError(f"{options.path} was not taken in: try again.")


def _added(added: "Added") -> Answer:
    info = added.info
    skipped = [{"name": each.name, "reason": each.reason} for each in added.skipped]
    lines = [f"{info.key}: {info.count:,} pictures of {'x'.join(map(str, info.shape))} from {info.source}."]
    lines += [f"  skipped {each['name']}: {each['reason']}" for each in skipped]
    return Answer(asdict(info) | {"skipped": skipped}, "\n".join(lines))


def _delete_dataset(options: argparse.Namespace) -> Answer:
    from aecore.data.own import delete_own

    delete_own(options.name)
    return Answer({"deleted": options.name}, f"{options.name} is deleted.")


def _list_variants(options: argparse.Namespace) -> Answer:
    from aecore.training.recipe import DataChoice, make_recipe
    from aecore.variants.catalog import VARIANTS

    documents = []
    for variant in VARIANTS.values():
        recipe = make_recipe(variant.key, DataChoice(variant.data))
        documents.append(
            {
                "key": variant.key,
                "title": variant.title,
                "summary": variant.summary,
                "idea": variant.idea,
                "source": variant.source,
                "parts": recipe.parts.to_dict(),
                "training": recipe.stages[0].to_dict(),
            }
        )
    return Answer(documents, table(documents, {"key": "variant", "summary": "what it is"}))


def _list_devices(options: argparse.Namespace) -> Answer:
    from aecore.training.precision import devices

    rows = [asdict(device) for device in devices()]
    return Answer(rows, table(rows, {"key": "device", "title": "what it is", "bfloat16": "fast bfloat16"}))
