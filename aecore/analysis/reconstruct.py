"""Original, corrupted, reconstruction, error map: what a model makes of single images, and of more and more noise.

The error map is |clean - reconstruction| per number, in [0, 1]. Beside the model's reconstruction stands that of
principal components with the same code size, from the same corrupted image.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.baselines import fit_pca
from aecore.analysis.evaluate import Progress, describe_corruption, linear_denoiser
from aecore.analysis.linear_denoiser import LinearDenoiser
from aecore.analysis.measures import Measures, Sum, per_image, squared_errors
from aecore.analysis.trained import (
    Floats,
    Indices,
    Trained,
    as_floats,
    autoencoder_of,
    batch_size,
    device_of,
    noise,
    part_of,
    slices,
)
from aecore.corruption.catalog import CORRUPTIONS, Corruption, strength
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import balanced_order, nested_subset
from aecore.errors import DataError, SettingError
from aecore.randomness import numpy_stream
from aecore.shapes import Images
from aecore.variants.compose import Choice, choose

WHICH = ("random", "class", "best", "worst")
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9)  # of the pixel range, or of the pixels


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Pictures [n, channels, height, width] and the numbers of each; measures are against the original."""

    original: Pixels
    corrupted: Floats
    reconstruction: Floats
    error_map: Floats
    pca: Floats  # clipped to [0, 1] to be looked at; its measures are taken before. Empty where it was not asked for
    corrupted_measures: tuple[Measures, ...]
    measures: tuple[Measures, ...]
    pca_measures: tuple[Measures, ...]
    codes: Floats
    corruption: str  # in words, with its strength
    pca_size: int
    pca_note: str


def reconstruct(
    trained: Trained,
    images: Pixels,
    corruption: str | None = None,
    level: float | None = None,
    seed: int = 0,
    pca: bool = True,
) -> Reconstructions:
    """Corrupt and reconstruct `images`.

    `corruption` is a key of the catalog, None for what the run was trained with; `level` its strength, None for the
    run's own or the default. Without `pca` nothing has to be fitted, which takes seconds the first time, and what
    would stand beside stays empty. SettingError for what does not exist or images of another shape.
    """
    choice, corrupt = chosen_corruption(trained, corruption, level)
    beside = fit_pca(trained.splits.train, autoencoder_of(trained).latent) if pca else None
    clean = as_floats(images)
    with torch.inference_mode():
        corrupted = corrupt(clean, noise(seed, "reconstruct", 0))
        codes, restored = _restore(trained, corrupted)
        flat = beside.reconstruct(corrupted) if beside else clean[:0]
        return Reconstructions(
            original=images,
            corrupted=corrupted.numpy(),
            reconstruction=restored.numpy(),
            error_map=(clean - restored).abs().numpy(),
            pca=flat.clamp(0, 1).numpy(),
            corrupted_measures=per_image(clean, corrupted),
            measures=per_image(clean, restored),
            pca_measures=per_image(clean, flat) if beside else (),
            codes=codes.numpy(),
            corruption=describe_corruption(choice),
            pca_size=beside.size if beside else 0,
            pca_note=beside.note if beside else "",
        )


def _restore(trained: Trained, corrupted: Images) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes and reconstructions, on the CPU; one forward pass, as in training."""
    model = autoencoder_of(trained)
    outcomes = [
        model(corrupted[each].to(device_of(model))) for each in slices(len(corrupted), batch_size(model.image_shape))
    ]
    if not outcomes:
        return torch.empty(0, model.latent), torch.empty(0, *model.image_shape)
    return torch.cat([each.codes.cpu() for each in outcomes]), torch.cat([each.images.cpu() for each in outcomes])


def chosen_corruption(trained: Trained, key: str | None, level: float | None) -> tuple[Choice, Corruption]:
    """What `key` and `level` mean for this run; see `reconstruct`."""
    own = trained.recipe.parts.corruption
    key = own.kind if key is None else key
    known = strength(key)
    if level is None and key == own.kind:
        return own, trained.composition.corruption
    values: dict[str, object] = {"kind": key}
    if known is not None and level is not None:
        values[known.name] = float(level)
    choice = choose("corruption", values)
    return choice, CORRUPTIONS[key].build(choice.settings)


def image_errors(
    trained: Trained,
    split: str = "test",
    corruption: str | None = None,
    level: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Floats:
    """The SSE of every image of a split, [n]. What `pick_images` needs for best and worst; worth keeping."""
    images = part_of(trained.splits, split)
    _, corrupt = chosen_corruption(trained, corruption, level)
    errors = np.empty(len(images), dtype=np.float32)
    with torch.inference_mode():
        for number, each in enumerate(slices(len(images), batch_size(images.shape))):
            clean = as_floats(images.images[each])
            _, restored = _restore(trained, corrupt(clean, noise(seed, "errors", number)))
            errors[each] = squared_errors(clean, restored).numpy()
            if progress:
                progress(each.stop / len(images))
    return errors


def pick_images(
    trained: Trained,
    which: str = "random",
    count: int = 8,
    split: str = "test",
    label: int | None = None,
    seed: int = 0,
    errors: Floats | None = None,
) -> Indices:
    """Indices into a split: "random", "class" (one of each class in turn), "best" or "worst" reconstructed.

    `label` keeps to one class. Best and worst are judged by `errors`, computed when not given. SettingError for
    another word, DataError for a label where there are none.
    """
    if which not in WHICH:
        raise SettingError(f"There is no choice {which!r} of images: choose one of {', '.join(WHICH)}.")
    images = part_of(trained.splits, split)
    if which in ("best", "worst"):
        errors = image_errors(trained, split) if errors is None else errors
        order = np.argsort(errors if which == "best" else -errors, kind="stable")
    elif which == "class":
        order = balanced_order(images, seed)
    else:
        order = numpy_stream(seed, "pick", split).permutation(len(images))
    return np.asarray(order[_of_label(images, order, label)][:count], dtype=np.int64)


def _of_label(images: ImageSet, order: Indices, label: int | None) -> npt.NDArray[np.bool_]:
    if label is None:
        return np.ones(len(order), dtype=bool)
    if images.labels is None:
        raise DataError("These images have no classes: leave the choice of a class empty.")
    return np.asarray(images.labels[order] == label)


@dataclass(frozen=True, eq=False)
class NoiseCurve:
    """PSNR in dB at each level of noise, of model, noisy input and the best linear denoiser of that level."""

    corruption: str
    unit: str
    own_level: float | None  # the strength that the model was trained at, if with this corruption
    levels: npt.NDArray[np.float64]
    model: npt.NDArray[np.float64]
    noisy: npt.NDArray[np.float64]
    best_linear: npt.NDArray[np.float64]
    linear_title: str
    images: int
    note: str


def noise_curve(
    trained: Trained,
    corruption: str = "gaussian",
    levels: tuple[float, ...] | None = None,
    count: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> NoiseCurve:
    """Quality against noise on `count` test images. SettingError for a corruption that has no strength."""
    known = strength(corruption)
    if known is None:
        raise SettingError(f"The corruption {corruption!r} has no strength: choose another for a curve.")
    images = nested_subset(trained.splits.test, count)
    if not len(images):
        raise DataError("The test split has no images to draw a curve from: choose more images or classes.")
    levels = LEVELS if levels is None else levels
    rows = np.empty((len(levels), 3))
    linear: LinearDenoiser | None = None
    for number, level in enumerate(levels):
        choice, corrupt = chosen_corruption(trained, corruption, level)
        linear = linear_denoiser(trained, choice, corrupt)
        rows[number] = _at_level(trained, images, corrupt, linear, seed)
        if progress:
            progress((number + 1) / len(levels))
    own = trained.recipe.parts.corruption
    return NoiseCurve(
        corruption=CORRUPTIONS[corruption].title,
        unit=known.unit,
        own_level=float(getattr(own.settings, known.name)) if own.kind == corruption else None,
        levels=np.array(levels, dtype=np.float64),
        model=rows[:, 0].copy(),
        noisy=rows[:, 1].copy(),
        best_linear=rows[:, 2].copy(),
        linear_title=linear.title if linear else "",
        images=len(images),
        note=linear.note if linear else "",
    )


def _at_level(
    trained: Trained, images: ImageSet, corrupt: Corruption, linear: LinearDenoiser, seed: int
) -> tuple[float, float, float]:
    """PSNR in dB of model, noisy input and linear denoiser."""
    sums = [Sum(images.pixels) for _ in range(3)]
    with torch.inference_mode():
        for number, each in enumerate(slices(len(images), batch_size(images.shape))):
            clean = as_floats(images.images[each])
            noisy = corrupt(clean, noise(seed, "curve", number))
            for total, shown in zip(sums, (_restore(trained, noisy)[1], noisy, linear(noisy)), strict=True):
                total.add(squared_errors(clean, shown))
    model, noisy_db, best = (total.mean().psnr_db for total in sums)
    return model, noisy_db, best
