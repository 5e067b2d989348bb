"""Commands that make a picture of a picture: upscale, denoise."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer
from aecore.cli.commands import Commands, Keys, Parser, runs_of
from aecore.cli.output import show_progress
from aecore.cli.results import require_place, write
from aecore.errors import RunError

if TYPE_CHECKING:
    from aecore.analysis.restoring.files import Made
    from aecore.runs.folder import Run
    from aecore.runs.opened import OpenRun
    from aecore.runs.store import Runs

MADE: Keys = {
    "file": "what was written",
    "bytes": "its size",
    "width": "in pixels",
    "height": "in pixels",
    "model": "the id of the run, or bicubic",
    "orientations": "1, or 8 for the mean over the picture turned and mirrored",
    "notes": "what was done to the picture when it was read",
}
ENLARGED: Keys = {**MADE, "factor": "how many times larger", "blend": "share of bicubic in it, 0 to 1"}
DENOISED: Keys = {
    **MADE,
    "noise_std_levels": "standard deviation of the noise that was taken out, in grey levels of 255",
    "estimated": "whether that is the model's own estimate",
}
BICUBIC = "bicubic"


def add_commands(commands: Commands) -> None:
    """upscale, denoise."""
    upscale = commands.add("upscale", "enlarge a picture", _upscale, ENLARGED)
    _add_files(upscale)
    upscale.add_argument("--factor", type=int, choices=(2, 3, 4), default=2, help="how many times larger (default 2)")
    upscale.add_argument("--blend", type=float, default=0.0, metavar="SHARE", help="of bicubic, 0 to 1 (default 0)")
    upscale.add_argument(
        "--model", metavar="RUN", help="a run of super-resolution, or bicubic; default: the best one that ships"
    )
    denoise = commands.add("denoise", "take the noise out of a picture", _denoise, DENOISED)
    _add_files(denoise)
    denoise.add_argument(
        "--noise", type=float, metavar="LEVELS", help="its standard deviation, 0 to 75 of 255; default: estimated"
    )
    denoise.add_argument("--model", metavar="RUN", help="a run of denoising; default: the one that ships")


def _add_files(parser: Parser) -> None:
    parser.add_argument("input", metavar="IN", type=Path, help="a picture")
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT", help=".png, .webp, .tiff or .jpg; is replaced"
    )
    parser.add_argument(
        "--orientations",
        type=int,
        choices=(1, 8),
        default=1,
        help="8: the mean over the picture turned and mirrored (geometric self-ensemble), about 0.1 dB nearer to the "
        "truth, takes 8 times as long (default 1)",
    )


def _upscale(options: argparse.Namespace) -> Answer:
    from aecore.data.saving import format_of

    require_place(options.output)
    kind = format_of(options.output.name)
    run = None if options.model == BICUBIC else _run_for(options, "shrink")

    from aecore.analysis.restoring.files import enlarged_file, taken_in

    picture = taken_in(options.input.name, options.input)
    opened = None if run is None else _open(run)
    made = enlarged_file(picture, options.factor, opened, kind, options.blend, _tell, options.orientations)
    more = {"factor": options.factor, "blend": options.blend}
    return _written(options, made, BICUBIC if run is None else run.id, more)


def _denoise(options: argparse.Namespace) -> Answer:
    from aecore.data.saving import format_of

    require_place(options.output)
    kind = format_of(options.output.name)
    run = _run_for(options, "")

    from aecore.analysis.restoring.files import denoised_file, taken_in

    picture = taken_in(options.input.name, options.input)
    made = denoised_file(picture, _open(run), options.noise, kind, _tell, options.orientations)
    return _written(options, made, run.id, {"noise_std_levels": made.noise_std, "estimated": made.estimated})


def _run_for(options: argparse.Namespace, corruption: str) -> "Run":
    """The run that is named, else the first that ships and fits. RunError where there is none."""
    runs = runs_of(options)
    if options.model:
        return runs.get(options.model)
    return shipped_restorer(runs, corruption)


def shipped_restorer(runs: "Runs", corruption: str) -> "Run":
    """The run that ships for super-resolution ("shrink") or for noise (""): the one that knows the most.

    RunError where none ships.
    """
    from aecore.analysis.restoring.choosing import best_restorer

    found = best_restorer(runs.list(), corruption)
    if found is None:
        raise RunError("No run that ships can do this: name one of your own with --model.")
    return runs.get(found.id)


def _open(run: "Run") -> "OpenRun":
    from aecore.runs.opened import open_run

    return open_run(run)


def _tell(done: float) -> None:
    show_progress(f"{done:4.0%}")


def _written(options: argparse.Namespace, made: "Made", model: str, more: dict[str, object]) -> Answer:
    file: Path = options.output
    write(file, made.content)
    document = {
        "file": str(file),
        "bytes": len(made.content),
        "width": made.width,
        "height": made.height,
        "model": model,
        "orientations": options.orientations,
        "notes": list(made.notes),
        **more,
    }
    told = f", noise of {made.noise_std:.1f} of 255 grey levels" if made.noise_std is not None else ""
    told += " (estimated)" if made.estimated else ""
    return Answer(document, f"{file}: {made.width:,} x {made.height:,} pixels by {model}{told}")
