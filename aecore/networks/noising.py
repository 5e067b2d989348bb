r"""How noise is mixed into an image, and how the image is guessed back from the network's answer.

At time t, from 0 to 1, with x the clean image and e noise from N(0, I):

    z_t = alpha x + sigma e              alpha^2 + sigma^2 = 1: signal and noise add up to variance 1

    cosine   alpha^2 = f(t) / f(0),      f(t) = cos^2(pi/2 (t + s) / (1 + s)),   s = 0.008
    linear   alpha^2 = exp(-(b_0 t + (b_1 - b_0) t^2 / 2)),   b_0 = 0.1,   b_1 = 20

A network that sees z_t and t predicts one of two things, each of which gives the image and the noise:

    noise      e                         x = (z_t - sigma e) / alpha
    velocity   v = alpha e - sigma x     x = alpha z_t - sigma v

and DDIM goes from t to an earlier s without drawing anything: the same noise, less of it.

    z_s = alpha_s x + sigma_s e          with e = (z_t - alpha x) / sigma

Source: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020 (predicting the noise; the linear
schedule, here its limit for many steps as in Song et al., "Score-Based Generative Modeling through Stochastic
Differential Equations", ICLR 2021); Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML
2021 (cosine); Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models", ICLR 2022
(velocity); Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021 (DDIM).
Keeping alpha^2 at least LEAST_SIGNAL, so that nothing is divided by 0, is our choice.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LEAST_SIGNAL = 1e-5  # of the variance, at t = 1
OFFSET = 0.008
FIRST_RATE, LAST_RATE = 0.1, 20.0


# `of` computes: torch for tensors, math for single numbers, which stay out of a model that is recorded for export.


def _cosine(times: Any, of: Any) -> Any:
    begin = math.cos(OFFSET / (1 + OFFSET) * (math.pi / 2)) ** 2
    return of.cos((times + OFFSET) / (1 + OFFSET) * (math.pi / 2)) ** 2 / begin


def _linear(times: Any, of: Any) -> Any:
    return of.exp(-(FIRST_RATE * times + (LAST_RATE - FIRST_RATE) / 2 * times**2))


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {"cosine": _cosine, "linear": _linear}
PREDICTIONS = ("velocity", "noise")


@dataclass(frozen=True)
class Noising:
    """A schedule and what the network predicts. Tensors of any shape that broadcast against each other."""

    schedule: str
    prediction: str

    def scales(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and sigma at each time in [0, 1]."""
        signal = SCHEDULES[self.schedule](times, torch).clamp(LEAST_SIGNAL, 1.0)
        return signal.sqrt(), (1 - signal).sqrt()

    def scales_at(self, time: float) -> tuple[float, float]:
        """The same for one time, as numbers."""
        signal = min(max(SCHEDULES[self.schedule](time, math), LEAST_SIGNAL), 1.0)
        return math.sqrt(signal), math.sqrt(1 - signal)

    def target(self, clean: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """What the network should answer."""
        return noise if self.prediction == "noise" else alpha * noise - sigma * clean

    def clean(self, noisy: Tensor, answer: Tensor, alpha: Tensor | float, sigma: Tensor | float) -> Tensor:
        """The clean image that follows from the answer."""
        if self.prediction == "noise":
            return (noisy - sigma * answer) / alpha
        return alpha * noisy - sigma * answer
