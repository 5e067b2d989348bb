"""One image through a variational model several times: each time another code, and so another image."""

from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.latent import is_variational
from aecore.analysis.likelihood import draw
from aecore.analysis.trained import Floats, Trained, as_floats, autoencoder_of, decode, device_of, noise
from aecore.data.image_set import Pixels
from aecore.errors import SettingError
from aecore.model import Posterior


@dataclass(frozen=True, eq=False)
class EightDraws:
    """One image, its posterior, codes drawn from it and what they decode to."""

    original: Pixels  # [1, channels, height, width]
    mean: Floats  # [latent]
    spread: Floats  # [latent], standard deviations of the posterior
    codes: Floats  # [draws, latent]
    images: Floats  # [draws, channels, height, width]
    mean_image: Floats  # [1, channels, height, width]
    variation: Floats  # [1, channels, height, width]: standard deviation of each pixel over the draws
    shown: tuple[int, int]  # the two dimensions to draw: the least certain ones, or the code itself

    def ellipse(self, deviations: float = 1.0, points: int = 73) -> Floats:
        """The outline [points, 2] of so many standard deviations in the two dimensions shown."""
        angle = np.linspace(0, 2 * np.pi, points)
        around = np.stack([np.cos(angle), np.sin(angle)], axis=1) * deviations
        first, second = self.shown
        axes = np.array([first, second])
        return np.asarray(self.mean[axes] + around * self.spread[axes], dtype=np.float32)


def eight_draws(trained: Trained, image: Pixels, draws: int = 8, seed: int = 0) -> EightDraws:
    """`image` [channels, height, width] through a variational model `draws` times. SettingError for any other model."""
    if not is_variational(trained):
        raise SettingError("Only a variational model draws its code: choose a run with a Gaussian bottleneck.")
    model = autoencoder_of(trained)
    with torch.inference_mode():
        seen = as_floats(image[None]).to(device_of(model))
        posterior = model(seen).posterior
        assert posterior is not None
        logits = posterior.class_logits
        repeated = Posterior(
            posterior.mean.repeat(draws, 1),
            posterior.log_variance.repeat(draws, 1),
            None if logits is None else logits.repeat(draws, 1),
        )
        codes = draw(repeated, noise(seed, "draws", 0)).cpu().numpy()
        mean = posterior.mean[0].cpu().numpy()
        middle = model.encode(seen).cpu().numpy()
        spread = torch.exp(0.5 * posterior.log_variance[0]).cpu().numpy()
    images = decode(trained, codes)
    order = np.argsort(-spread, kind="stable") if len(mean) > 2 else np.arange(len(mean))
    shown = (int(order[0]), int(order[min(1, len(order) - 1)]))
    return EightDraws(
        original=image[None],
        mean=mean,
        spread=spread,
        codes=codes,
        images=images,
        mean_image=decode(trained, middle),
        variation=images.std(0, keepdims=True),
        shown=shown,
    )
