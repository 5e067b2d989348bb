"""The contract between a scheme and the one training loop.

A scheme names groups of parameters; the loop gives each its optimiser. For every batch the scheme runs through its
phases: it yields a loss and the group that should make it small, the loop takes that step, and the scheme goes on
with the changed parameters. End-to-end training has one group and one phase; a GAN has two of each.

A scheme may divide training into chapters, one after the other (a layer each, or first without labels and then
with), each with the learning-rate schedule from its beginning to its end. Every batch says in which chapter it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aecore.corruption.catalog import Corruption
from aecore.model import Autoencoder, Model
from aecore.objectives.catalog import Objective
from aecore.randomness import Streams
from aecore.settings import Settings
from aecore.shapes import Images, Labels, Scalar


@dataclass(frozen=True)
class Chapter:
    """A part of training: a word for the code, what a person reads, and its share of all epochs.

    One that learns from some images only says how many: the loop chooses them, as balanced over the classes as can
    be, from the seed. Then every epoch belongs to one chapter, and one with few images goes over them several times.
    """

    key: str
    title: str
    share: float
    images: int = 0  # 0 for all
    draws: bool = True  # what draws new images, where the model has it, is being trained or was before


WHOLE = Chapter("", "", 1.0)


@dataclass(frozen=True)
class Batch:
    """What a scheme is given at each step: clean images in [0, 1], their classes if they have any, and the moment."""

    clean: Images
    labels: Labels | None = None
    chapter: str = ""  # the key of the chapter
    done: float | Scalar = 0.0  # share of all steps that are over, 0 to 1


@dataclass(frozen=True)
class Phase:
    """One loss, the group of parameters that it trains, and the named numbers to be recorded (means over a batch)."""

    group: str
    loss: Scalar
    parts: Mapping[str, Scalar]
    rate: float = 1.0  # factor on the learning rate


@dataclass(frozen=True)
class Group:
    """Parameters with an optimiser of their own, and the decay of its running means (Adam's beta 1 and beta 2)."""

    parameters: list[nn.Parameter] = field(default_factory=list)
    betas: tuple[float, float] = (0.9, 0.999)


class Seen(NamedTuple):
    """What a preview shows beside clean images: both in [0, 1] and of their shape."""

    corrupted: Images
    restored: Images


class Scheme(ABC):
    """Built with `build(settings, corruption, objective)`."""

    trains: type[Model] = Autoencoder  # what kind of model it can fit
    steady = False  # all steps of a chapter do the same work and wait for no result
    ignores: frozenset[str] = frozenset()  # axes it has no use for, which a form leaves out: "corruption" ...

    def __init__(self, settings: Settings, corruption: Corruption, objective: Objective):
        self.settings = settings
        self.corruption = corruption
        self.objective = objective

    @property
    def replayable(self) -> bool:
        """Whether one step can stand for all of a chapter, with the corruption that was chosen."""
        return self.steady and self.corruption.steady

    def equip(self, model: Model, classes: int) -> None:  # noqa: B027 - most schemes need nothing more
        """Give a new model what only this scheme trains. SettingError where the images are not fit for it."""

    def groups(self, model: Model) -> Mapping[str, Group]:
        """The groups of parameters, each of which gets an optimiser of its own: every trainable one in some of them."""
        return {"all": Group(model.trainable())}

    def chapters(self, model: Model, further: bool) -> tuple[Chapter, ...]:
        """The parts of training, their shares adding up to 1. `further`: a finished model is being trained on."""
        return (WHOLE,)

    def passes(self, part: str) -> float:
        """How often a step goes forward and backward through the layers of a part ("encoder" ...), for the estimate."""
        return 1.0

    @abstractmethod
    def phases(self, model: Model, batch: Batch, streams: Streams) -> Iterator[Phase]:
        """The phases for one batch."""

    @abstractmethod
    def measure(self, model: Model, batch: Batch, streams: Streams) -> Mapping[str, Tensor]:
        """The same numbers as `parts`, and "loss", without training: one number per image."""

    def seen(self, model: Model, clean: Images, generator: torch.Generator, chapter: str) -> Seen:
        """Images as the model is shown them, and what it makes of them at this moment of training.

        Nothing for a model that takes no images in. All chance comes from `generator`.
        """
        if not isinstance(model, Autoencoder):
            return Seen(clean[:0], clean[:0])
        corrupted = self.corruption(clean, generator)
        return Seen(corrupted, self.reconstruct(model, corrupted, chapter))

    def reconstruct(self, model: Autoencoder, corrupted: Images, chapter: str) -> Images:
        """What an autoencoder makes of images, as far as it is trained."""
        return model.decode(model.encode(corrupted))
