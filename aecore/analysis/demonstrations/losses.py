"""Squared error against cross-entropy, for one pixel.

    SE  = (x - y)^2                              dSE/da  = 2 (y - x) y (1 - y)       y = sigmoid(a)
    BCE = -x log y - (1 - x) log(1 - y)          dBCE/da = y - x

A pixel that is confidently wrong hardly moves the network under squared error, because y (1 - y) vanishes, and moves
it most under cross-entropy. For a grey target cross-entropy does not reach 0: its least value is the entropy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.errors import SettingError

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LossComparison:
    """Loss of one pixel against the prediction [points], for each target [targets]; arrays are [targets, points]."""

    targets: Curve
    predictions: Curve
    squared_error: Curve
    cross_entropy: Curve  # nats
    floor: Curve  # [targets]: the least cross-entropy, the entropy of the target
    squared_slope: Curve  # derivative by the logit: what reaches the network
    cross_slope: Curve


def loss_comparison(targets: Sequence[float] = (0.0, 0.5, 1.0), points: int = 199) -> LossComparison:
    """Both losses for predictions strictly between 0 and 1. SettingError for a target outside that range."""
    if any(not 0 <= each <= 1 for each in targets):
        raise SettingError(f"A pixel is from 0 to 1, but the targets are {', '.join(f'{t:g}' for t in targets)}.")
    x = np.asarray(targets, dtype=np.float64)[:, None]
    y = np.linspace(0, 1, points + 2)[1:-1][None]
    return LossComparison(
        targets=x[:, 0],
        predictions=y[0],
        squared_error=(x - y) ** 2,
        cross_entropy=-(x * np.log(y) + (1 - x) * np.log(1 - y)),
        floor=_entropy(x[:, 0]),
        squared_slope=2 * (y - x) * y * (1 - y),
        cross_slope=y - x,
    )


def _entropy(p: Curve) -> Curve:
    inside = np.clip(p, 1e-300, 1)
    outside = np.clip(1 - p, 1e-300, 1)
    return np.asarray(-(p * np.log(inside) + (1 - p) * np.log(outside)) + 0.0)
