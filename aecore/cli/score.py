"""The command that scores pictures: how unlike the normal images of a run each of them is."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer
from aecore.cli.commands import Commands, Keys, add_run, runs_of
from aecore.cli.output import show_progress
from aecore.errors import PictureError, SettingError

if TYPE_CHECKING:
    from aecore.analysis.anomalies.detector import Detector
    from aecore.analysis.anomalies.flags import Line

SCORED: Keys = {
    "file": "as it was given",
    "error": "only for a file that cannot be taken in: why, and what to do; nothing else is there then",
    "flagged": "only for a picture: whether its score is above the threshold",
    "score": "only there: the key of the score",
    "value": "only there: its value; more is more anomalous",
    "percentile": "only there: share of the normal images with a lower score, in percent",
    "threshold": "only there: what the value is compared with",
    "quantile": "only there: share of the normal images that stay below the threshold; null for --threshold",
    "normal_images": "only there: the validation images of the run that threshold and percentile are taken over",
    "scores": "only there, an object: every score this run has, by key",
    "fitted": "only there: what was done to bring it to the size and the colours of the run",
}


def add_commands(commands: Commands) -> None:
    """score."""
    score = commands.add(
        "score",
        "flag pictures that are unlike the images a run was trained on; one line of JSON for each, exit status 1 when "
        "one could not be taken in",
        _score,
        SCORED,
        many=True,
    )
    add_run(score)
    score.add_argument("files", nargs="+", type=Path, metavar="FILE", help="pictures of any size, grey or coloured")
    score.add_argument("--score", default=None, metavar="NAME", help="which score decides (default: together)")
    score.add_argument(
        "--quantile", type=float, default=None, metavar="Q", help="share of normal images to pass (default: 0.95)"
    )
    score.add_argument("--threshold", type=float, default=None, metavar="T", help="a threshold in place of a quantile")
    score.add_argument(
        "--fit", choices=("crop", "pad"), default="crop", help="pictures of another shape (default: crop)"
    )
    score.add_argument("--invert", action="store_true", help="exchange dark and light first")


def _score(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)  # before torch is loaded: who mistypes a name need not wait
    if options.threshold is not None and options.quantile is not None:
        raise SettingError("Both --threshold and --quantile are given: leave one of them out.")
    if options.threshold is not None and not math.isfinite(options.threshold):
        raise SettingError(f"The threshold is {options.threshold}: give a number.")

    from aecore.analysis.anomalies.detector import fit_detector
    from aecore.analysis.anomalies.flags import QUANTILE, SCORE, draw_line, moved
    from aecore.analysis.anomalies.scores import SCORES, find_score
    from aecore.analysis.anomalies.thresholds import check_share
    from aecore.runs.opened import open_run

    quantile = QUANTILE if options.quantile is None else options.quantile
    check_share("quantile", quantile)  # before all normal images are scored
    score = SCORE if options.score is None else find_score(options.score, tuple(SCORES)).key
    detector = fit_detector(open_run(run), lambda done: show_progress(f"{done:4.0%} of the normal images scored"))
    line, _ = draw_line(detector, score, quantile)
    line = line if options.threshold is None else moved(line, options.threshold)
    documents = [_scored(detector, file, line, options) for file in options.files]
    text = "\n".join(Answer(each, "").to_json() for each in documents)
    return Answer(documents, text, exit_status=1 if any("error" in each for each in documents) else 0)


def _scored(detector: "Detector", file: Path, line: "Line", options: argparse.Namespace) -> dict[str, object]:
    from aecore.analysis.anomalies.flags import flag_pictures, take_picture

    try:
        picture = take_picture(str(file), file, detector.shape, options.fit, options.invert)
    except PictureError as error:
        return {"file": str(file), "error": f"{error.reason[:1].upper()}{error.reason[1:]}"}
    (flag,) = flag_pictures(detector, [picture], line)
    return {**flag.numbers(line), "file": str(file)}
