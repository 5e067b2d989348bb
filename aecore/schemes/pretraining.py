"""Unsupervised pretraining: learn from all images without their labels, then classify with a few that have one.

    1  reconstruct    loss = objective(model(corruption(x)), x)                    all images, no label
    2  head           loss = -log softmax(W f(x) + b)[label],  f held fixed        the labelled images
    3  fine-tuning    the same loss, f released                                    the labelled images

f(x) is the code. What normalisation layers of the encoder have learned of all images (their running averages) stays
as it is in 2 and 3: a handful of labelled images would estimate it worse.

Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006; Erhan et
al., "Why Does Unsupervised Pre-training Help Deep Learning?", Journal of Machine Learning Research 2010.
Reconstruction by the whole network at once instead of layer by layer, and the step in which only the head learns, are
our choices.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from aecore.errors import SettingError
from aecore.model import Autoencoder, Model
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch, Chapter, Group, Phase, Scheme
from aecore.settings import Settings, setting
from aecore.shapes import PerImage, Scores

RECONSTRUCT, HEAD, TUNE = "reconstruct", "head", "tune"
HEAD_RATE = 5.0  # one layer on fixed codes bears larger steps than a network


@dataclass(frozen=True)
class PretrainingSettings(Settings):
    """How many labels there are, and how the epochs are shared out."""

    labelled: int = setting(
        1000, 0, 10_000_000, "images", "training images whose label is known, of each class about as many; 0 all",
        label="Labelled images",
    )  # fmt: skip
    head_share: float = setting(
        0.1, 0.0, 1.0, "of the epochs", "the head alone learns, the encoder is frozen", label="Frozen"
    )
    tuning_share: float = setting(
        0.4, 0.0, 1.0, "of the epochs", "encoder and head learn together; what is left of 1 is pretraining",
        label="Fine-tuning",
    )  # fmt: skip
    tuning_rate: float = setting(
        1.0, 0.0, 100.0, "times the learning rate", "size of the steps in fine-tuning", label="Rate of fine-tuning",
        advanced=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        shared = self.head_share + self.tuning_share
        if shared > 1:
            raise SettingError(
                f"scheme.head_share and scheme.tuning_share are {shared:g} of the epochs together: choose at most 1, "
                "what is left is pretraining."
            )


class Pretraining(Scheme):
    """Three groups, one for each chapter: Adam's averages of one loss mean nothing to another."""

    steady = True
    settings: PretrainingSettings

    def equip(self, model: Model, classes: int) -> None:
        """Give the model its head. SettingError for images without classes to tell apart."""
        if classes < 2:
            raise SettingError(
                f"scheme.kind is 'pretraining', which learns to tell classes apart, but these images have "
                f"{'one class' if classes else 'no labels'}: choose a data set with two or more classes, or "
                "scheme.kind=end_to_end."
            )
        _autoencoder(model).head = nn.Linear(model.latent, classes)

    def groups(self, model: Model) -> Mapping[str, Group]:
        """Everything but the head; the head; everything but the decoder."""
        named = [(name.partition(".")[0], each) for name, each in model.named_parameters() if each.requires_grad]
        return {
            RECONSTRUCT: Group([each for part, each in named if part != "head"]),
            HEAD: Group([each for part, each in named if part == "head"]),
            TUNE: Group([each for part, each in named if part != "decoder"]),
        }

    def chapters(self, model: Model, further: bool) -> tuple[Chapter, ...]:
        """Reconstruct, head, fine-tuning, as far as they have a share; a model trained further is fine-tuned."""
        chosen = self.settings
        left = max(0.0, 1.0 - chosen.head_share - chosen.tuning_share)
        chapters = (
            Chapter(RECONSTRUCT, "Pretraining", left),
            Chapter(HEAD, "Frozen", chosen.head_share, chosen.labelled),
            Chapter(TUNE, "Fine-tuning", chosen.tuning_share, chosen.labelled),
        )
        if further:
            return (Chapter(TUNE, "Fine-tuning", 1.0, chosen.labelled),)
        return tuple(each for each in chapters if each.share > 1e-9)

    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """One phase: the loss of the chapter."""
        numbers = self._numbers(model, batch, streams)
        loss = numbers.pop("loss")
        rate = {HEAD: HEAD_RATE, TUNE: self.settings.tuning_rate}.get(batch.chapter, 1.0)
        yield Phase(batch.chapter, loss.mean(), {name: each.mean() for name, each in numbers.items()}, rate)

    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, PerImage]:
        """The loss of the chapter and its parts; of a classifier 100 for each image that it gets wrong."""
        return self._numbers(model, batch, streams)

    def _numbers(self, model: Model, batch: Batch, streams: Streams) -> dict[str, PerImage]:
        if batch.chapter == RECONSTRUCT:
            corrupted = self.corruption(batch.clean, streams["corruption"])
            loss, parts = self.objective(model(corrupted, streams["posterior"]), batch.clean)
            return {"loss": loss, **parts}
        assert batch.labels is not None  # `equip` refuses images without
        scores = _scores(_autoencoder(model), batch, frozen=batch.chapter == HEAD)
        loss = F.cross_entropy(scores, batch.labels, reduction="none")
        wrong = (scores.argmax(1) != batch.labels).float()
        return {"loss": loss, "class_nats": loss, "error_percent": 100.0 * wrong}


def _scores(model: Autoencoder, batch: Batch, frozen: bool) -> Scores:
    """What the classifier says; with `frozen` no gradient reaches the encoder."""
    assert model.head is not None
    with _settled(model):
        if not frozen:
            return model.classify(batch.clean)
        with torch.no_grad():
            codes = model.encode(batch.clean)
    scores: Scores = model.head(codes).float()
    return scores


@contextmanager
def _settled(model: nn.Module) -> Iterator[None]:
    """While it lasts, normalisation layers use what they have learned and learn nothing more."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def _autoencoder(model: Model) -> Autoencoder:
    assert isinstance(model, Autoencoder)  # `trains` says so, and whoever composes looks
    return model
