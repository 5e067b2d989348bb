"""Anomalies: each class in turn is the normal one. How well does each score find the images of all others?

For every class an autoencoder is trained on its training images alone, and every score is fitted to them
(`aecore.analysis.anomalies.detector`). Two rankings follow: on validation images, which are training images that
nothing was fitted to, and on the test images. The method is chosen by the first, over all classes together; the second
is what is reported. PCA residual and neighbours of pixels, which know no model, stand beside the scores of the model.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from aecore.experiments.experiment import Advance, Kind, Place, Result, Table, Values
from aecore.settings import Settings, setting


@dataclass(frozen=True)
class AnomaliesSettings(Settings):
    """Which classes, and the autoencoder that is trained on each."""

    classes: tuple[int, ...] = setting(
        (), 0, 10_000, "", "which classes are normal in turn, by number; none for all", label="Normal classes"
    )
    epochs: int = setting(
        15, 1, 10_000, "passes", "how often each autoencoder sees its training images", logarithmic=True
    )
    code_size: int = setting(32, 1, 1024, "numbers", "length of the code")
    hidden: tuple[int, ...] = setting(
        (512, 128), 1, 8192, "units", "layers of the encoder; the decoder mirrors them", advanced=True
    )
    normalisation: bool = setting(
        True,
        reason="layer normalisation before every activation: the code tells more of an image, the squared error less",
        advanced=True,
    )
    noise: float = setting(
        0.3, 0.0, 2.0, "of the pixel range", "standard deviation of the noise that it learns to take away",
        advanced=True,
    )  # fmt: skip
    limit: int = setting(
        0, 0, 10_000_000, "images", "training images of each class; 0 stands for all", label="Training images",
        advanced=True,
    )  # fmt: skip
    seed: int = setting(0, 0, 2**31 - 1, "", "of the autoencoders", advanced=True)


def _perform(settings: Settings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    assert isinstance(settings, AnomaliesSettings)
    from aecore.experiments.anomalies_work import perform  # torch

    return perform(settings, dataset, place)


def _seconds(settings: Settings, dataset: str) -> float:
    assert isinstance(settings, AnomaliesSettings)
    from aecore.experiments.anomalies_work import seconds  # torch

    return seconds(settings, dataset)


def _table(results: Sequence[Values]) -> Table:
    """A row for each score: AUROC x 100 on test images for each class, their mean, and the mean it was chosen by."""
    names = list(dict.fromkeys(str(each["normal"]) for each in results if "normal" in each))
    rows: dict[str, dict[str, object]] = {}
    for each in results:
        row = rows.setdefault(str(each["score"]), {"score": each["score"]})
        row[str(each["normal"])] = f"{_number(each, 'auroc'):.1f}"
    for score, row in rows.items():
        of_score = [each for each in results if each["score"] == score]
        row["mean"] = f"{mean_of(of_score, 'auroc'):.2f}"
        row["held_out"] = f"{mean_of(of_score, 'held_out_auroc'):.2f}"
    columns = {"score": "AUROC × 100", "mean": "test, mean", "held_out": "held out, mean"}
    return list(rows.values()), {**columns, **{name: f"test, {name}" for name in names}}


def page_table(results: Sequence[Values]) -> str:
    """The means of every score in Markdown, the best on held-out images first: the table of docs/anomalies.md."""
    scores = list(dict.fromkeys(str(each["score"]) for each in results))
    by_score = {score: [each for each in results if each["score"] == score] for score in scores}
    order = sorted(scores, key=lambda score: -mean_of(by_score[score], "held_out_auroc"))
    lines = ["| score | held out | test |", "| --- | --- | --- |"]
    for score in order:
        means = (f"{mean_of(by_score[score], name):.2f}" for name in ("held_out_auroc", "auroc"))
        lines.append(f"| `{score}` | {' | '.join(means)} |")
    return "\n".join(lines)


def mean_of(results: Sequence[Values], name: str) -> float:
    """The mean over the classes; NaN without any."""
    numbers = [_number(each, name) for each in results]
    return sum(numbers) / len(numbers) if numbers else float("nan")


def _number(values: Values, name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) else float("nan")


ANOMALIES = Kind(
    "anomalies",
    "Anomalies",
    "One class is normal at a time: how well every score finds the images of all other classes.",
    AnomaliesSettings,
    _perform,
    _table,
    _seconds,
)
