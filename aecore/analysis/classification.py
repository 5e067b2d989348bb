"""How often a model with a head names the wrong class, beside logistic regression on pixels with the same labels."""

from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.classifiers import error_percent, logistic_regression
from aecore.analysis.trained import Floats, Indices, Trained, as_floats, batch_size, device_of, model_of, slices
from aecore.data.image_set import ImageSet, Pixels
from aecore.data.splits import nested_subset
from aecore.model import Autoencoder


@dataclass(frozen=True)
class Classification:
    """Errors in percent of `images` images; both classifiers have learned from the same `labels` labelled ones."""

    error_percent: float
    logistic_error_percent: float
    labels: int
    images: int

    def to_dict(self, split: str) -> dict[str, object]:
        """The numbers under names that say their unit, as JSON knows them."""
        return {
            f"{split}_error_percent": self.error_percent,
            "labels": self.labels,
            "logistic_regression": {f"{split}_error_percent": self.logistic_error_percent},
        }


def classification(trained: Trained, images: ImageSet) -> Classification | None:
    """Measured on `images`; None for a model that does not classify, or images without labels."""
    model = model_of(trained)
    if not isinstance(model, Autoencoder) or model.head is None or images.labels is None:
        return None
    last = trained.composition.scheme.chapters(model, further=False)[-1]
    known = nested_subset(trained.splits.train, last.images, trained.recipe.seed)
    simple = logistic_regression(flat(known.images), labels_of(known))
    truth = labels_of(images)
    return Classification(
        error_percent=100.0 * float(np.mean(classify(model, images.images) != truth)),
        logistic_error_percent=error_percent(simple, flat(images.images), truth),
        labels=len(known),
        images=len(images),
    )


def classify(model: Autoencoder, images: Pixels) -> Indices:
    """The class that the head gives each image. SettingError for a model without one."""
    found = np.empty(len(images), np.int64)
    with torch.inference_mode():
        for each in slices(len(images), batch_size(model.image_shape)):
            found[each] = model.classify(as_floats(images[each]).to(device_of(model))).argmax(1).cpu().numpy()
    return found


def flat(images: Pixels) -> Floats:
    """uint8 images as rows of numbers in [0, 1]: [n, pixels]."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def labels_of(images: ImageSet) -> Indices:
    """The class of each image, as an array in memory."""
    assert images.labels is not None
    return np.array(images.labels, np.int64)
