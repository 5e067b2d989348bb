"""A model without an encoder, for tests: it paints the quarter of its class as bright as its code says."""

import torch
from torch import nn

from aecore.model import DecodingModel


class _Painting(nn.Module):
    """Codes to logits; the weight is the picture of each class."""

    def __init__(self, image_shape, classes):
        super().__init__()
        self.image_shape = image_shape
        _, height, width = image_shape
        pictures = torch.full((classes, *image_shape), -4.0)
        for label in range(classes):
            down, across = divmod(label, 2)
            rows = slice(down * height // 2, (down + 1) * height // 2)
            pictures[label, :, rows, across * width // 2 : (across + 1) * width // 2] = 2.0
        self.pictures = nn.Parameter(pictures)

    def forward(self, codes):
        return self.pictures[:1] + 0.2 * codes[:, :1, None, None]


class Painter(DecodingModel):
    """Minds class and truncation. `only` makes it paint one class whatever it is told: a collapsed generator."""

    controls = frozenset({"labels", "truncation"})

    def __init__(self, image_shape, classes=4, latent=3, only=None):
        super().__init__(image_shape)
        self.decoder = _Painting(image_shape, classes)
        self.size = latent
        self.only = only

    @property
    def latent(self):
        return self.size

    def forward(self, images):
        return self.decoder(torch.zeros(len(images), self.latent))

    def sample(self, codes, sampling):
        labels = torch.zeros(len(codes), dtype=torch.int64) if sampling.labels is None else sampling.labels
        labels = torch.full_like(labels, self.only) if self.only is not None else labels
        strength = 0.8 * sampling.truncation * codes[:, :1, None, None]
        return torch.sigmoid(self.decoder.pictures[labels] + strength)


def as_trained(model, splits, recipe=None):
    """What every analysis takes: the model with its data."""
    from types import SimpleNamespace

    model.eval().requires_grad_(False)
    return SimpleNamespace(recipe=recipe, composition=SimpleNamespace(model=model), splits=splits)
