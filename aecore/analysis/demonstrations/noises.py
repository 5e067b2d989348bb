"""The kinds of noise side by side: equally strong in decibels, very different to look at and to undo."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import torch

from aecore.analysis.measures import Sum, squared_errors
from aecore.analysis.trained import Floats, Trained, as_floats, autoencoder_of, batch_size, device_of, noise, slices
from aecore.corruption.catalog import CORRUPTIONS, of_strength, strength
from aecore.data.image_set import Pixels
from aecore.errors import SettingError
from aecore.shapes import Images

NO_NOISE = ("shrink",)  # it takes detail away and leaves nothing to chance
SAME_DB = 0.1  # closer than this counts as equal


@dataclass(frozen=True, eq=False)
class NoiseKind:
    """The same images under one kind of noise, and what each run makes of them."""

    key: str
    title: str
    level: float
    unit: str
    psnr_db: float
    reached: bool  # False where even the strongest noise of this kind leaves the images better than wanted
    corrupted: Floats
    reconstructions: Mapping[str, Floats]
    reconstructed_psnr_db: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class NoiseKinds:
    """All kinds at one PSNR."""

    original: Pixels
    psnr_db: float
    kinds: tuple[NoiseKind, ...]


def noise_kinds(
    images: Pixels,
    anchor: str = "masking",
    level: float = 0.5,
    trained: Mapping[str, Trained] | None = None,
    seed: int = 0,
) -> NoiseKinds:
    """Corrupt `images` in every way there is, each as strong as makes its PSNR that of `anchor` at `level`.

    The same numbers look very different: that is the point. `trained` runs, by name, reconstruct them.
    """
    clean = as_floats(images)
    wanted = _psnr(clean, _noisy(clean, anchor, level, seed))
    noisy = [key for key in CORRUPTIONS if strength(key) is not None and key not in NO_NOISE]
    kinds = [_kind(clean, key, wanted, trained or {}, seed) for key in noisy]
    return NoiseKinds(images, wanted, tuple(kinds))


def _kind(clean: Images, key: str, wanted: float, trained: Mapping[str, Trained], seed: int) -> NoiseKind:
    known = strength(key)
    assert known is not None
    level = level_for(clean, key, wanted, seed)
    corrupted = _noisy(clean, key, level, seed)
    restored = {name: _restored(each, corrupted) for name, each in trained.items()}
    reached = _psnr(clean, corrupted)
    return NoiseKind(
        key=key,
        title=CORRUPTIONS[key].title,
        level=level,
        unit=known.unit,
        psnr_db=reached,
        reached=abs(reached - wanted) < SAME_DB,
        corrupted=corrupted.numpy(),
        reconstructions={name: each.numpy() for name, each in restored.items()},
        reconstructed_psnr_db={name: _psnr(clean, each) for name, each in restored.items()},
    )


def level_for(clean: Images, key: str, psnr_db: float, seed: int = 0) -> float:
    """The strength at which a corruption brings these images to `psnr_db`, by halving; its largest if none does.

    The same chance is drawn at every strength, so that PSNR falls steadily with it.
    """
    known = strength(key)
    if known is None or known.high is None:
        raise SettingError(f"The corruption {key!r} has no strength that could be sought: choose another.")
    low, high = float(known.low or 0.0), float(known.high)
    if _psnr(clean, _noisy(clean, key, high, seed)) > psnr_db:
        return high
    for _ in range(24):
        middle = (low + high) / 2
        if _psnr(clean, _noisy(clean, key, middle, seed)) > psnr_db:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _noisy(clean: Images, key: str, level: float, seed: int) -> Images:
    return of_strength(key, level)(clean, noise(seed, "kinds", 0))


def _psnr(clean: Images, images: Images) -> float:
    total = Sum(prod(clean.shape[1:]))
    total.add(squared_errors(clean, images))
    return total.mean().psnr_db


def _restored(trained: Trained, corrupted: Images) -> Images:
    model = autoencoder_of(trained)
    with torch.inference_mode():
        parts = [
            model(corrupted[each].to(device_of(model))).images.cpu()
            for each in slices(len(corrupted), batch_size(model.image_shape))
        ]
    return torch.cat(parts) if parts else corrupted
