"""The lab's own classifier: a small convolutional network whose features generated images are judged by.

    image  -> at most 32 pixels on a side, averaged; from -1 to 1
           -> convolutions with ReLU: 5x5 and 3x3 that halve it, one more 3x3     16, 32, 32 channels
           -> averaged to 3x3 -> features [batch, 64] -> ReLU -> logits [batch, classes]

It is an instrument and no variant: its shape and its training are fixed, nothing of it can be set, and the same
images, labels and seed give the same weights on a CPU with the same number of threads. Distances between its
features can be compared only with each other. Features are taken before the ReLU, where they are nearer to a
Gaussian, which is what a Frechet distance takes them for.

Source: LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the
IEEE 1998 (convolutions that make the image smaller); He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015
(the first weights). Sizes and training are our choice.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from aecore.data.image_set import ImageSet
from aecore.errors import DataError
from aecore.randomness import derive
from aecore.shapes import Features, Images, ImageShape, Labels
from aecore.training.adamw import AdamW, Group
from aecore.training.batches import Batches, images_per_step, order
from aecore.training.schedule import learning_rate_factor

FEATURES = 64
CHANNELS = (16, 32, 32)
GRID = 3  # the last pooling leaves so many rows and columns
LONGEST_SIDE = 32  # pixels; larger images are averaged down to it
EPOCHS, FEWEST_SEEN, MOST_SEEN = 20, 3_000, 120_000  # epochs, within these limits of images met in training
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-2
BATCH, LARGEST_BATCH = 500, 128  # of images that are only looked at, and of those learned from
VERSION = 1  # of the shape and the training: weights of another version are made anew

Progress = Callable[[float], None]


class Classifier(nn.Module):
    """Images of one shape to features and classes."""

    def __init__(self, image_shape: ImageShape, classes: int):
        super().__init__()
        self.image_shape = image_shape
        channels, height, width = image_shape
        shrink = min(1.0, LONGEST_SIDE / max(height, width))
        self.size = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        first, second, third = CHANNELS
        self.body = nn.Sequential(
            nn.Conv2d(channels, first, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(GRID),
            nn.Flatten(),
            nn.Linear(third * GRID * GRID, FEATURES),
        )
        self.head = nn.Linear(FEATURES, classes)
        for each in (*self.body, self.head):
            if isinstance(each, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(each.weight, nonlinearity="relu")
                nn.init.zeros_(each.bias)  # type: ignore[arg-type]

    @property
    def classes(self) -> int:
        """How many it tells apart."""
        return self.head.out_features

    def features(self, images: Images) -> Features:
        """What it sees in each image, [batch, 64]."""
        seen = images if tuple(images.shape[2:]) == self.size else F.adaptive_avg_pool2d(images, self.size)
        features: Tensor = self.body(2 * seen - 1)
        return features

    def logits(self, features: Features) -> Tensor:
        """Of features, [batch, classes]: their softmax is how sure it is of each class."""
        logits: Tensor = self.head(F.relu(features))
        return logits

    def forward(self, images: Images) -> Tensor:
        """[batch, classes]"""
        return self.logits(self.features(images))


def can_classify(images: ImageSet) -> bool:
    """Whether there is something to tell apart: labels, and of more than one class."""
    return images.labels is not None and len(images) > 0 and int(images.labels.min()) < int(images.labels.max())


def train_classifier(images: ImageSet, seed: int = 0, progress: Progress | None = None) -> Classifier:
    """A classifier fitted to labelled images on the CPU, in evaluation mode; `progress` is told the share done.

    DataError where the images have no labels or all the same one.
    """
    if not can_classify(images):
        raise DataError("A classifier needs images of two or more classes: these have no labels, or all the same one.")
    with torch.random.fork_rng(devices=[]):  # torch's layers draw their first weights from the global generator
        torch.default_generator.manual_seed(derive(seed, "classifier"))
        model = Classifier(images.shape, len(images.class_names))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches, size = Batches(images, torch.device("cpu")), min(LARGEST_BATCH, images_per_step(0, len(images)))
    per_epoch = len(images) // size
    steps = max(1, _images_seen(len(images)) // size)
    optimiser = AdamW(_groups(model), fused=True)
    for step in range(steps):
        epoch, index = divmod(step, per_epoch)
        if index == 0:
            chosen = order(len(images), derive(seed, "classifier"), epoch)
        batch = chosen[index * size : (index + 1) * size]
        labels = batches.labels_at(batch)
        assert labels is not None
        clean = batches.at(batch).contiguous(memory_format=torch.channels_last)
        _step(model, optimiser, clean, labels, learning_rate_factor("one_cycle", step / steps))
        if progress:
            progress((step + 1) / steps)
    return model.eval().requires_grad_(False)


def accuracy(classifier: Classifier, images: ImageSet) -> float:
    """The share of labelled images that it puts into the right class, 0 to 1. DataError without any."""
    if images.labels is None or not len(images):
        raise DataError("Accuracy is measured on labelled images: there are none.")
    batches = Batches(images, torch.device("cpu"))
    right = 0
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            chosen = np.arange(start, min(start + BATCH, len(images)))
            right += int((classifier(batches.at(chosen)).argmax(1) == batches.labels_at(chosen)).sum())
    return right / len(images)


def _images_seen(count: int) -> int:
    return min(max(EPOCHS * count, FEWEST_SEEN), MOST_SEEN)


def _groups(model: Classifier) -> list[Group]:
    """Biases are never pulled towards 0."""
    parameters = list(model.parameters())
    return [
        Group([each for each in parameters if each.ndim > 1], decays=True, weight_decay=WEIGHT_DECAY),
        Group([each for each in parameters if each.ndim == 1], decays=False),
    ]


def _step(model: Classifier, optimiser: AdamW, images: Images, labels: Labels, factor: float) -> None:
    for group in optimiser.groups:
        group.learning_rate = LEARNING_RATE * factor
    optimiser.zero_grad()
    F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
    optimiser.step()
