"""Projection: the codes of a run laid out in a plane by UMAP or t-SNE, and kept with the run.

How codes are laid out and what the plane is worth is said in `aecore.analysis.projections`, what is kept and where in
`aecore.runs.kept_projections`. The one result holds the measures. A projection that was stopped begins anew.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from aecore.experiments.experiment import Advance, Kind, Place, Result, Table, Values
from aecore.runs.kept_projections import METHODS, SPLITS
from aecore.settings import Settings, setting


@dataclass(frozen=True)
class ProjectionSettings(Settings):
    """Of which run, by which method, and of how many images."""

    run: str = setting("", reason="the run whose codes are laid out, by its id")
    method: str = setting("umap", choices=METHODS, reason="how they are laid out")
    images: int = setting(
        10_000,
        0,
        10_000_000,
        "images",
        "whose codes are laid out, chosen by chance; 0 stands for all",
        logarithmic=True,
    )
    split: str = setting("test", choices=SPLITS, reason="which images; all are training, validation and test together")
    neighbours: int = setting(
        15, 2, 200, "points", "UMAP: the size of a neighbourhood, with the point itself; more shows larger structure"
    )
    min_dist: float = setting(
        0.1, 0.0, 0.99, "units of the plane", "UMAP: how near points may lie", label="Least distance"
    )
    perplexity: float = setting(
        30.0, 2.0, 200.0, "points", "t-SNE: how many neighbours count, more shows larger structure"
    )
    seed: int = setting(0, 0, 2**31 - 1, "", "of the choice of images and of the layout", advanced=True)


def _perform(settings: Settings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    assert isinstance(settings, ProjectionSettings)
    from aecore.experiments.projection_work import perform  # torch

    return perform(settings, dataset, place)


def _seconds(settings: Settings, dataset: str) -> float:
    assert isinstance(settings, ProjectionSettings)
    from aecore.experiments.projection_work import seconds  # torch

    return seconds(settings, dataset)


# Heading, measure, its baseline, and what the baseline is.
LINES = (
    ("trustworthiness of 10 neighbours, 1 at best", "trustworthiness", "pca_trustworthiness", "PCA"),
    ("inverse, point left out: distance to its code", "inverse_error", "mean_code_error", "mean code"),
    ("the same decoded: squared error, summed over pixels", "pixel_error", "mean_code_pixel_error", "mean code"),
)


def _table(results: Sequence[Values]) -> Table:
    """A row for each measure, its baseline beside it."""
    rows: list[dict[str, object]] = [
        {"measure": title, "value": each[name], "baseline": each[other], "of": what}
        for each in results
        for title, name, other, what in LINES
    ]
    return rows, {"measure": "mean over the points", "value": "projection", "baseline": "baseline", "of": "which is"}


PROJECTION = Kind(
    "projection",
    "Projection",
    "The codes of a run laid out in a plane by UMAP or t-SNE, with the way back and its error.",
    ProjectionSettings,
    _perform,
    _table,
    _seconds,
)
