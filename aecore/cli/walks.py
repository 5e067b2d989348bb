"""The command that makes a film of a walk through the latent space: walk."""

import argparse
import pathlib
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer
from aecore.cli.commands import Commands, Keys, add_run, runs_of
from aecore.cli.results import require_place, write
from aecore.errors import SettingError
from aecore.runs.kept_projections import METHODS, read_projection

if TYPE_CHECKING:
    from aecore.analysis.latent import Path
    from aecore.data.image_set import Splits
    from aecore.runs.opened import OpenRun

WALKED: Keys = {
    "run": "its id",
    "file": "what was written",
    "bytes": "its size",
    "kind": "gif, mp4 or png",
    "stops": "the images that it leads over, by index into their split; none along a line",
    "split": "the split they are of; drawn for a model without an encoder",
    "frames": "how many images it shows one after the other",
    "seconds": "how long it lasts; null for a PNG, which shows them beside each other",
}
MOST_INDEX = 10**8  # beyond it is no image: a longer list would only fill the memory


def add_commands(commands: Commands) -> None:
    """walk."""
    walk = commands.add("walk", "make a film of the way from image to image through the latent space", _walk, WALKED)
    add_run(walk)
    walk.add_argument(
        "-o", "--output", required=True, type=pathlib.Path, metavar="FILE", help=".gif, .mp4 or .png; is replaced"
    )
    where = walk.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--stops",
        metavar="IMAGES",
        help="two or more images by index, as 3,8,15; of a run without an encoder those that it draws, counted from 0",
    )
    where.add_argument("--line", metavar="PLACES", help="a line on the map, by its corners: --line='-1,0.5 2,0 2,1.5'")
    walk.add_argument(
        "--plane",
        choices=("pca", *METHODS),
        default="pca",
        help="the map that the line is drawn on: the code itself or its principal components (pca, the default), or a "
        "projection that is kept with the run",
    )
    walk.add_argument(
        "--split",
        choices=("train", "validation", "test", "all"),
        default="test",
        help="whose images, and those of the map that a line is drawn on (default: test); all counts training, then "
        "validation, then test images",
    )
    walk.add_argument(
        "--way", choices=("straight", "spherical"), default="straight", help="between two stops (default: straight)"
    )
    walk.add_argument(
        "--steps", type=int, metavar="N", help="images from stop to stop (default: 24), or along a line (72)"
    )
    walk.add_argument("--closed", action="store_true", help="from the last stop on to the first")
    walk.add_argument("--back", action="store_true", help="and all the way back")
    walk.add_argument("--fps", type=int, default=24, metavar="N", help="images a second, 1 to 50 (default: 24)")
    walk.add_argument("--enlarge", type=int, default=8, metavar="N", help="how many times larger (default: 8)")


def _walk(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)  # before torch is loaded: who mistypes a name need not wait
    stops = image_numbers(options.stops) if options.stops is not None else []
    line = corners(options.line) if options.line is not None else []
    require_place(options.output)

    from aecore.analysis.drawn import DRAWN, has_encoder
    from aecore.analysis.film import film, frame_count, kind_of
    from aecore.runs.opened import open_run

    kind = kind_of(options.output.name)
    opened = open_run(run)
    path = _along(opened, line, options) if line else _over(opened, stops, options)
    content = film(path.images, kind, options.fps, options.enlarge, options.back)
    write(options.output, content)
    frames = frame_count(len(path.images), options.back)
    document = {
        "run": run.id,
        "file": str(options.output),
        "bytes": len(content),
        "kind": kind,
        "stops": stops,
        "split": options.split if has_encoder(opened) else DRAWN,
        "frames": frames,
        "seconds": None if kind == "png" else frames / options.fps,
    }
    way = f"over {len(stops)} stops" if stops else "along the line"
    return Answer(document, f"{options.output}: {frames:,} images {way}, {len(content):,} bytes")


def _over(opened: "OpenRun", stops: list[int], options: argparse.Namespace) -> "Path":
    from aecore.analysis.drawn import has_encoder
    from aecore.analysis.walks import LEG_STEPS, walk_over

    first = first_of(opened.splits, options.split, max(stops)) if has_encoder(opened) else 0
    steps = LEG_STEPS if options.steps is None else options.steps
    return walk_over(opened, [first + each for each in stops], steps, options.way, options.closed)


def _along(opened: "OpenRun", line: list[tuple[float, float]], options: argparse.Namespace) -> "Path":
    import numpy as np

    from aecore.analysis.drawn import drawn_map, has_encoder
    from aecore.analysis.latent import latent_map
    from aecore.analysis.projections import projected_map
    from aecore.analysis.walks import LINE_STEPS, walk_along

    if options.plane != "pca":
        seen = projected_map(opened, read_projection(opened.run, options.plane, runs_of(options).root))
    elif has_encoder(opened):
        seen = latent_map(opened, options.split)
    else:
        seen, _ = drawn_map(opened)
    return walk_along(opened, seen, np.array(line, np.float32), LINE_STEPS if options.steps is None else options.steps)


def corners(text: str) -> list[tuple[float, float]]:
    """The places in "0.5,-1 2,0". SettingError for anything else."""
    try:
        found = [(float(x), float(y)) for x, y in (each.split(",") for each in text.split())]
    except ValueError:
        found = []
    if not found:
        raise SettingError(f"{text!r} is no line: give the places of its corners, as --line='-1,0.5 2,0 2,1.5'.")
    return found


def first_of(splits: "Splits", split: str, last: int) -> int:
    """The index of a split's first image among all; 0 for "all". SettingError where the split has no image `last`."""
    count, what = (splits.count, "data set") if split == "all" else (len(getattr(splits, split)), f"{split} split")
    if last >= count:
        raise SettingError(f"There is no image {last:,}: the {what} has 0 to {count - 1:,}.")
    return 0 if split == "all" else splits.offset(split)


def image_numbers(text: str) -> list[int]:
    """The indices in "3,8,15" or "1,2,5-9", in that order. SettingError for anything else."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first, last if dash else first)
        if not all(each.isascii() and each.isdecimal() and int(each) < MOST_INDEX for each in ends):
            raise SettingError(f"{part.strip()!r} is no image: give indices from 0 on, as 3,8,15 or 5-9.")
        found += range(int(ends[0]), int(ends[1]) + 1)
    if not found:
        raise SettingError(f"{text!r} names no image: give indices from 0 on, as 3,8,15 or 5-9.")
    return found
