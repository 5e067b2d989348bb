"""The reconstruction errors and penalties there are, and their sum. `build(settings)` gives a callable.

What a penalty needs must be offered by the bottleneck (see `aecore.bottlenecks.catalog`).
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aecore.catalog import Catalog, Part
from aecore.model import Pass
from aecore.objectives.penalties import KLDivergence, KLSettings, NoPenalty, NoPenaltySettings, Penalty
from aecore.objectives.reconstruction import AbsoluteError, CrossEntropy, ReconstructionSettings, SquaredError
from aecore.objectives.sparsity import L1, KLRate, KLRateSettings, L1Settings
from aecore.shapes import Images, PerImage, Scalar


@runtime_checkable
class Reconstruction(Protocol):
    """Error of a reconstruction against the clean image."""

    name: str
    unit: str
    takes_pixels: bool  # whether it can be taken of pixels, or needs the logits of probabilities

    def __call__(self, outcome: Pass, clean: Images) -> PerImage:
        """One number per image, summed over pixels."""
        ...


RECONSTRUCTIONS: Catalog[Reconstruction] = Catalog(
    "objective",
    Part("mse", "Squared error (MSE)", "Large errors count most.", ReconstructionSettings, SquaredError),
    Part("mae", "Absolute error (MAE)", "Errors count as they are.", ReconstructionSettings, AbsoluteError),
    Part("bce", "Cross-entropy (BCE)", "Every pixel is a probability.", ReconstructionSettings, CrossEntropy),
)

PENALTIES: Catalog[Penalty] = Catalog(
    "penalty",
    Part("none", "None", "The reconstruction error alone.", NoPenaltySettings, NoPenalty),
    Part(
        "kl",
        "KL divergence",
        "Pulls the codes towards a standard normal.",
        KLSettings,
        KLDivergence,
        needs="posterior",
    ),
    Part("l1", "L1", "Every activation costs its size.", L1Settings, L1, needs="activations"),
    Part(
        "kl_rate",
        "KL to a target rate",
        "Every unit should be on for a given share of the images.",
        KLRateSettings,
        KLRate,
        needs="activations from 0 to 1",
    ),
)


@dataclass(frozen=True)
class Objective:
    """reconstruction error + weight x penalty + what the bottleneck adds by itself."""

    reconstruction: Reconstruction
    penalty: Penalty

    def __call__(self, outcome: Pass, clean: Images, done: float = 1.0) -> tuple[PerImage, dict[str, PerImage]]:
        """The loss of each image, and its parts by name (before their weight).

        `done` is the share of the training that is over: at 1 every part has its full weight.
        """
        return self.weighed(outcome, clean, self.weight_at(done))

    def weighed(self, outcome: Pass, clean: Images, weight: float | Scalar) -> tuple[PerImage, dict[str, PerImage]]:
        """The same with the penalty's weight as a number that is given."""
        parts = {self.reconstruction.name: self.reconstruction(outcome, clean)}
        loss = parts[self.reconstruction.name]
        penalty = self.penalty(outcome)
        if penalty is not None:
            parts[self.penalty.name] = penalty
            loss = loss + weight * penalty
        for name, term in outcome.terms.items():
            parts[name] = term.value
            loss = loss + term.weight * term.value
        return loss, parts

    def weight_at(self, done: float | Scalar) -> float | Scalar:
        """The penalty's weight when the share `done` of the training is over."""
        return self.penalty.weight_at(done)
