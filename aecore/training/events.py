"""What happens while a model is trained: the loop yields these, its caller decides what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Started:
    """Training begins or goes on: on which device, in which precision, from which epoch, with how much data."""

    device: str  # as a person reads it
    precision: str
    parameters: int
    epoch: int  # epochs already done
    epochs: int  # epochs at the end of all stages
    train_images: int
    validation_images: int
    processes: int = 1  # that share every batch


@dataclass(frozen=True)
class Progress:
    """A few times a second: means over the images since the last one."""

    epoch: int  # epochs done, the one in progress not counted
    step: int  # optimiser steps since the very first
    done: float  # share of all work, 0 to 1
    losses: Mapping[str, float]  # "loss" and its parts, per image
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is over: means over the training images as they were met, and over all validation images."""

    epoch: int  # epochs done, this one counted
    stage: int  # index into the recipe's stages
    step: int
    train: Mapping[str, float]
    validation: Mapping[str, float]
    images_per_second: float
    seconds: float  # of training since the start of the run, without pauses
    learning_rate: float
    chapter: str = ""  # the part of training in which the epoch ended, where the scheme has several


@dataclass(frozen=True)
class Preview:
    """After each epoch: the fixed validation images as the model sees them now, and images drawn from the same codes.

    codes          float32 [2000 or fewer, latent]
    clean, corrupted, reconstructions, samples   uint8 [16 or fewer, channels, height, width]
    Empty where a model has no encoder (codes, corrupted, reconstructions) or draws no images (samples).
    `recorded` says that this epoch is one of those kept for replay, with the decoder's weights.
    """

    epoch: int
    recorded: bool
    codes: Array
    clean: npt.NDArray[np.uint8]
    corrupted: npt.NDArray[np.uint8]
    reconstructions: npt.NDArray[np.uint8]
    samples: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CheckpointDue:
    """An epoch is over and all about it was said: a good moment to keep `Training.checkpoint()`.

    `pressing` where so much was trained since the last one that it is worth a file: after `loop.CHECKPOINT_S`, and at
    the end of all stages.
    """

    epoch: int
    step: int
    pressing: bool


@dataclass(frozen=True)
class Finished:
    """All stages are done."""

    epoch: int
    step: int
    seconds: float


Event = Started | Progress | Epoch | Preview | CheckpointDue | Finished
