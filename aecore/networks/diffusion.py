r"""Diffusion models: noise becomes an image in many small steps of one network.

A network f is trained to see what an image was before noise was mixed in (`aecore.networks.noising`). An image is
drawn backwards, from pure noise at t = 1 to none at t = 0, at times 1 = t_0 > t_1 > ... > t_n = 0:

    x = guess(z_t, f(z_t, t)),   e = (z_t - alpha x) / sigma,   z_s = alpha_s x + sigma_s e       (DDIM)

Nothing is drawn on the way, so that the noise is the code and decoding it gives the same image every time. A class y
is told to the network, and in part of the training not told; both answers together exaggerate what the class changes:

    f = f(z, t) + guidance (f(z, t, y) - f(z, t))

Images are drawn by a running average of the trained weights, which wavers less.

Source: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020 (with the running average); Song,
Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021; Ho and Salimans, "Classifier-Free Diffusion Guidance",
2022. Equal steps in t, and the running average's beginning, are our choices.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.errors import SettingError
from aecore.model import Bottleneck, DecodingModel, Sampling
from aecore.networks.averaging import follow
from aecore.networks.noising import PREDICTIONS, SCHEDULES, Noising
from aecore.networks.unet import UNet, UNetShape
from aecore.settings import Settings, setting
from aecore.shapes import Codes, Images, ImageShape, Labels

FORWARD_TIME = 0.5  # of the one pass that shows all layers


@dataclass(frozen=True)
class DiffusionSettings(Settings):
    """The network, and how noise is mixed in and taken out."""

    channels: tuple[int, ...] = setting(
        (24, 64), 1, 1024, "channels", "one number per level of the U-Net; every level halves height and width"
    )
    steps: int = setting(
        20, 1, 1000, "steps", "from noise to image, wherever no other number is asked for", logarithmic=True
    )
    prediction: str = setting(
        "velocity", choices=PREDICTIONS, reason="what the network predicts: the noise, or noise and image at once"
    )
    schedule: str = setting(
        "cosine",
        choices=tuple(SCHEDULES),
        reason="how the noise grows with time",
        label="Noise schedule",
        advanced=True,
    )
    blocks: int = setting(1, 1, 8, "per level and way", "residual blocks of two convolutions", advanced=True)
    width: int = setting(128, 1, 4096, "units", "of the layer that knows moment and class", advanced=True)

    @property
    def noising(self) -> Noising:
        """Schedule and prediction."""
        return Noising(self.schedule, self.prediction)

    def unet(self, patch: int) -> UNetShape:
        """The layers. SettingError without a level."""
        if not self.channels:
            raise SettingError("network.channels is empty: give at least one level, for instance 24, 64.")
        return UNetShape(self.channels, self.blocks, patch, self.width)


class Trajectory(NamedTuple):
    """The way from noise to image: what stood at each moment, and what the model took it for.

    images and guesses [steps + 1, batch, channels, height, width] in [0, 1], times and the share of the variance that
    is signal [steps + 1]. The last guess is the last image.
    """

    images: Tensor
    guesses: Tensor
    times: Tensor
    signal: Tensor


@dataclass(frozen=True)
class Step:
    """One moment on the way: the state z_t, the guess of the clean state, and the time."""

    state: Tensor
    guess: Tensor
    time: float


class Diffusion(DecodingModel):
    """What all diffusion models share; a subclass says what is diffused.

    `fitted` is the network in training; `average` its running average, which answers whenever the model is not
    training. `state_shape` is the shape of what is diffused (channels, height, width).
    """

    bounded = False  # whether clean states lie in [-1, 1], so that guesses beyond are known to be wrong

    def __init__(
        self,
        fitted: UNet,
        bottleneck: Bottleneck,
        noising: Noising,
        steps: int,
        image_shape: ImageShape,
        state_shape: ImageShape,
        classes: int,
    ):
        super().__init__(image_shape)
        self.controls = frozenset({"guidance", "labels", "steps"} if classes else {"steps"})
        self.bottleneck = bottleneck
        self.fitted = fitted
        self.noising = noising
        self.steps = steps
        self.state_shape = state_shape
        self.classes = classes
        self.register_buffer("followed", torch.zeros((), dtype=torch.int64))  # how often the average was renewed

    @property
    @abstractmethod
    def average(self) -> UNet:
        """The running average of `fitted`."""

    @abstractmethod
    def states(self, images: Images) -> Tensor:
        """Clean images [batch, c, h, w] -> what is diffused, [batch, *state_shape]."""

    @abstractmethod
    def shown(self, states: Tensor) -> Tensor:
        """What is diffused -> images in [0, 1]. Recorded for export: it checks no shapes."""

    @property
    def latent(self) -> int:
        """As many numbers as are diffused."""
        return prod(self.state_shape)

    def answer(self, noisy: Tensor, times: Tensor, kinds: Tensor | None) -> Tensor:
        """The network's answer in float32, of the average unless in training. times [batch] or [1] for all."""
        network = self.fitted if self.training else self.average
        given: Tensor = network(noisy, times, kinds)
        return given.float()

    def kinds(self, labels: Labels | None, count: int) -> Tensor | None:
        """Classes as the network is told them: one-hot [count, classes], all 0 without labels; None without classes."""
        if not self.classes:
            return None
        device = self.get_buffer("followed").device
        if labels is None:
            return torch.zeros(count, self.classes, device=device)
        return torch.eye(self.classes, device=device)[labels.long()]  # nn.functional.one_hot waits for the labels

    def follow(self, decay: float) -> None:
        """Draw the average nearer to the fitted weights: average = d average + (1 - d) fitted, d at most `decay`."""
        follow(self.average, self.fitted, self.get_buffer("followed"), 1 - decay)

    def settle(self) -> None:
        """The fitted network becomes its running average."""
        self.fitted.load_state_dict(self.average.state_dict())

    def forward(self, images: Images, generator: torch.Generator | None = None) -> Tensor:
        """The guess of clean states from half-noisy ones: one pass through every layer. No noise without generator."""
        clean = self.states(images)
        noise = torch.zeros_like(clean) if generator is None else torch.empty_like(clean).normal_(generator=generator)
        times = torch.full((1,), FORWARD_TIME, device=clean.device)
        alpha, sigma = (each[:, None, None, None] for each in self.noising.scales(times))
        noisy = self.bottleneck(alpha * clean + sigma * noise, generator).codes.reshape(-1, *self.state_shape)
        answer = self.answer(noisy, times, self.kinds(None, len(clean)))
        return self.shown(self.noising.clean(noisy, answer, alpha, sigma))

    def render(self, codes: Tensor) -> Tensor:
        """The image of each noise, in the model's own number of steps and of no class in particular."""
        *_, last = self._steps(codes, Sampling(steps=self.steps))
        return self.shown(last.guess)

    def sample(self, codes: Codes, sampling: Sampling) -> Images:
        """The images of noises. SettingError for codes, labels or steps that do not fit."""
        *_, last = self._steps(codes, self._checked(codes, sampling))
        return self.shown(last.guess)

    def trajectory(self, codes: Codes, sampling: Sampling) -> Trajectory:
        """Every step on the way from noise to image. SettingError as in `sample`."""
        steps = list(self._steps(codes, self._checked(codes, sampling)))
        last = replace(steps[-1], state=steps[-1].guess, time=0.0)
        times = torch.tensor([each.time for each in (*steps, last)])
        return Trajectory(
            images=torch.stack([self.shown(each.state) for each in (*steps, last)]),
            guesses=torch.stack([self.shown(each.guess) for each in (*steps, last)]),
            times=times,
            signal=self.noising.scales(times)[0].square(),
        )

    def _checked(self, codes: Tensor, sampling: Sampling) -> Sampling:
        """The same, with the number of steps; every value looked at."""
        self._check_codes(codes)
        if sampling.steps < 0:
            raise SettingError(f"An image cannot be drawn in {sampling.steps} steps: give 1 or more, or 0 for its own.")
        labels = sampling.labels
        if labels is not None and self.classes:
            if len(labels) != len(codes):
                raise SettingError(f"There are {len(labels)} labels for {len(codes)} codes: give one for each.")
            if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < self.classes:
                raise SettingError(
                    f"This model knows the classes 0 to {self.classes - 1}, not all of {labels.tolist()}."
                )
        return replace(sampling, steps=sampling.steps or self.steps)

    def _steps(self, codes: Tensor, sampling: Sampling) -> Iterator[Step]:
        """From noise at t = 1, one step after the other; the guess of the last is the image."""
        kinds = None if sampling.labels is None else self.kinds(sampling.labels, len(codes))
        times = [1 - index / sampling.steps for index in range(sampling.steps + 1)]
        scales = [self.noising.scales_at(time) for time in times]
        state = codes.reshape(-1, *self.state_shape)
        for time, (alpha, sigma), (next_alpha, next_sigma) in zip(times[:-1], scales[:-1], scales[1:], strict=True):
            answer = self._guided(state, torch.full((1,), time, device=codes.device), kinds, sampling.guidance)
            guess = self.noising.clean(state, answer, alpha, sigma)
            guess = guess.clamp(-1.0, 1.0) if self.bounded else guess
            yield Step(state, guess, time)
            state = next_alpha * guess + next_sigma * (state - alpha * guess) / sigma

    def _guided(self, state: Tensor, times: Tensor, kinds: Tensor | None, guidance: float) -> Tensor:
        if kinds is None or guidance == 1.0:
            return self.answer(state, times, kinds)
        free = self.answer(state, times, None)
        return free + guidance * (self.answer(state, times, kinds) - free)


def check_noise(bottleneck: Bottleneck) -> None:
    """SettingError for a bottleneck that is no noise: one that gives the code a size of its own."""
    if bottleneck.features or bottleneck.latent:
        raise SettingError(
            "The code of a diffusion model is the noise that an image begins as, as large as the image: "
            "set bottleneck.kind=noise, or another network.kind."
        )
