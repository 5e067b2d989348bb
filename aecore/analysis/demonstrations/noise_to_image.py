"""Noise that becomes an image: every step on the way, and the same noise in few steps and in many.

    state_0 = noise -> state_1 -> ... -> state_n = image       beside each, what the model takes it for

In one step the model answers once, to pure noise: a denoising autoencoder, whose best answer is the mean of all
images. In many it is asked again and again, each time with less noise.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.trained import Floats, Trained, as_floats, batch_size, device_of, model_of, noise, slices
from aecore.data.image_set import Pixels
from aecore.errors import SettingError
from aecore.model import Sampling
from aecore.networks.diffusion import Diffusion
from aecore.networks.noising import Noising
from aecore.shapes import Codes, Labels

STEP_COUNTS = (1, 2, 5, 20, 100)
SHOWN = 8
MIXED_TIMES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0)


@dataclass(frozen=True, eq=False)
class NoiseToImage:
    """[steps + 1, n, channels, height, width] in [0, 1]: what stood at each step, and the guess of the clean image."""

    images: Floats
    guesses: Floats
    times: Floats  # [steps + 1], from 1 down to 0
    signal: Floats  # [steps + 1], share of the variance that is image and not noise
    labels: npt.NDArray[np.int64] | None  # the class each was asked for

    @property
    def steps(self) -> int:
        """How many steps were gone."""
        return len(self.times) - 1


@dataclass(frozen=True, eq=False)
class SameNoise:
    """The same noise drawn in different numbers of steps."""

    counts: tuple[int, ...]
    images: Floats  # [counts, n, channels, height, width]
    milliseconds_per_image: tuple[float, ...]  # wall clock, all n at once


def noise_to_image(
    trained: Trained,
    steps: int = 20,
    label: int | None = None,
    guidance: float = 1.0,
    count: int = SHOWN,
    seed: int = 0,
) -> NoiseToImage:
    """Draw `count` images from noise and keep every step. Without a label each class in turn.

    SettingError for a model that is no diffusion, or steps and labels that it cannot do.
    """
    model = diffusion_of(trained)
    codes, labels = codes_and_labels(model, count, seed, label)
    with torch.inference_mode():
        way = model.trajectory(codes, Sampling(labels, guidance=guidance, steps=steps))
    return NoiseToImage(
        images=way.images.cpu().numpy(),
        guesses=way.guesses.cpu().numpy(),
        times=way.times.float().numpy(),
        signal=way.signal.float().numpy(),
        labels=None if labels is None else labels.cpu().numpy(),
    )


def same_noise(
    trained: Trained,
    counts: Sequence[int] = STEP_COUNTS,
    label: int | None = None,
    guidance: float = 1.0,
    count: int = SHOWN,
    seed: int = 0,
) -> SameNoise:
    """Draw the images of the same noise in so many steps each. SettingError as in `noise_to_image`."""
    model = diffusion_of(trained)
    codes, labels = codes_and_labels(model, count, seed, label)
    images, took = [], []
    for steps in counts:
        drawn, milliseconds = drawn_in(model, codes, Sampling(labels, guidance=guidance, steps=steps))
        images.append(drawn)
        took.append(milliseconds)
    return SameNoise(tuple(counts), np.stack(images), tuple(took))


def mixed(image: Pixels, times: Sequence[float] = MIXED_TIMES, schedule: str = "cosine", seed: int = 0) -> Floats:
    """One image [channels, height, width] with ever more of the same noise, [times, ...] cut to [0, 1]."""
    noising = Noising(schedule, "noise")
    # In double precision: in float32 the cosine leaves a little noise at time 0.
    alpha, sigma = torch.tensor([noising.scales_at(time) for time in times]).T
    clean = 2 * as_floats(image[None]) - 1
    added = torch.randn(clean.shape, generator=noise(seed, "diffusion", 0))
    states = alpha[:, None, None, None] * clean + sigma[:, None, None, None] * added
    shown: Floats = ((states + 1) / 2).clamp(0, 1).numpy()
    return shown


def drawn_in(model: Diffusion, codes: Codes, sampling: Sampling) -> tuple[Floats, float]:
    """The images of codes, and the milliseconds that each took."""
    images = np.empty((len(codes), *model.image_shape), dtype=np.float32)
    began = time.perf_counter()
    with torch.inference_mode():
        for each in slices(len(codes), batch_size(model.image_shape)):
            labels = None if sampling.labels is None else sampling.labels[each]
            part = Sampling(labels, sampling.truncation, sampling.guidance, sampling.steps)
            images[each] = model.sample(codes[each], part).cpu().numpy()
    return images, (time.perf_counter() - began) / max(len(codes), 1) * 1000


def codes_and_labels(model: Diffusion, count: int, seed: int, label: int | None) -> tuple[Codes, Labels | None]:
    """Noise drawn on the CPU, the same on every machine, and the class of each: `label`, or each class in turn."""
    device = device_of(model)
    codes = model.prior(count, noise(seed, "diffusion", 0)).to(device)
    if not model.classes:
        return codes, None
    labels = torch.arange(count) % model.classes if label is None else torch.full((count,), label)
    return codes, labels.to(device)


def diffusion_of(trained: Trained) -> Diffusion:
    """The model; SettingError for one of another kind."""
    model = model_of(trained)
    if not isinstance(model, Diffusion):
        raise SettingError("Only a diffusion model makes images in steps: choose a run of diffusion.")
    return model
