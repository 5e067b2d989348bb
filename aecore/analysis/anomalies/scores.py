"""The scores that say how unlike the normal images an image is: more is more anomalous.

`of_model` scores need a trained autoencoder. The others are baselines that know nothing but the normal images
themselves: an autoencoder that does not beat them is not worth its training.
"""

from dataclasses import dataclass
from typing import Final

from aecore.errors import SettingError


@dataclass(frozen=True)
class Score:
    """One entry: key, name on screen, unit and reduction, and what it looks at."""

    key: str
    title: str
    unit: str
    what: str
    of_model: bool = True

    @property
    def in_words(self) -> str:
        """The title inside a sentence."""
        return self.title if self.title[:2].isupper() else f"{self.title[0].lower()}{self.title[1:]}"


_ALL = (
    Score(
        "together", "All together", "standard deviations of normal images, weighted mean over scores",
        "Logarithms of gradient neighbours, weight 0.7, gradient error and both distances of the code, 0.1 each.",
    ),
    Score(
        "squared_error", "Reconstruction error", "squared error, summed over pixels",
        "How far the reconstruction is from the image, everywhere together.",
    ),
    Score(
        "worst_patch", "Worst patch", "squared error, summed over the worst patch",
        "The same where it is largest: a small defect is not averaged away.",
    ),
    Score(
        "structural_error", "Structural error", "1 − SSIM, mean over pixels",
        "How far the pattern around every pixel differs, brightness and contrast apart.",
    ),
    Score(
        "gradient_error", "Gradient error", "standard deviations of normal differences",
        "How far the edges of the reconstruction are from those of the image; a pixel aside counts little.",
    ),
    Score(
        "code_mahalanobis", "Code Mahalanobis", "standard deviations of normal codes",
        "How far the code is from the cloud of normal codes.",
    ),
    Score(
        "code_neighbours", "Code neighbours", "Euclidean distance, mean over the 5 nearest normal codes",
        "How far the code is from the nearest normal codes.",
    ),
    Score(
        "neg_elbo", "Negative ELBO", "nats",
        "How improbable a variational model finds the image at least: mean over eight draws from the posterior.",
    ),
    Score(
        "pca_residual", "PCA residual", "squared error, summed over pixels",
        "What principal components of the normal images leave over.", of_model=False,
    ),
    Score(
        "pixel_neighbours", "Pixel neighbours", "Euclidean distance, mean over the 5 nearest normal images",
        "How far the image itself is from the nearest normal images.", of_model=False,
    ),
    Score(
        "gradient_neighbours", "Gradient neighbours", "Euclidean distance, mean over the 5 nearest normal images",
        "The same for oriented gradients, which forgive a shift by a pixel.", of_model=False,
    ),
    Score(
        "gradient_mahalanobis", "Gradient Mahalanobis", "standard deviations of normal images",
        "How far the oriented gradients of the image are from the cloud of normal ones.", of_model=False,
    ),
)  # fmt: skip

SCORES: Final = {each.key: each for each in _ALL}


def find_score(key: str, known: "tuple[str, ...] | None" = None) -> Score:
    """SettingError naming those that exist, or those of a model where `known` says which it has."""
    keys = tuple(SCORES) if known is None else known
    if key in keys:
        return SCORES[key]
    if key in SCORES:
        raise SettingError(f"This model has no {SCORES[key].title!r} score ({key}): choose one of {', '.join(keys)}.")
    raise SettingError(f"There is no score {key!r}: choose one of {', '.join(keys)}.")
