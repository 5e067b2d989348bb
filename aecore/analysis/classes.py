"""Which classes images show, in the eyes of the lab's own classifier (`training/classifier.py`).

A class is covered when at least a tenth of an even share of the images (1 % with ten classes) is classified so with a
confidence above one half. Images of nothing in particular are thus counted in the shares but cover no class.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.generate import classes_of, draw
from aecore.analysis.trained import Floats, Indices, Trained, as_tensor, batch_size, slices
from aecore.data.image_set import Pixels
from aecore.training.classifier import Classifier

SURE, OF_EVEN_SHARE = 0.5, 0.1
DRAWN = 500  # images, where nothing else is measured of them


@dataclass(frozen=True, eq=False)
class Seen:
    """What the classifier sees in a set of images."""

    features: Floats  # [n, 64]
    winners: Indices  # [n] the most probable class of each image
    sure: Floats  # [n] its probability


@dataclass(frozen=True)
class Classes:
    """What the classifier says of drawn images."""

    covered: int
    of: int  # classes that the training images have
    shares: Mapping[str, float]  # of the drawn images, by the most probable class; they add up to 1
    accuracy: float | None = None  # of the classifier on the test images, where that was measured


def look_at(images: Floats | Pixels, classifier: Classifier) -> Seen:
    """Images in [0, 1] or uint8 of the classifier's shape, at least one."""
    features, probable = [], []
    with torch.inference_mode():
        for each in slices(len(images), batch_size(classifier.image_shape)):
            features.append(classifier.features(as_tensor(images[each])))
            probable.append(classifier.logits(features[-1]).softmax(1))
    sure, winners = torch.cat(probable).max(1)
    return Seen(torch.cat(features).numpy(), winners.numpy(), sure.numpy())


def classes_in(trained: Trained, seen: Seen, accuracy: float | None = None) -> Classes:
    """The classes of what the classifier saw; covered are those that the training images, which have labels, show."""
    names, present = trained.splits.train.class_names, classes_of(trained)
    sure = np.bincount(seen.winners[seen.sure > SURE], minlength=len(names)) / len(seen.winners)
    shares = np.bincount(seen.winners, minlength=len(names)) / len(seen.winners)
    return Classes(
        covered=int((sure[list(present)] >= OF_EVEN_SHARE / len(present)).sum()),
        of=len(present),
        shares={names[index]: float(share) for index, share in enumerate(shares) if share > 0 or index in present},
        accuracy=accuracy,
    )


def classes_drawn(trained: Trained, classifier: Classifier, count: int = DRAWN, seed: int = 0) -> Classes:
    """The classes of `count` images that a run draws. RunError for a model that draws none."""
    return classes_in(trained, look_at(draw(trained, count, seed).images, classifier))
