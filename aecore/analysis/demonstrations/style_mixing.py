"""Coarse styles of some images joined with fine styles of others, and all of them pulled towards the mean."""

from dataclasses import dataclass

import torch

from aecore.analysis.trained import Floats, Trained, device_of, model_of, noise
from aecore.errors import RunError
from aecore.networks.style import StyleGAN


@dataclass(frozen=True, eq=False)
class StyleMixture:
    """Images in [0, 1]. `mixed[i][j]` has the fine styles of `fine[i]` and the coarse ones of `coarse[j]`."""

    coarse: Floats  # [columns, channels, height, width]
    fine: Floats  # [rows, channels, height, width]
    mixed: Floats  # [rows, columns, channels, height, width]


def style_sizes(trained: Trained) -> tuple[str, ...]:
    """The size of each level, the coarsest first. RunError for a model without styles."""
    levels = _style_model(trained).decoder.synthesis.sizes
    return tuple(f"{height}×{width}" for height, width in levels)


def style_mixing(
    trained: Trained, level: int, truncation: float = 1.0, columns: int = 6, rows: int = 4, seed: int = 0
) -> StyleMixture:
    """Images drawn anew for each `seed`: the first `level` sizes have the coarse image's style, the others the fine's.

    `truncation` scales the distance of every style from the mean. RunError for a model without styles, SettingError
    for a level that is not there.
    """
    model = _style_model(trained)
    coarse, fine = (
        model.prior(count, noise(seed, name, 0)).to(device_of(model))
        for name, count in (("coarse", columns), ("fine", rows))
    )
    with torch.inference_mode():
        mixed = model.mix(coarse.repeat(rows, 1), fine.repeat_interleave(columns, 0), level, truncation)
        top, left = (model.mix(each, each, level, truncation).cpu().numpy() for each in (coarse, fine))
    return StyleMixture(top, left, mixed.cpu().numpy().reshape(rows, columns, *model.image_shape))


def _style_model(trained: Trained) -> StyleGAN:
    model = model_of(trained)
    if not isinstance(model, StyleGAN):
        raise RunError("This model has no styles to mix: choose a run of the variant stylegan.")
    return model
