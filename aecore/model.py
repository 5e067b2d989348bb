"""The contracts of the models: what all have in common, those whose codes become images, and those without a code.

    Model
    ├── DecodingModel     codes become images
    │   └── Autoencoder   and images codes
    └── Restorer          a corrupted image becomes an image of the same size, whatever that is

    features = encoder(corrupted image)
    code     = bottleneck(features)
    logits   = decoder(code),  reconstruction = sigmoid(logits)

Encoders, bottlenecks and decoders do not know each other: they meet here as plain tensors. A model whose codes follow
a known distribution draws new images: `prior` gives codes, `sample` their images.

    restored = network(corrupted image, strength)

A restorer's code would be as large as the picture (its feature maps), so it has none that could be looked at. It is
told how strong the corruption is, or estimates it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn

from aecore.chance import Chance
from aecore.errors import SettingError
from aecore.shapes import ClassLogits, Codes, Features, Images, ImageShape, Labels, PerImage, Scalar, Scores
from aecore.sharing import mine, whole

STRENGTH_WEIGHT = 100.0  # of the squared error of an estimated strength, beside errors that are sums over pixels


@dataclass(frozen=True)
class Posterior:
    """The Gaussian that a variational encoder gives for each image: mean and log variance, [batch, z].

    Where the class is a part of the code, its distribution stands beside the Gaussian: logits [batch, classes].
    """

    mean: Codes
    log_variance: Codes
    class_logits: ClassLogits | None = None


@dataclass(frozen=True)
class Term:
    """What a bottleneck adds to the loss by itself: one number per image, which counts `weight` times."""

    value: PerImage
    weight: float | Scalar | PerImage  # one for all images, or one for each


@dataclass(frozen=True)
class Coded:
    """What a bottleneck makes of features: the codes to decode, and the posterior they were drawn from, if any."""

    codes: Codes
    posterior: Posterior | None = None
    terms: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True)
class Pass:
    """One forward pass: everything an objective or a penalty may need."""

    logits: Images  # before the sigmoid
    codes: Codes
    posterior: Posterior | None
    terms: Mapping[str, Term] = field(default_factory=dict)
    scores: Scores | None = None  # of the classes, before the softmax, where the model has a head

    @property
    def images(self) -> Images:
        """The reconstructions, in [0, 1]."""
        return torch.sigmoid(self.logits.float())


@dataclass(frozen=True)
class Restored(Pass):
    """A forward pass of a restorer, whose last layer gives pixels: `logits` are those, and may leave [0, 1]."""

    @property
    def images(self) -> Images:
        """The restored images as the network gives them, not yet kept within [0, 1]."""
        return self.logits.float()


@runtime_checkable
class Bottleneck(Protocol):
    """Between encoder and decoder. `features` numbers per image come in, `latent` numbers go on."""

    latent: int
    features: int
    draws: bool  # codes are pulled towards N(0, I), so that new ones can be drawn from it

    def __call__(self, features: Features, generator: Chance | None) -> Coded:
        """The codes for training; chance comes from `generator` alone."""
        ...

    def code(self, features: Features) -> Codes:
        """The one code that stands for each image: the same at every call."""
        ...


@runtime_checkable
class Padded(Bottleneck, Protocol):
    """A bottleneck of which a smaller one fits into a larger one, filled up with zeros.

    Where features are 0 for good, so is the code: it adds nothing to a penalty and passes no gradient on. Both say how
    many numbers they have of each kind, in the order in which they stand.
    """

    feature_blocks: tuple[int, ...]
    code_blocks: tuple[int, ...]


@runtime_checkable
class ClassConditional(Bottleneck, Protocol):
    """A bottleneck whose code ends with the class; without labels it takes what the encoder thinks of it."""

    def given(self, features: Features, generator: Chance | None, labels: Labels) -> Coded:
        """The codes for training images of known classes."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How images are drawn. A model minds what it names in `controls` and leaves the rest alone."""

    labels: Labels | None = None  # the class of each image; None leaves it to chance
    truncation: float = 1.0  # how far from the mean: below 1 is nearer to the typical image and less varied
    guidance: float = 1.0  # how strongly the class decides: 1 as learned, more exaggerates
    steps: int = 0  # of an image that is made in steps; 0 takes the model's own number


@runtime_checkable
class Drawing(Bottleneck, Protocol):
    """A bottleneck that knows the distribution of its codes."""

    controls: frozenset[str]  # the names of the fields of `Sampling` that it minds

    def prior(self, count: int, generator: torch.Generator) -> Codes:
        """`count` codes from that distribution, on the generator's device."""
        ...

    def steer(self, codes: Codes, sampling: Sampling) -> Codes:
        """Codes from the prior, changed as `sampling` asks."""
        ...


class Model(nn.Module):
    """What every trained model can do, made for images of one shape."""

    controls: frozenset[str] = frozenset()  # the names of the fields of `Sampling` that it minds

    def __init__(self, image_shape: ImageShape):
        super().__init__()
        self.image_shape = image_shape

    @property
    def latent(self) -> int:
        """Size of the code; 0 where there is none."""
        return 0

    @property
    def generates(self) -> bool:
        """Whether new images can be drawn."""
        return False

    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes; running averages of others are not among them."""
        return [each for each in self.parameters() if each.requires_grad]

    def settle(self) -> None:
        """Before a model ships: weights in training that have a running mean become it, so that both are kept once."""

    def recorded(self) -> Mapping[str, Tensor]:
        """The weights that a snapshot keeps for replay."""
        return {}

    def _check(self, images: Tensor) -> None:
        if tuple(images.shape[1:]) != tuple(self.image_shape):
            raise SettingError(
                f"This model takes images of {' x '.join(map(str, self.image_shape))} "
                f"(channels x height x width, {prod(self.image_shape)} numbers), "
                f"not {' x '.join(map(str, images.shape[1:]))}."
            )


class DecodingModel(Model, ABC):
    """A model with codes: `decoder` turns them into the logits of images of one shape."""

    decoder: nn.Module

    @property
    @abstractmethod
    def latent(self) -> int:
        """Size of the code."""

    @property
    def generates(self) -> bool:
        """Whether new images can be drawn: the codes follow the distribution that `prior` draws from."""
        return True

    def decode(self, codes: Codes) -> Images:
        """The image of each code, in [0, 1]. SettingError for codes of another size."""
        self._check_codes(codes)
        return self.render(codes)

    def render(self, codes: Tensor) -> Tensor:
        """The same without looking at the codes first: what an exported decoder does.

        It is recorded for export, where shapes are no numbers: neither it nor what it calls checks any.
        """
        return torch.sigmoid(self.decoder(codes).float())

    def prior(self, count: int, generator: torch.Generator) -> Codes:
        """`count` codes drawn from N(0, I), on the generator's device."""
        return mine(torch.randn(whole(count), self.latent, generator=generator, device=generator.device))

    def sample(self, codes: Codes, sampling: Sampling) -> Images:
        """The images of codes drawn from the prior."""
        return self.decode(codes)

    def recorded(self) -> Mapping[str, Tensor]:
        """The weights of the decoder."""
        return self.decoder.state_dict()

    def _check_codes(self, codes: Tensor) -> None:
        if codes.ndim != 2 or codes.shape[1] != self.latent:
            raise SettingError(f"This model decodes codes of {self.latent} numbers, not of shape {list(codes.shape)}.")


class Autoencoder(DecodingModel):
    """Encoder, bottleneck and decoder put together for images of one shape, and a head where codes are classified."""

    def __init__(self, encoder: nn.Module, bottleneck: Bottleneck, decoder: nn.Module, image_shape: ImageShape):
        super().__init__(image_shape)
        self.encoder = encoder
        self.bottleneck = bottleneck
        self.decoder = decoder
        self.controls = bottleneck.controls if isinstance(bottleneck, Drawing) else frozenset()
        self.conditional = isinstance(bottleneck, ClassConditional)  # the class is a part of its code: it takes labels
        self.head: nn.Module | None = None  # codes -> scores of the classes; a scheme that trains one adds it

    @property
    def latent(self) -> int:
        """Size of the code."""
        return self.bottleneck.latent

    @property
    def generates(self) -> bool:
        """Whether its codes were pulled towards a distribution to draw from."""
        return self.bottleneck.draws

    def prior(self, count: int, generator: torch.Generator) -> Codes:
        """`count` codes from the distribution that the bottleneck pulls its codes towards."""
        if isinstance(self.bottleneck, Drawing):
            return self.bottleneck.prior(count, generator)
        return super().prior(count, generator)

    def sample(self, codes: Codes, sampling: Sampling) -> Images:
        """The images of codes drawn from the prior, steered as far as the bottleneck can."""
        return self.decode(self.bottleneck.steer(codes, sampling) if isinstance(self.bottleneck, Drawing) else codes)

    def encode(self, images: Images) -> Codes:
        """The code of each image; a variational model gives its mean. SettingError for images of another shape."""
        self._check(images)
        return self.bottleneck.code(self.encoder(images))

    def forward(self, images: Images, generator: Chance | None = None, labels: Labels | None = None) -> Pass:
        """Encode and decode as in training. Without a generator nothing is random: the code is `encode`'s.

        Only a `conditional` model minds labels: without them the class is what the encoder thinks it is.
        """
        self._check(images)
        features = self.encoder(images)
        if labels is not None and self.conditional:  # to ask a protocol at every step takes 2 % of a small model's time
            coded = cast(ClassConditional, self.bottleneck).given(features, generator, labels)
        else:
            coded = self.bottleneck(features, generator)
        scores = None if self.head is None else self.head(coded.codes)
        return Pass(self.decoder(coded.codes), coded.codes, coded.posterior, coded.terms, scores)

    def classify(self, images: Images) -> Scores:
        """The score of each class for each image, by its code. SettingError without a head or for another shape."""
        if self.head is None:
            raise SettingError("This model has no head that classifies: train one with scheme.kind=pretraining.")
        scores: Scores = self.head(self.encode(images)).float()
        return scores


class RestoringNetwork(nn.Module, ABC):
    """Corrupted images and the strengths of the corruption in, images of the same height and width out."""

    channels: int  # 1 or 3 of the images it takes
    told: bool = False  # whether it minds the strength
    colours: str = "luminance"  # what a network of one channel does with three: see `Restorer`

    @abstractmethod
    def forward(self, images: Tensor, strengths: Tensor) -> Tensor:
        """images [batch, channels, height, width], strengths [batch]; any height and width of at least 1."""

    @abstractmethod
    def reach(self, strength: float) -> int:
        """Pixels: how far from a pixel of the answer one of the question can be and still matter."""

    def estimate(self, images: Tensor) -> Tensor | None:
        """The strength of each image's corruption, [batch], as the network guesses it; None where it cannot."""
        return None

    def cell(self, strength: float) -> int:
        """Pixels: a picture may be cut into tiles between squares of so many."""
        return 1


class Restorer(Model):
    """A network that takes a corruption out of pictures of any height and width.

    Where the network takes one channel and pictures have three, it learns from their luminance (ITU-R BT.601). What it
    then does with colours is the network's to say:

        luminance   it is shown the luminance, and what it changes is added to every channel
        each        it is shown three channels one by one, the mean of the colours and two differences of theirs, in
                    which independent noise of the colours stays independent and gets weaker by a known factor
    """

    def __init__(self, network: RestoringNetwork, image_shape: ImageShape):
        super().__init__(image_shape)
        self.network = network

    @property
    def told(self) -> bool:
        """Whether it must be told how strong the corruption is, or estimates it."""
        return self.network.told

    def seen(self, images: Tensor) -> Tensor:
        """What the network learns from of images: themselves, their luminance, or grey in three channels."""
        if images.shape[1] == self.network.channels:
            return images
        return luminance(images) if self.network.channels == 1 else images.expand(-1, 3, -1, -1)

    def forward(self, images: Images, strengths: PerImage | None = None) -> Restored:
        """Restore what the network is shown of corrupted images; without strengths they are estimated, or weak.

        The answer has the channels of the network.
        """
        shown = self.seen(images)
        guess = self.network.estimate(shown)
        if strengths is None:
            strengths = torch.zeros(len(images), device=images.device) if guess is None else guess
        terms = {} if guess is None else {"strength_error": Term((guess - strengths).square(), STRENGTH_WEIGHT)}
        return Restored(self.network(shown, strengths), images.new_zeros(len(images), 0), None, terms)

    def estimate(self, images: Images) -> PerImage | None:
        """How strong the corruption of each image is; None where the model cannot tell.

        By a colour image's luminance, in which noise is weaker than in its colours: by as much as it is when the
        colours' noise is independent.
        """
        guess: Tensor | None = self.network.estimate(self.seen(images))
        if guess is None:
            return None
        weaker = 1.0 if images.shape[1] == self.network.channels else LUMINANCE_NOISE
        strengths: PerImage = guess / weaker
        return strengths

    def restore(self, images: Images, strengths: PerImage | None = None) -> Images:
        """The restored images in [0, 1], with the channels of `images`; without strengths they are estimated.

        SettingError where a strength is needed, not given, and cannot be estimated.
        """
        if strengths is None:
            strengths = self.estimate(images)
        if strengths is None:
            if self.told:
                raise SettingError("This model must be told how strong the corruption is: give its strength.")
            strengths = torch.zeros(len(images), device=images.device)
        if images.shape[1] == 3 and self.network.channels == 1 and self.network.colours == "each":
            return self._restore_each(images, strengths).clamp(0.0, 1.0)
        shown = self.seen(images)
        answer: Tensor = self.network(shown, strengths).float()
        if answer.shape[1] != images.shape[1]:
            answer = images + (answer - shown) if images.shape[1] == 3 else answer.mean(1, keepdim=True)
        return answer.clamp(0.0, 1.0)

    def _restore_each(self, images: Images, strengths: PerImage) -> Images:
        mixing = images.new_tensor(OPPONENT)
        channels = torch.einsum("ij,bjhw->bihw", mixing, images)
        channels[:, 1:] += 0.5  # differences lie around 0, and pictures within 0 and 1
        weaker = mixing.square().sum(1).sqrt()
        answer = torch.cat(
            [self.network(channels[:, each : each + 1], strengths * weaker[each]).float() for each in range(3)], 1
        )
        answer[:, 1:] -= 0.5
        colours: Tensor = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(mixing), answer)
        return colours


LUMA = (0.299, 0.587, 0.114)
LUMINANCE_NOISE = sum(each**2 for each in LUMA) ** 0.5  # of noise of 1 in each colour
OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (0.5, 0.0, -0.5), (0.25, -0.5, 0.25))


def luminance(images: Tensor) -> Tensor:
    """[batch, 3, height, width] -> [batch, 1, height, width]: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601)."""
    return (images * images.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
