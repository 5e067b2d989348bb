"""Images at several strengths of the corruption that a restorer was trained on, and what it makes of them."""

from dataclasses import dataclass
from math import prod

import torch

from aecore.analysis.measures import Sum, squared_errors
from aecore.analysis.trained import Floats, Trained, as_floats, device_of, noise, restorer_of
from aecore.corruption.catalog import CORRUPTIONS, strength
from aecore.corruption.graded import Graded
from aecore.corruption.shrink import FACTORS, Shrink
from aecore.data.image_set import Pixels
from aecore.errors import SettingError
from aecore.shapes import Images

SHARES = (1 / 3, 2 / 3, 1.0)  # of the strongest corruption


@dataclass(frozen=True, eq=False)
class Level:
    """One strength: images as the model is shown them, what it makes of them, and the PSNR of both in dB."""

    strength: float
    estimate: float | None  # mean over the images; None where the model cannot tell
    corrupted: Floats
    restored: Floats
    corrupted_db: float
    restored_db: float


@dataclass(frozen=True, eq=False)
class RestoredLevels:
    """All strengths, on the same images."""

    original: Pixels
    title: str  # of the corruption
    unit: str
    levels: tuple[Level, ...]


def restored_levels(trained: Trained, images: Pixels, seed: int = 0) -> RestoredLevels:
    """Corrupt `images` at the strengths that the run was trained for and restore them; the model is told which.

    RunError for a model that does not restore, SettingError for a run without a corruption.
    """
    restorer_of(trained)
    corruption, kind = trained.composition.corruption, trained.recipe.parts.corruption.kind
    known = strength(kind)
    if known is None or not isinstance(corruption, Graded):
        raise SettingError("This run was trained on clean images: there is nothing it could take out of them.")
    clean = as_floats(images)
    strongest = float(getattr(trained.recipe.parts.corruption.settings, known.name))
    levels = tuple(_level(trained, corruption, clean, each, seed) for each in _strengths(corruption, strongest))
    return RestoredLevels(images, CORRUPTIONS[kind].title, known.unit, levels)


def _strengths(corruption: Graded, strongest: float) -> list[float]:
    varying = bool(getattr(corruption.settings, "varying", False))  # type: ignore[attr-defined]
    if not varying:
        return [strongest]
    if isinstance(corruption, Shrink):
        return [float(each) for each in FACTORS if each <= strongest] or [strongest]
    return [share * strongest for share in SHARES]


def _level(trained: Trained, corruption: Graded, clean: Images, strength: float, seed: int) -> Level:
    model = restorer_of(trained)
    strengths = torch.full((len(clean),), strength)
    with torch.inference_mode():
        corrupted = corruption.at(clean, strengths, noise(seed, "restored", 0))
        shown = corrupted.to(device_of(model))
        restored = model.restore(shown, strengths.to(device_of(model))).cpu()
        guess = model.estimate(shown)
    return Level(
        strength=strength,
        estimate=None if guess is None else float(guess.mean()),
        corrupted=corrupted.clamp(0, 1).numpy(),
        restored=restored.numpy(),
        corrupted_db=_psnr(clean, corrupted.clamp(0, 1)),
        restored_db=_psnr(clean, restored),
    )


def _psnr(clean: Images, images: Images) -> float:
    total = Sum(prod(clean.shape[1:]))
    total.add(squared_errors(clean, images))
    return total.mean().psnr_db
