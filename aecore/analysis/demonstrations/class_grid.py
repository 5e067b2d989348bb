"""The same styles in every class: rows of images that share z, columns that share the class."""

from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.trained import Floats, Trained, autoencoder_of, device_of, noise
from aecore.errors import SettingError
from aecore.model import Sampling

MOST_CLASSES = 24  # columns of a picture


@dataclass(frozen=True, eq=False)
class ClassGrid:
    """Images drawn from one z per row: [rows, classes, channels, height, width] in [0, 1]."""

    images: Floats
    class_names: tuple[str, ...]  # of the columns


def class_grid(trained: Trained, rows: int = 6, truncation: float = 1.0, seed: int = 0) -> ClassGrid:
    """`rows` styles drawn from the prior, each in every class. SettingError for a model without the class in its code.

    The classes are those of the training images, at most the first 24.
    """
    model = autoencoder_of(trained)
    if not model.conditional:
        raise SettingError("Only a model that encodes the class can be told one: choose a conditional run.")
    known = np.unique(np.asarray(trained.splits.train.labels))[:MOST_CLASSES]
    codes = model.prior(rows, noise(seed, "classes", 0)).to(device_of(model))
    labels = torch.from_numpy(known).to(codes.device)
    with torch.inference_mode():
        drawn = model.sample(
            codes.repeat_interleave(len(known), 0), Sampling(labels=labels.repeat(rows), truncation=truncation)
        )
    names = tuple(trained.splits.train.class_names[each] for each in known)
    images = np.asarray(drawn.cpu().numpy(), dtype=np.float32)
    return ClassGrid(images.reshape(rows, len(known), *images.shape[1:]), names)
