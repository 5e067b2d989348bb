"""The command that puts a latent space into one file: takeaway."""

import argparse
from pathlib import Path

from aecore.cli.answer import Answer
from aecore.cli.commands import Commands, Keys, add_run, runs_of
from aecore.cli.results import require_place, write

TAKEN: Keys = {
    "run": "its id",
    "file": "what was written",
    "bytes": "its size",
    "points": "how many images of the test split the map shows, at most",
    "runtime": "whether onnxruntime is inside: 4 MB more, for decoders that are not dense",
}


def add_commands(commands: Commands) -> None:
    """takeaway."""
    away = commands.add("takeaway", "put map, probe and walk into one HTML file that needs no server", _take, TAKEN)
    add_run(away)
    away.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="FILE.html; is replaced")
    away.add_argument("--points", type=int, default=5000, metavar="N", help="test images on the map (default: 5000)")
    away.add_argument(
        "--pictures",
        type=int,
        metavar="N",
        help="how many of them come with their picture (default: 1000, or as many as take 3 MB)",
    )


def _take(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)  # before torch is loaded: who mistypes a name need not wait
    require_place(options.output)

    from aecore.analysis.bundle import WASM_BLOCK
    from aecore.analysis.takeaway import takeaway
    from aecore.runs.opened import open_run

    content = takeaway(open_run(run), run.summary().name, points=options.points, pictures=options.pictures)
    write(options.output, content)
    document = {
        "run": run.id,
        "file": str(options.output),
        "bytes": len(content),
        "points": options.points,
        "runtime": f'data-block="{WASM_BLOCK}"'.encode() in content,
    }
    return Answer(document, f"{options.output}: {len(content):,} bytes; opens in a browser, without a server")
