"""The Gaussian bottleneck with the class as a part of the code.

    (mu, log s^2, a) = features          2 x code_size + classes numbers per image
    z = mu + s * n,  n ~ N(0, I)         style: what the class does not say
    y = one-hot of the label             in training, where the class is known
        softmax(a)                       whenever an image is encoded: what the encoder thinks of its class
    code = (z, y)                        code_size + classes numbers

The decoder is told the class, so that z need not hold it, and the encoder learns to name it: the cross-entropy of
softmax(a) is added to the loss. An image of any class and any style is decode(z, y).

Source: Kingma, Rezende, Mohamed, Welling, "Semi-supervised Learning with Deep Generative Models", NeurIPS 2014 (their
model M2, with every training image labelled). That z is encoded from the image alone, not from image and class, and
the weight of the cross-entropy are our choices.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.bottlenecks.gaussian import drawn, limited
from aecore.chance import Chance
from aecore.errors import SettingError
from aecore.model import Coded, Posterior, Sampling, Term
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Features, Labels


@dataclass(frozen=True)
class GaussianClassSettings(Settings):
    """Size of the code without the class, and how much naming the class counts."""

    code_size: int = setting(
        10,
        1,
        16384,
        "numbers",
        "room for what the class does not say; the code is longer by one number for each class",
        label="Style size",
        logarithmic=True,
    )
    class_weight: float = setting(
        10.0,
        0.0,
        1000.0,
        "times the cross-entropy",
        "how much it counts that the encoder names the class",
        advanced=True,
    )


class GaussianClass(nn.Module):
    """features -> posterior of z and of the class -> a code drawn from it."""

    draws = True
    controls = frozenset({"labels", "truncation"})

    def __init__(self, settings: GaussianClassSettings, classes: int = 0):
        """SettingError for images without classes."""
        super().__init__()
        if classes < 1:
            raise SettingError(
                "This bottleneck holds the class of an image, but the images have no classes: choose a data set whose "
                "pictures lie in one folder for each class, or set bottleneck.kind=gaussian."
            )
        self.settings = settings
        self.style = settings.code_size
        self.classes = classes
        self.latent = self.style + classes
        self.features = 2 * self.style + classes
        self.feature_blocks, self.code_blocks = (self.style, self.style, classes), (self.style, classes)

    def posterior(self, features: Features) -> Posterior:
        """Mean and log variance of z, and the logits of the class; float32 whatever the precision of the network."""
        widths = [self.style, self.style, self.classes]
        mean, log_variance, logits = torch.split(features.float(), widths, dim=1)
        return Posterior(mean, limited(log_variance), logits)

    def forward(self, features: Features, generator: Chance | None) -> Coded:
        """z drawn for each image, or its mean without a generator, and what the encoder thinks of the class."""
        posterior = self.posterior(features)
        return Coded(torch.cat([drawn(posterior, generator), _probabilities(posterior)], 1), posterior)

    def given(self, features: Features, generator: Chance | None, labels: Labels) -> Coded:
        """z drawn for each image, and its true class; naming it wrongly costs nats."""
        posterior = self.posterior(features)
        assert posterior.class_logits is not None
        wrong = F.cross_entropy(posterior.class_logits, labels, reduction="none")
        codes = torch.cat([drawn(posterior, generator), self._one_hot(labels)], 1)
        return Coded(codes, posterior, {"class_cross_entropy": Term(wrong, self.settings.class_weight)})

    def code(self, features: Features) -> Codes:
        """Mean and probabilities of the classes."""
        posterior = self.posterior(features)
        return torch.cat([posterior.mean, _probabilities(posterior)], 1)

    def prior(self, count: int, generator: torch.Generator) -> Codes:
        """z from N(0, I) and any class, each as often as the other."""
        styles = torch.randn(count, self.style, generator=generator, device=generator.device)
        labels = torch.randint(self.classes, (count,), generator=generator, device=generator.device)
        return torch.cat([styles, self._one_hot(labels)], 1)

    def steer(self, codes: Codes, sampling: Sampling) -> Codes:
        """The classes that are asked for, and z nearer to 0. SettingError for a class that the images do not have."""
        styles, classes = torch.split(codes, [self.style, self.classes], dim=1)
        if sampling.labels is not None:
            if not 0 <= int(sampling.labels.min()) <= int(sampling.labels.max()) < self.classes:
                raise SettingError(f"The images have the classes 0 to {self.classes - 1}, others cannot be drawn.")
            classes = self._one_hot(sampling.labels).to(codes.device)
        return torch.cat([styles * sampling.truncation, classes], 1)

    def _one_hot(self, labels: Labels) -> Tensor:
        return torch.eye(self.classes, device=labels.device)[labels]  # F.one_hot waits for the labels


def _probabilities(posterior: Posterior) -> Tensor:
    assert posterior.class_logits is not None
    return torch.softmax(posterior.class_logits, 1)
