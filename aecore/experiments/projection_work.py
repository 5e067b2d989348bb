"""The work of the experiment "projection": encode, lay out, measure, keep with the run."""

import os
import time
from collections.abc import Generator
from dataclasses import asdict

import numpy as np
import psutil

from aecore.analysis.kept import Kept
from aecore.analysis.projections import (
    Layout,
    choose,
    fidelity,
    inverse_errors,
    lay_out,
    pixels_at,
    require_layout,
)
from aecore.analysis.trained import Floats, Indices, autoencoder_of, encode, slices
from aecore.data.catalog import datasets
from aecore.errors import SettingError
from aecore.experiments.experiment import Advance, Place, Result, between
from aecore.experiments.projection import ProjectionSettings
from aecore.runs.kept_projections import AboutProjection, CodeProjection, weights_fingerprint, write_projection
from aecore.runs.opened import OpenRun, open_run
from aecore.runs.store import Runs

ENCODED, LAID_OUT = 0.1, 0.9  # the shares of all work at which these pieces end
AT_ONCE = 1_000  # images encoded between two looks at who waits

# Seconds with nothing else under way, for codes of 30 numbers on the two cores where a try takes TRIED_S: to begin and
# to load, then for each 10,000 images.
BEGIN_S = {"umap": 15.0, "t-sne": 6.0}
EACH_S = {"umap": 15.0, "t-sne": 40.0}
TRIED, TRIED_NUMBERS, TRIES, TRIED_S = 2_000, 30, 3, 0.0065


def perform(settings: ProjectionSettings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    """One result. SettingError for a run of other images or with a code of at most two numbers, RunError without code.

    What went before counts for nothing: a projection is one piece of work.
    """
    begun = time.monotonic()
    root = place.folder.parent.parent
    run = Runs(root).get(settings.run)
    yield Advance(0.0, f"opening {run.id}")
    # Asked before they are read: should training write new weights meanwhile, the projection counts as outdated.
    weights = weights_fingerprint(run)
    opened = open_run(run, place.device)
    layout = layout_of(settings)
    indices = _indices(opened, dataset, settings, layout)
    codes = yield from _encoded(opened, settings.split, indices)
    plane = yield from _laid_out(codes, layout)
    yield Advance(LAID_OUT, "the way back to codes, and what both are worth")
    guessed, errors = inverse_errors(codes, plane)
    measures = asdict(fidelity(opened, codes, plane, guessed, settings.seed))
    about = AboutProjection(
        method=settings.method,
        split=settings.split,
        images=len(indices),
        epoch=opened.epoch,
        weights=weights,
        data=opened.splits.fingerprint,
        seed=settings.seed,
        settings=layout.own,
        seconds=round(time.monotonic() - begun, 2),
        measures=measures,
    )
    write_projection(run, CodeProjection(about, indices, plane, errors), root)
    of_it = {name: getattr(about, name) for name in ("method", "split", "images", "epoch", "seconds")}
    yield Result({"run": run.id, **of_it, **measures})
    yield Advance(1.0, "done")


def layout_of(settings: ProjectionSettings) -> Layout:
    """How the settings lay codes out."""
    return Layout(settings.method, settings.neighbours, settings.min_dist, settings.perplexity, settings.seed)


def require_possible(settings: ProjectionSettings, opened: OpenRun) -> None:
    """SettingError or DataError where the codes of an open run cannot be laid out so."""
    _indices(opened, opened.recipe.data.name, settings, layout_of(settings))


def seconds(settings: ProjectionSettings, dataset: str) -> float:
    """How long it takes on this machine, as fast and as busy as it is now. SettingError for an unknown data set."""
    info = next((each for each in datasets() if each.key == dataset), None)
    if info is None:
        raise SettingError(f"There is no data set {dataset!r}: choose one of those that are listed.")
    there: int = info.count if settings.split == "all" else getattr(info, settings.split)
    usual = BEGIN_S[settings.method] + EACH_S[settings.method] * min(settings.images or there, there) / 10_000
    return usual * _TRIED.get("", _try) / TRIED_S * _waiting()


_TRIED: Kept[float] = Kept(1)


def _try() -> float:
    """Seconds that a small piece of such work takes here, the best of a few tries, pauses for others left out."""
    codes = np.random.default_rng(0).normal(size=(TRIED, TRIED_NUMBERS)).astype(np.float32)
    times = []
    for _ in range(TRIES):
        before = time.thread_time()
        inverse_errors(codes, codes[:, :2])
        times.append(time.thread_time() - before)
    return min(times)


def _waiting() -> float:
    """How many times longer it takes because others use the processors."""
    busy, *_ = psutil.getloadavg()
    return max(1.0, (busy + 1) / (os.cpu_count() or 1))


def _indices(opened: OpenRun, dataset: str, settings: ProjectionSettings, layout: Layout) -> Indices:
    """The images to project, where the run's codes of them can be."""
    if opened.recipe.data.name != dataset:
        raise SettingError(f"{opened.run.id} was trained on {opened.recipe.data.name}, not on {dataset}: choose that.")
    indices = choose(opened.splits, settings.split, settings.images, settings.seed)
    require_layout(layout, len(indices), autoencoder_of(opened).latent)
    return indices


def _encoded(opened: OpenRun, split: str, indices: Indices) -> Generator[Advance, None, Floats]:
    codes = np.empty((len(indices), autoencoder_of(opened).latent), np.float32)
    for rows in slices(len(indices), AT_ONCE):
        yield Advance(ENCODED * rows.start / len(indices), f"encoded {rows.start:,} of {len(indices):,} images")
        codes[rows] = encode(opened, pixels_at(opened.splits, split, indices[rows]))
    return codes


def _laid_out(codes: Floats, layout: Layout) -> Generator[Advance, None, Floats]:
    steps = lay_out(codes, layout)
    try:
        while True:
            step = next(steps)
            yield Advance(between(ENCODED, LAID_OUT, step.done), step.message)
    except StopIteration as end:
        plane: Floats = end.value
        return plane
    finally:
        steps.close()
