"""New images from codes of the prior: the same seed gives runs of equal code size the same codes.

    codes  = prior(count), seeded     [count, latent]
    images = sample(codes)            [count, channels, height, width] in [0, 1]

How a class, truncation, guidance or a number of steps come in is up to the model; what it does not mind is named in
`Drawn.unminded`. A model that can be told the class and is told none is told one for each image, drawn with the
frequencies of the classes among its training images: chance lies here and nowhere else.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from aecore.analysis.trained import Floats, Indices, Trained, batch_size, device_of, model_of, slices
from aecore.data.image_set import Labels
from aecore.errors import RunError, SettingError
from aecore.model import DecodingModel, Model, Sampling
from aecore.randomness import MAX_SEED, numpy_stream, torch_stream
from aecore.shapes import Codes

Progress = Callable[[float], None]
NAMES = {"labels": "class", "truncation": "truncation", "guidance": "guidance", "steps": "steps"}  # of Sampling


@dataclass(frozen=True, eq=False)
class Drawn:
    """Images that a model has drawn, with the codes they come from."""

    images: Floats  # [count, channels, height, width] in [0, 1]
    codes: Floats  # [count, latent]
    labels: Labels | None  # the class each was asked for; None where the model cannot be told
    milliseconds: float  # per image, as measured in batches on `device`, without the first pass
    device: str
    unminded: tuple[str, ...]  # what was asked for and makes no difference to this model


def draw(
    trained: Trained,
    count: int = 16,
    seed: int = 0,
    label: int | Sequence[int] | None = None,
    truncation: float = 1.0,
    guidance: float = 1.0,
    steps: int = 0,
    progress: Progress | None = None,
) -> Drawn:
    """Draw `count` images. `label` is one class for all, or one for each; None leaves it to chance.

    RunError for a model that draws no images; SettingError for numbers or classes out of range.
    """
    model = generator_of(trained)
    _check(count, seed, truncation, guidance, steps)
    asked = _labels(trained, label, count)
    labels = _by_chance(trained, count, seed) if asked is None else asked
    codes = model.prior(count, torch_stream(seed, "samples"))
    sampling = Sampling(None, truncation, guidance, steps)
    labels = labels if "labels" in model.controls else None
    images, seconds = _images(model, codes, labels, sampling, progress)
    return Drawn(
        images=images,
        codes=codes.numpy(),
        labels=labels,
        milliseconds=1000 * seconds / count,
        device=device_of(model).type.upper(),
        unminded=_unminded(model, sampling, asked is not None),
    )


def generator_of(trained: Trained) -> DecodingModel:
    """The model, which must draw images: RunError where its codes follow no known distribution."""
    model = model_of(trained)
    if not (isinstance(model, DecodingModel) and model.generates):
        raise RunError(
            "The codes of this run follow no distribution that new ones could be drawn from: choose a run that "
            "generates, for instance a variational one."
        )
    return model


def controls_of(trained: Trained) -> frozenset[str]:
    """What can be asked of a model when it draws: names of the fields of `Sampling`."""
    return frozenset(generator_of(trained).controls)


def classes_of(trained: Trained) -> tuple[int, ...]:
    """The classes that the training images have, in ascending order; none where they have no labels."""
    labels = trained.splits.train.labels
    return () if labels is None else tuple(int(each) for each in np.unique(labels))


def _images(
    model: DecodingModel, codes: Codes, labels: Labels | None, sampling: Sampling, progress: Progress | None
) -> tuple[Floats, float]:
    """The images and the seconds they took. One image comes before, because a first pass has more to do."""
    device = device_of(model)
    images = np.empty((len(codes), *model.image_shape), dtype=np.float32)
    told = None if labels is None else torch.from_numpy(labels).to(device)
    with torch.inference_mode():
        model.sample(codes[:1].to(device), replace(sampling, labels=None if told is None else told[:1])).cpu()
        started = time.perf_counter()
        for each in slices(len(codes), batch_size(model.image_shape)):
            batch = replace(sampling, labels=None if told is None else told[each])
            images[each] = model.sample(codes[each].to(device), batch).cpu().numpy()
            if progress:
                progress(each.stop / len(codes))
    return images, time.perf_counter() - started


def _by_chance(trained: Trained, count: int, seed: int) -> Labels | None:
    """Classes as frequent as among the training images."""
    labels = trained.splits.train.labels
    if labels is None or not len(labels):
        return None
    chosen: Indices = numpy_stream(seed, "samples", "labels").integers(0, len(labels), count)
    return np.asarray(labels)[chosen].astype(np.int64)


def _labels(trained: Trained, label: int | Sequence[int] | None, count: int) -> Labels | None:
    if label is None:
        return None
    labels = np.broadcast_to(np.asarray(label, dtype=np.int64), count) if np.ndim(label) == 0 else np.asarray(label)
    known = len(trained.splits.train.class_names) if classes_of(trained) else 0
    if not known:
        raise SettingError("These images have no classes: leave the class to chance.")
    if labels.shape != (count,) or labels.dtype != np.int64 or not ((labels >= 0) & (labels < known)).all():
        raise SettingError(
            f"The class is {label!r}: give one from 0 to {known - 1}, or one for each of the {count} images."
        )
    return np.ascontiguousarray(labels)


def _check(count: int, seed: int, truncation: float, guidance: float, steps: int) -> None:
    if count < 1:
        raise SettingError(f"{count} images cannot be drawn: choose 1 or more.")
    if not 0 <= seed <= MAX_SEED:
        raise SettingError(f"The seed is {seed}: choose one from 0 to {MAX_SEED}.")
    for name, value in (("truncation", truncation), ("guidance", guidance), ("steps", steps)):
        if not value >= 0:
            raise SettingError(f"{name} is {value}: choose 0 or more.")


def _unminded(model: Model, asked: Sampling, label: bool) -> tuple[str, ...]:
    usual = Sampling()
    changed = {name for name in ("truncation", "guidance", "steps") if getattr(asked, name) != getattr(usual, name)}
    changed |= {"labels"} if label else set()
    return tuple(title for name, title in NAMES.items() if name in changed - model.controls)
