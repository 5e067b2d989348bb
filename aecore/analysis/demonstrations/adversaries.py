"""How the game of a generator and its discriminator went: images from the same codes, and the numbers of each epoch.

Everything is read from what the run recorded. What counts as a collapse is stated here: generated images that are on
average less than `COLLAPSED` times as far apart as real ones, in pixels.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.data.image_set import Pixels
from aecore.runs.folder import Run

COLLAPSED = 0.5  # diversity below which a generator makes nearly always the same
SURE = 0.95  # belief in real images above which, and in generated ones below 1 less it, the discriminator has won
NUMBERS = ("discriminator_loss", "generator_loss", "belief_in_real", "belief_in_generated", "diversity")

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Game:
    """Recorded epochs with their images, and the numbers on validation images after every epoch."""

    shown: tuple[int, ...]  # epochs
    samples: tuple[Pixels, ...]  # of each of them: [images, channels, height, width], always from the same codes
    epochs: npt.NDArray[np.int64]
    numbers: dict[str, Curve]  # by name, one for each epoch
    warnings: tuple[str, ...]


def game(run: Run, most: int = 6) -> Game:
    """The game of a run of a GAN, with images of at most so many of its recorded epochs, from the first to the last."""
    recorded = [(epoch, run.snapshot(epoch).samples) for epoch in _spread(run.snapshots(), most)]
    metrics = [each for each in run.metrics() if set(NUMBERS) <= set(each.get("validation", {}))]
    numbers = {name: np.array([each["validation"][name] for each in metrics], dtype=np.float64) for name in NUMBERS}
    return Game(
        shown=tuple(epoch for epoch, _ in recorded),
        samples=tuple(samples for _, samples in recorded),
        epochs=np.array([each["epoch"] for each in metrics], dtype=np.int64),
        numbers=numbers,
        warnings=warnings_of({name: float(each[-1]) for name, each in numbers.items()} if metrics else {}),
    )


def _spread(epochs: tuple[int, ...], most: int) -> tuple[int, ...]:
    if len(epochs) <= most:
        return epochs
    return tuple(epochs[round(index * (len(epochs) - 1) / (most - 1))] for index in range(most))


def warnings_of(last: dict[str, float]) -> tuple[str, ...]:
    """What has gone wrong by the last epoch, in sentences."""
    found = []
    if last and last["diversity"] < COLLAPSED:
        found.append(
            f"The generator has collapsed: its images are on average only {last['diversity']:.2f} times as far apart "
            f"as real ones (below {COLLAPSED:g} is called a collapse here). Try a stronger gradient penalty or "
            "another seed."
        )
    if last and last["belief_in_real"] > SURE and last["belief_in_generated"] < 1 - SURE:
        found.append(
            f"The discriminator has won: on average it calls real images real with {last['belief_in_real']:.0%} and "
            f"generated ones with {last['belief_in_generated']:.0%}, and the generator is told little. Try a stronger "
            "gradient penalty or a lower rate of the discriminator."
        )
    return tuple(found)
