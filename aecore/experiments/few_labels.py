"""How much are labels worth? Test error against the number of labelled images, with and without pretraining.

One autoencoder is trained on all training images without their labels; labels have no part in that, so every draw of
labelled images shares it. Then, for every number of labels and every draw of them (each class about as often):

    logistic      logistic regression on pixels
    pca_svm       SVM on the principal components of all training images, as many as the code has numbers, at least 32
    scratch       the encoder and a linear head, trained on the labelled images alone
    frozen_svm    SVM on the codes
    propagation   labels spread over the neighbourhood graph of the codes of all training images
    tuned         the pretrained encoder with a head: first the head alone, then both

Both networks see the labelled images slightly shifted and turned, and take the same number of steps. Where all images
are labelled there is but one draw.

Source: Kingma, Mohamed, Rezende, Welling, "Semi-Supervised Learning with Deep Generative Models", NIPS 2014, whose M1
is an SVM on the codes of a VAE; Erhan et al., "Why Does Unsupervised Pre-training Help Deep Learning?", JMLR 2010.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from aecore.errors import SettingError
from aecore.experiments.experiment import Advance, Kind, Place, Result, Table, Values
from aecore.settings import Settings, setting

METHODS = {
    "logistic": "Logistic regression on pixels",
    "pca_svm": "PCA + SVM",
    "scratch": "From scratch",
    "frozen_svm": "Frozen features + SVM",
    "propagation": "Label propagation on codes",
    "tuned": "Fine-tuned",
}
ALL = 0


@dataclass(frozen=True)
class FewLabelsSettings(Settings):
    """How many labels, how often drawn, and the networks."""

    labels: tuple[int, ...] = setting(
        (10, 30, 100, 300, 1000, 3000, 10000, ALL), 0, 10_000_000, "images",
        "how many training images have a label; 0 stands for all", label="Numbers of labels",
    )  # fmt: skip
    draws: int = setting(5, 1, 50, "per number", "how often the labelled images are drawn anew", label="Draws")
    epochs: int = setting(20, 1, 1000, "passes", "pretraining: how often every image is seen without its label")
    code_size: int = setting(10, 1, 1024, "numbers", "length of the code")
    network: str = setting("dense", choices=("dense", "conv"), reason="encoder and decoder", label="Networks")
    steps: int = setting(
        1000, 1, 100_000, "steps", "of the classifiers, from scratch and fine-tuned", logarithmic=True, advanced=True
    )
    noise: float = setting(
        0.3, 0.0, 1.0, "of the pixels", "pretraining: share of the pixels that are blackened", advanced=True
    )
    shift_pixels: float = setting(
        1.5, 0.0, 32.0, "pixels", "the networks see labelled images shifted by up to this much", label="Shift",
        advanced=True,
    )  # fmt: skip
    rotate_degrees: float = setting(
        10.0, 0.0, 180.0, "degrees", "and turned by up to this much", label="Rotation", advanced=True
    )
    seed: int = setting(0, 0, 2**31 - 1, "", "of the pretraining; draw number n has the seed n", advanced=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.labels:
            raise SettingError("labels is empty: give at least one number of labelled images, or 0 for all.")


def _perform(settings: Settings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    assert isinstance(settings, FewLabelsSettings)
    from aecore.experiments.few_labels_work import perform  # torch

    return perform(settings, dataset, place)


def _seconds(settings: Settings, dataset: str) -> float:
    assert isinstance(settings, FewLabelsSettings)
    from aecore.experiments.few_labels_work import seconds  # torch

    return seconds(settings, dataset)


def _table(results: Sequence[Values]) -> Table:
    """A row for each method, a column for each number of labels: mean and, of several draws, standard deviation."""
    errors = errors_by(results)
    labels = sorted({count for of_method in errors.values() for count in of_method})
    rows: list[dict[str, object]] = [
        {"method": METHODS[method], **{str(count): _mean_and_spread(found) for count, found in of_method.items()}}
        for method, of_method in errors.items()
    ]
    return rows, {"method": "test error, % by number of labels", **{str(count): f"{count:,}" for count in labels}}


def errors_by(results: Sequence[Values]) -> dict[str, dict[int, list[float]]]:
    """Errors in percent by method, in the order of `METHODS`, and number of labels."""
    found: dict[str, dict[int, list[float]]] = {method: {} for method in METHODS}
    for each in results:
        method, count, error = each.get("method"), each.get("labels"), each.get("error_percent")
        if method in METHODS and isinstance(count, int) and isinstance(error, (int, float)):
            found[str(method)].setdefault(count, []).append(float(error))
    return {method: of_method for method, of_method in found.items() if of_method}


def _mean_and_spread(errors: Sequence[float]) -> str:
    mean = sum(errors) / len(errors)
    if len(errors) == 1:
        return f"{mean:.2f}"
    spread = (sum((each - mean) ** 2 for each in errors) / (len(errors) - 1)) ** 0.5
    return f"{mean:.2f} ± {spread:.2f}"


def encoder_of(results: Sequence[Values]) -> Mapping[str, str | int | float | None]:
    """What is known of the pretrained autoencoder: parameters, epochs, seconds; empty before it is trained."""
    return next((each for each in results if each.get("method") == "pretraining"), {})


FEW_LABELS = Kind(
    "few_labels",
    "Few labels",
    "Test error against the number of labelled images, with and without unsupervised pretraining.",
    FewLabelsSettings,
    _perform,
    _table,
    _seconds,
)
