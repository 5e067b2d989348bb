"""The size of the steps as a function of how far a stage has come, and which epochs are recorded.

    one_cycle   from a 25th up to the full rate over the first quarter, then down to nearly nothing, along cosines
    cosine      2 % of warm-up, then down to nearly nothing along a cosine
    constant    the full rate

Functions without memory: a resumed run needs no state of a scheduler.

Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", 2018;
Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017. The shares are our choice.
"""

import math
from collections.abc import Callable

import numpy as np

START = 1 / 25
END = 1e-4


def learning_rate_factor(schedule: str, done: float) -> float:
    """The factor on the learning rate when the share `done` (0 to 1) of a stage is over."""
    return SCHEDULES[schedule](min(max(done, 0.0), 1.0))


def recorded_epochs(epochs: int, snapshots: int) -> frozenset[int]:
    """Which of the epochs 1 to `epochs` are kept: all, or `snapshots` of them, denser at the start."""
    if epochs <= snapshots:
        return frozenset(range(1, epochs + 1))
    if snapshots == 1:
        return frozenset({epochs})
    early = np.geomspace(1, epochs, snapshots).round().astype(int).tolist()
    # Rounding makes the first ones fall together: what that saves goes to the earliest epochs left out.
    left_out = [epoch for epoch in range(1, epochs + 1) if epoch not in early]
    return frozenset([*early, *left_out[: snapshots - len(set(early))]])


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))


def _rise_and_fall(warm_up: float) -> Callable[[float], float]:
    def factor(done: float) -> float:
        if done < warm_up:
            return _cosine(START, 1.0, done / warm_up)
        return _cosine(1.0, END, (done - warm_up) / (1 - warm_up))

    return factor


SCHEDULES: dict[str, Callable[[float], float]] = {
    "one_cycle": _rise_and_fall(0.25),
    "cosine": _rise_and_fall(0.02),
    "constant": lambda done: 1.0,
}
