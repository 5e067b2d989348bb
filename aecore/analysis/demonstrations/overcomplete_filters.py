"""What a constraint does to a code as large as the image: filters side by side, and what a linear probe makes of codes.

Runs are told apart by their constraint. Filters are those of the first layer; of many units those with the largest
weights are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from aecore.analysis.filters import as_pictures, filters, strongest
from aecore.analysis.probe import Probe, probe_codes, probe_pca, probe_pixels
from aecore.analysis.trained import Trained, autoencoder_of
from aecore.data.image_set import Pixels, Splits
from aecore.runs.summary import text

PCA_SIZE = 64  # principal components beside the codes


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of one run, as they are shown."""

    title: str
    pictures: Pixels  # [shown, channels, height, width]
    units: int
    latent: int
    pixels: int


@dataclass(frozen=True)
class Probed:
    """One kind of feature and what the probe reached on it."""

    title: str
    probe: Probe


def constraint_of(recipe: Mapping[str, Any]) -> str:
    """What keeps a recipe's codes from being a copy, in a few words."""
    corruption, penalty = (text(recipe, "parts", axis, "kind") for axis in ("corruption", "penalty"))
    found = [] if corruption == "none" else [f"{corruption.replace('_', ' ')} noise"]
    found += [] if penalty == "none" else [f"{penalty.replace('_', ' ')} penalty"]
    found += ["top-k"] if text(recipe, "parts", "bottleneck", "kind") == "top_k" else []
    return " and ".join(found) or "no constraint"


def shown_filters(title: str, trained: Trained, count: int = 48) -> Filters:
    """The `count` filters with the largest weights. SettingError where the first layer has no filters."""
    weights = filters(trained)
    chosen = strongest(weights, count)
    model = autoencoder_of(trained)
    return Filters(title, as_pictures(weights[chosen]), len(weights), model.latent, prod(model.image_shape))


def probed(runs: Sequence[tuple[str, Trained]], splits: Splits) -> tuple[Probed, ...]:
    """The probe on the codes of each run, on the pixels and on principal components. DataError without classes."""
    found = [Probed(f"codes, {title}", probe_codes(trained)) for title, trained in runs]
    beside = probe_pca(splits, PCA_SIZE)
    found.append(Probed("pixels", probe_pixels(splits)))
    found.append(Probed(f"{beside.size} principal components", beside))
    return tuple(found)
