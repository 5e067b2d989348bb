"""What looking at a run costs beside its libraries alone: `python -m tests.benchmarks.analysis [--images 70000]`.

    evaluate    the shipped autoencoder of 32 numbers on 10,000 test images: all that the page says, with principal
                components as its baseline, against passing the images through the network once
    list        10,000 run folders, against reading one small file of each; and again, as a page does at every click
    PCA, UMAP, t-SNE   of as many codes as `--images` says, against scikit-learn, umap-learn and openTSNE called with
                the same settings; the lab's also say how far they are and can be stopped

Seconds, each work in a process of its own (imports not counted), the lab and its peer one after the other in rounds:
medians, and the slowest.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

STARTER = "simple-mnist"
FOLDERS = 10_000

Floats = npt.NDArray[np.float32]


def main() -> None:
    """Measure and print the table."""
    options = _options()
    if options.work:
        print(json.dumps(WORKS[options.work](options.images, Path(options.folder))))
        return
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {options.rounds} rounds")
    print("| what | the lab | by itself | the lab takes |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        _make_folders(Path(folder))
        for what, (ours, theirs) in PAIRS.items():
            if options.only and what.split()[0] not in options.only:
                continue
            read = [[_seconds(each, options.images, folder) for each in (ours, theirs)] for _ in range(options.rounds)]
            lab, alone = zip(*read, strict=True)
            ratio = statistics.median(lab) / statistics.median(alone)
            print(f"| {what.format(options.images)} | {_span(lab)} | {_span(alone)} | {ratio:.2f} times |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000, help="of MNIST, up to 70,000: how many codes")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="evaluate, list, PCA, UMAP, t-SNE")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def _span(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f} s ({max(seconds):.2f})"


def _seconds(work: str, images: int, folder: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.analysis", "--work", work, "--images", str(images)]
    done = subprocess.run([*command, "--folder", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{work} failed:\n{done.stderr[-3000:]}")
    return float(done.stdout.strip().splitlines()[-1])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- evaluating


def _evaluate(images: int, folder: Path) -> float:
    from aecore.analysis.evaluate import evaluate

    opened = _opened()
    return _timed(lambda: evaluate(opened))


def _pass_through(images: int, folder: Path) -> float:
    import torch

    from aecore.analysis.trained import model_of

    opened = _opened()
    model, pixels = model_of(opened), np.array(opened.splits.test.images)

    def pass_all() -> None:
        with torch.inference_mode():
            for part in torch.from_numpy(pixels).split(500):
                model(part.float().div(255))

    return _timed(pass_all)


def _opened() -> Any:
    import sklearn.decomposition
    import sklearn.neighbors  # noqa: F401 - loaded when first needed, which is not what is measured here

    from aecore.analysis.trained import model_of
    from aecore.runs.opened import open_run
    from aecore.runs.store import Runs

    opened = open_run(Runs().get(STARTER))
    len(opened.splits.test)
    model_of(opened)
    return opened


# --- listing


def _make_folders(folder: Path) -> None:
    """Copies of one run's files, which is quicker than creating each."""
    from aecore.runs.store import Runs
    from aecore.training.recipe import DataChoice, make_recipe

    made = Runs(folder).create(make_recipe("simple", DataChoice("mnist")))
    line = {"epoch": 1, "stage": 0, "step": 1, "train": {"loss": 1.0}, "validation": {"loss": 1.0}}
    (made.path / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    for number in range(1, FOLDERS):
        shutil.copytree(made.path, folder / f"{made.id[:-4]}{number:04x}x")


def _list(images: int, folder: Path) -> float:
    from aecore.runs.store import Runs

    found = []
    seconds = _timed(lambda: found.extend(Runs(folder).list()))
    assert len([each for each in found if not each.starter]) == FOLDERS
    return seconds


def _list_again(images: int, folder: Path) -> float:
    _list(images, folder)
    return _list(images, folder)


def _read_all(images: int, folder: Path) -> float:
    return _timed(lambda: [json.loads((each / "status.json").read_text()) for each in _folders(folder)])


def _folders(folder: Path) -> list[Path]:
    return [Path(each.path) for each in os.scandir(folder) if each.is_dir() and not each.name.startswith(".")]


# --- planes


def _codes(images: int) -> Floats:
    from aecore.analysis.trained import encode

    opened = _opened()
    parts = [getattr(opened.splits, each).images for each in ("train", "validation", "test")]
    return encode(opened, np.concatenate(parts)[:images])


def _our_pca(images: int, folder: Path) -> float:
    from aecore.analysis.latent import plane_of

    codes = _codes(images)
    return _timed(lambda: plane_of(codes))


def _their_pca(images: int, folder: Path) -> float:
    from sklearn.decomposition import PCA

    codes = _codes(images)
    return _timed(lambda: PCA(2, random_state=0).fit_transform(codes))


def _our_layout(images: int, method: str) -> float:
    from aecore.analysis.projections import Layout, lay_out

    codes = _codes(images)
    return _timed(lambda: list(lay_out(codes, Layout(method))))


def _their_umap(images: int, folder: Path) -> float:
    import warnings

    codes = _codes(images)
    warnings.simplefilter("ignore")
    import umap

    return _timed(lambda: umap.UMAP(n_neighbors=15, min_dist=0.1, random_state=0).fit_transform(codes))


def _their_tsne(images: int, folder: Path) -> float:
    import openTSNE

    codes = _codes(images)
    return _timed(lambda: openTSNE.TSNE(perplexity=30, random_state=0, n_jobs=-1).fit(codes))


PAIRS = {
    "evaluate 10,000 images": ("evaluate", "pass"),
    "list 10,000 runs": ("list", "read"),
    "list them a second time": ("list-again", "read"),
    "PCA of {:,} codes": ("our-pca", "their-pca"),
    "UMAP of {:,} codes": ("our-umap", "their-umap"),
    "t-SNE of {:,} codes": ("our-tsne", "their-tsne"),
}
WORKS: dict[str, Callable[[int, Path], float]] = {
    "evaluate": _evaluate,
    "pass": _pass_through,
    "list": _list,
    "list-again": _list_again,
    "read": _read_all,
    "our-pca": _our_pca,
    "their-pca": _their_pca,
    "our-umap": lambda images, folder: _our_layout(images, "umap"),
    "their-umap": _their_umap,
    "our-tsne": lambda images, folder: _our_layout(images, "t-sne"),
    "their-tsne": _their_tsne,
}


if __name__ == "__main__":
    main()
