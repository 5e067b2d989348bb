"""What can be said of each image of a map in one number: how far off its reconstruction is, how much its code says,
how unusual that code is.

    squared error   sum over pixels of (x - x^)^2, from the code itself: of a variational model from the mean
    KL              sum over dimensions of (mu^2 + s^2 - 1) / 2 - log s, in nats; variational models only
    Mahalanobis     distance of the code from the mean of the training codes, in standard deviations of theirs

Source: as in `aecore.analysis.anomalies.distances`; the KL term is that of Kingma and Welling, ICLR 2014.
"""

from dataclasses import dataclass

import numpy as np
import torch

from aecore.analysis.anomalies.distances import Mahalanobis, Neighbours
from aecore.analysis.latent import PIECE, LatentMap, ids_of, is_variational
from aecore.analysis.likelihood import divergence
from aecore.analysis.trained import (
    Floats,
    Trained,
    as_floats,
    autoencoder_of,
    batch_size,
    decode,
    device_of,
    encode,
    slices,
)
from aecore.data.image_set import Pixels
from aecore.data.splits import shuffled

REFERENCES = 10_000  # training codes that say what is usual
GAPS = 2_000  # codes whose nearest neighbour is looked for
FAR_PERCENT = 99.0


@dataclass(frozen=True, eq=False)
class LatentScore:
    """One number for each image of a map: key, name, unit with its reduction, values [n]."""

    key: str
    title: str
    unit: str
    values: Floats


def latent_scores(trained: Trained, seen: LatentMap) -> tuple[LatentScore, ...]:
    """All that the model can say of the images of a map, in the map's order."""
    ids = ids_of(trained.splits, seen.split, seen.indices)
    errors, divergences = [], []
    for each in slices(len(seen.codes), PIECE):
        images = trained.splits.take(ids[each]).images
        errors.append(_squared_errors(trained, seen.codes[each], images))
        if is_variational(trained):
            divergences.append(_divergences(trained, images))
    found = [LatentScore("squared_error", "Squared error", "summed over pixels", np.concatenate(errors))]
    if divergences:
        found.append(LatentScore("kl", "KL divergence", "nats per image", np.concatenate(divergences)))
    distances = Mahalanobis(_references(trained, seen))(seen.codes).astype(np.float32)
    unit = "standard deviations of training codes"
    return (*found, LatentScore("code_mahalanobis", "Unusual code", unit, distances))


def far_from_data(codes: Floats) -> float:
    """Beyond this distance from the nearest code a place is far from data: 99 of 100 codes are nearer to another.

    `codes` [n, latent] in an order of no meaning; the first of them are compared with the rest. 0.0 for one code.
    """
    if len(codes) < 2:
        return 0.0
    asked = codes[: min(GAPS, len(codes) // 2)]
    others = codes[len(asked) : len(asked) + REFERENCES]
    return float(np.percentile(Neighbours(others, 1)(asked).distances, FAR_PERCENT))


def _squared_errors(trained: Trained, codes: Floats, images: Pixels) -> Floats:
    wanted = images.astype(np.float32) / 255.0
    return np.asarray(np.square(decode(trained, codes) - wanted).sum((1, 2, 3)), dtype=np.float32)


def _divergences(trained: Trained, images: Pixels) -> Floats:
    model = autoencoder_of(trained)
    found = np.empty(len(images), np.float32)
    with torch.inference_mode():
        for each in slices(len(images), batch_size(model.image_shape)):
            coded = model.bottleneck(model.encoder(as_floats(images[each]).to(device_of(model))), None)
            assert coded.posterior is not None
            found[each] = divergence(coded.posterior).cpu().numpy()
    return found


def _references(trained: Trained, seen: LatentMap) -> Floats:
    """Codes of training images: from the map where it shows them."""
    train = trained.splits.train
    if seen.split == "train":
        return seen.codes[:REFERENCES]
    return encode(trained, np.asarray(train.images[np.sort(shuffled(len(train), 0, "references")[:REFERENCES])]))
