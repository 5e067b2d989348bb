"""Commands about named groups of images and the direction between two of them: groups, direction."""

import argparse
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, listing, table
from aecore.cli.commands import Commands, Keys, add_run, runs_of
from aecore.cli.walks import first_of, image_numbers
from aecore.errors import SettingError

if TYPE_CHECKING:
    from aecore.data.image_set import Splits
    from aecore.runs.folder import Run
    from aecore.runs.groups import Groups

GROUP: Keys = {
    "name": "unlike that of any other group of the run",
    "count": "how many images it has",
    "images": "which, by index into training, then validation, then test images",
    "usable": "whether the run's data are still the images it was made of",
    "problem": "why it is not usable and the way out; empty when it is",
}
DIRECTION: Keys = {
    "run": "its id",
    "first": "the group where the direction begins",
    "second": "the group where it ends",
    "images": "a list: how many images of each it was made of",
    "shared": "images in both groups, which were left out",
    "length": "distance of the two mean codes, in units of the code",
    "spreads": "a list: standard deviation of each group along the direction",
    "r2": "variance between the groups as a share of all their variance along the direction, 0 to 1",
    "r2_band": "a list: 2.5 and 97.5 % of r2 over 500 samples of the groups with replacement",
    "r2_random_mean": "mean r2 of 200 groupings by chance into the same sizes: what r2 is worth nothing",
    "r2_random_95": "95 % of them are below",
    "auroc": "share of pairs in the right order along directions that were made without them; 0.5 is chance",
    "angle_degrees": "mean angle with the directions of the 500 samples",
    "angle_band_degrees": "a list: 2.5 and 97.5 % of the angles",
    "map_share": "share of the variance of the codes of all test images that lies along the direction",
    "note": "what to know of these numbers; empty when all is as it should be",
}


def add_commands(commands: Commands) -> None:
    """groups, direction."""
    groups = commands.add("groups", "list the groups of images kept with a run, or change them", _groups, GROUP, True)
    add_run(groups)
    change = groups.add_mutually_exclusive_group()
    change.add_argument("--add", metavar="NAME", help="keep a group of the images of --images")
    change.add_argument("--rename", nargs=2, metavar=("NAME", "NEW"), help="give a group another name")
    change.add_argument("--delete", metavar="NAME", help="delete a group; it cannot be brought back")
    groups.add_argument("--images", metavar="IMAGES", help="by index, as 1,2,5-9")
    groups.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        help="indices are of this split; default: of training, then validation, then test images",
    )
    direction = commands.add(
        "direction", "measure the direction from one group of images to another in the latent space", _direct, DIRECTION
    )
    add_run(direction)
    direction.add_argument("first", metavar="GROUP_A", help="name of the group where it begins")
    direction.add_argument("second", metavar="GROUP_B", help="name of the group where it ends")


def _groups(options: argparse.Namespace) -> Answer:
    runs = runs_of(options)
    run = runs.get(options.run)
    if (options.add is None) != (options.images is None) or (options.split and options.images is None):
        raise SettingError("A group is made with --add NAME and --images 1,2,5-9: give both or neither.")

    from aecore.runs.groups import Groups

    splits = _data_of(run)
    groups = Groups(run, splits, runs.root)
    _change(groups, splits, options)
    document = [
        {
            "name": each.name,
            "count": len(each.images),
            "images": each.images.tolist(),
            "usable": each.usable,
            "problem": each.problem,
        }
        for each in groups.list()
    ]
    if not document:
        return Answer(document, f"{run.id} has no groups yet.")
    columns = {"name": "group", "count": "images"}
    columns |= {} if all(each["usable"] for each in document) else {"problem": "to know"}
    return Answer(document, table(document, columns))


def _change(groups: "Groups", splits: "Splits", options: argparse.Namespace) -> None:
    if options.add is not None:
        groups.add(options.add, _images(splits, options))
    elif options.rename is not None:
        groups.rename(*options.rename)
    elif options.delete is not None:
        groups.delete(options.delete)


def _images(splits: "Splits", options: argparse.Namespace) -> list[int]:
    found = image_numbers(options.images)
    if options.split is None:
        return found
    first = first_of(splits, options.split, max(found))
    return [first + each for each in found]


def _data_of(run: "Run") -> "Splits":
    from aecore.data.catalog import load

    data = run.recipe().data
    return load(data.name, data.classes, data.limit)


def _direct(options: argparse.Namespace) -> Answer:
    runs = runs_of(options)
    run = runs.get(options.run)

    from aecore.analysis.directions import direction_between
    from aecore.runs.groups import Groups
    from aecore.runs.opened import open_run

    opened = open_run(run)
    groups = Groups(run, opened.splits, runs.root)
    first, second = groups.get(options.first), groups.get(options.second)
    found = direction_between(opened, first.images, second.images)
    document = {"run": run.id, "first": first.name, "second": second.name, **found.to_dict()}
    return Answer(document, listing(document))
