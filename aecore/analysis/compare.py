"""Several runs side by side: on the same images, with the same noise, in the same numbers.

Runs are compared on the images of the first one. Whatever each was trained on, all see the same corrupted pictures;
a run that was trained without noise shows what that means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aecore.analysis.evaluate import Evaluation, Progress, evaluate
from aecore.analysis.measures import Measures
from aecore.analysis.reconstruct import Reconstructions, pick_images, reconstruct
from aecore.analysis.trained import Floats, Indices, Trained, model_of, part_of
from aecore.data.image_set import Pixels
from aecore.errors import SettingError


@dataclass(frozen=True, eq=False)
class Comparison:
    """`runs` rows over the same images [n, channels, height, width]."""

    names: tuple[str, ...]
    latents: tuple[int, ...]  # size of each run's code
    original: Pixels
    corrupted: Floats
    reconstructions: Floats  # [runs, n, channels, height, width]
    sse: Floats  # [runs, n]
    measures: tuple[Measures, ...]  # of each run, means over the images shown
    corruption: str
    indices: Indices
    labels: tuple[str, ...]  # class of each image, "" where there is none


def compare(
    trained: Sequence[Trained],
    names: Sequence[str],
    indices: Sequence[int] | None = None,
    count: int = 8,
    split: str = "test",
    corruption: str = "none",
    level: float | None = None,
    seed: int = 0,
) -> Comparison:
    """Reconstruct the same images with every run.

    `indices` into the first run's split, otherwise one of each class in turn. SettingError for no run at all, names
    that do not match, or runs of different image shapes.
    """
    _check(trained, names)
    images = part_of(trained[0].splits, split)
    if indices is None:
        chosen = pick_images(trained[0], "class", count, split, seed=seed)
    else:
        chosen = np.asarray(indices, dtype=np.int64)
    shown = images.take(chosen)
    results = [reconstruct(each, shown.images, corruption, level, seed, pca=False) for each in trained]
    labels = [] if shown.labels is None else [shown.class_names[label] for label in shown.labels]
    sse = np.array([[each.sse_per_image for each in result.measures] for result in results], dtype=np.float32)
    return Comparison(
        names=tuple(names),
        latents=tuple(model_of(each).latent for each in trained),
        original=shown.images,
        corrupted=results[0].corrupted,
        reconstructions=np.stack([result.reconstruction for result in results]),
        sse=sse.reshape(len(results), len(shown)),
        measures=tuple(_mean(result, images.pixels) for result in results),
        corruption=results[0].corruption,
        indices=chosen,
        labels=tuple(labels) or ("",) * len(shown),
    )


def evaluate_all(
    trained: Sequence[Trained], names: Sequence[str], limit: int | None = None, progress: Progress | None = None
) -> dict[str, Evaluation]:
    """Every run on its own test images. SettingError when runs and names do not match."""
    _check(trained, names)
    found = {}
    for number, (name, each) in enumerate(zip(names, trained, strict=True)):
        found[name] = evaluate(each, limit, _share(progress, number, len(trained)))
    return found


def _share(progress: Progress | None, number: int, count: int) -> Progress | None:
    return None if progress is None else lambda done: progress((number + done) / count)


def _mean(result: Reconstructions, pixels: int) -> Measures:
    errors = [each.sse_per_image for each in result.measures]
    return Measures(len(errors), pixels, float(np.mean(errors)) if errors else 0.0)


def _check(trained: Sequence[Trained], names: Sequence[str]) -> None:
    if not trained:
        raise SettingError("There is nothing to compare: choose at least one run.")
    if len(names) != len(trained) or len(set(names)) != len(names):
        raise SettingError(f"{len(trained)} runs need as many different names, not {', '.join(map(repr, names))}.")
    shapes = {name: model_of(each).image_shape for name, each in zip(names, trained, strict=True)}
    if len(set(shapes.values())) > 1:
        listed = "; ".join(f"{name}: {' x '.join(map(str, shape))}" for name, shape in shapes.items())
        raise SettingError(f"Only runs on images of one shape can be compared on the same images ({listed}).")
