"""The latent space of a model without an encoder: codes drawn from its prior, seen where their images differ most.

No image has a code here, and codes of a standard normal distribution have no plane of their own. So directions are
chosen by what they do to the images:

    C = cov(x, z)              [pixels, latent], over half of the drawn codes z and their images x = decode(z)
    C = U S V^T                the directions of the map are the first columns of V
    share of v                 |cov(x, v z)|^2 / (var(v z) sum var(x)), over the other half: how much of all that
                               differs between images goes evenly with the position along v
    change of a number         root of the mean squared difference, summed over pixels, between the image of a code and
                               that of the same code with this number drawn anew

The plane of the map goes through the drawn code that lies nearest to its middle, and not through the mean of all codes:
codes of many numbers all lie about sqrt(latent) away from 0, where the model has never been asked for an image.

Codes are drawn in blocks, each with a chance of its own: the n-th code of a seed is the same however many are drawn.

Source: reduced-rank regression, Izenman, Journal of Multivariate Analysis 1975, with a covariance of codes of one; that
directions of a GAN mean something: Haerkoenen et al., "GANSpace", NeurIPS 2020. The change of a number is the numerator
of the total effect of Jansen, "Analysis of variance designs for model output", Computer Physics Communications 1999.
"""

from dataclasses import replace
from math import prod

import numpy as np
import torch

from aecore.analysis.classes import look_at
from aecore.analysis.generate import generator_of
from aecore.analysis.latent import RANGE_PERCENT, Dimensions, LatentMap, Projection, plane_of
from aecore.analysis.latent_scores import LatentScore
from aecore.analysis.trained import Floats, Trained, as_floats, decode, device_of, slices
from aecore.data.image_set import Labels, Pixels
from aecore.errors import SettingError
from aecore.model import Autoencoder
from aecore.networks.gan import GAN
from aecore.randomness import numpy_stream, torch_stream
from aecore.training.classifier import Classifier

DRAWN = "drawn"  # stands in the place of a split
COUNT = 2_000
FEWEST, MOST = 4, 100_000
IMAGES_BYTES = 64 * 1024 * 1024  # of all images: fewer are drawn where they are large
DIRECTIONS = 8
BLOCK = 256
CHANGES = 2_048  # images that are decoded to see what each number changes
PIECE = 500


def has_encoder(trained: Trained) -> bool:
    """Whether images have codes."""
    return isinstance(trained.composition.model, Autoencoder)


def drawn_codes(trained: Trained, count: int, seed: int = 0) -> Floats:
    """The first `count` codes of a seed, [count, latent]. RunError for a model whose codes follow no distribution."""
    if not 1 <= count <= MOST:
        raise SettingError(f"{count:,} codes cannot be drawn: choose 1 to {MOST:,}.")
    model = generator_of(trained)
    whole = -(-count // BLOCK)
    blocks = [model.prior(BLOCK, torch_stream(seed, "drawn", number)).numpy() for number in range(whole)]
    return np.concatenate(blocks)[:count].astype(np.float32)


def drawn_map(
    trained: Trained, count: int = COUNT, seed: int = 0, classifier: Classifier | None = None
) -> tuple[LatentMap, Pixels]:
    """A map of drawn codes, and their images uint8 [count, channels, height, width].

    With a classifier of the data set, labels are what it sees in the images. Fewer than `count` codes are drawn where
    their images would take more than 64 MB. RunError for a model that draws no images.
    """
    count = max(FEWEST, min(count, IMAGES_BYTES // prod(generator_of(trained).image_shape)))
    codes = drawn_codes(trained, count, seed)
    images = _images(trained, codes)
    plane, projection, axes, note = _plane_of(codes, images)
    labels = None if classifier is None else look_at(images, classifier).winners.astype(np.int64)
    seen = LatentMap(
        codes=codes,
        plane=plane,
        indices=np.arange(count),
        labels=labels,
        class_names=trained.splits.train.class_names if labels is not None else (),
        split=DRAWN,
        projection=projection,
        dimensions=_dimensions(trained, codes, seed),
        prior=True,
        axes=axes,
        note=f"{note} {_about_labels(labels)}".strip(),
    )
    return seen, images


def _about_labels(labels: Labels | None) -> str:
    return "" if labels is None else "Classes are what the lab's own classifier sees in the images."


def judgements(trained: Trained, images: Pixels) -> tuple[LatentScore, ...]:
    """How real drawn images look to the discriminator that the model was trained against; empty without one."""
    model = trained.composition.model
    if not isinstance(model, GAN):
        return ()
    with torch.inference_mode():
        parts = [model.judge(as_floats(images[each]).to(device_of(model))).cpu() for each in slices(len(images), PIECE)]
    unit = "logit of the discriminator"
    return (LatentScore("judged", "Looks real", unit, torch.cat(parts).numpy().astype(np.float32)),)


def directions(codes: Floats, images: Pixels, count: int = DIRECTIONS) -> Projection:
    """The `count` directions [count, latent] along which `images` of `codes` [n, latent] differ most, and their shares.

    SettingError for more than the code has numbers, or fewer than four codes.
    """
    if len(codes) < FEWEST or not 1 <= count <= codes.shape[1]:
        raise SettingError(
            f"{len(codes):,} codes of {codes.shape[1]} numbers do not give {count} directions: choose fewer, or draw "
            f"{FEWEST} codes or more."
        )
    half = len(codes) // 2
    components = np.linalg.svd(_covariance(codes[:half], images[:half]), full_matrices=False)[2][:count]
    largest = np.abs(components).argmax(1)[:, None]
    components = components * np.sign(np.take_along_axis(components, largest, 1))  # never mirrored by chance
    along = (codes[half:] @ components.T).astype(np.float32)
    rest = images[half:]
    shared = np.square(_covariance(along, rest)).sum(0) / np.maximum(along.var(0), 1e-12)
    whole = max(float(_variances(rest).sum()), 1e-12)
    return Projection(codes.mean(0), components.astype(np.float32), (shared / whole).astype(np.float32))


def _plane_of(codes: Floats, images: Pixels) -> tuple[Floats, Projection | None, tuple[str, str], str]:
    """As `aecore.analysis.latent.plane_of`, for drawn codes."""
    if codes.shape[1] <= 2:
        return plane_of(codes)
    found = directions(codes, images, 2)
    middle = int(np.linalg.norm(found.to_plane(codes), axis=1).argmin())
    found = replace(found, mean=codes[middle])
    one, two = (100 * float(each) for each in found.explained)
    note = (
        "The model has no encoder, so codes are drawn. The map shows the two directions along which the drawn images "
        f"differ most: {one + two:.0f} % of all that differs between them goes evenly with the place on it. It goes "
        f"through image {middle}, because no drawn code is near the middle of all."
    )
    return found.to_plane(codes), found, (f"direction 1, {one:.0f} %", f"direction 2, {two:.0f} %"), note


def _dimensions(trained: Trained, codes: Floats, seed: int) -> Dimensions:
    changes = _changes(trained, codes, seed)
    low, high = np.percentile(codes, RANGE_PERCENT, axis=0).astype(np.float32)
    return Dimensions(
        order=np.argsort(-changes, kind="stable").astype(np.int64),
        mean=codes.mean(0),
        spread=codes.std(0),
        low=low,
        high=high,
        active=None,
        activity=changes,
    )


def _changes(trained: Trained, codes: Floats, seed: int) -> Floats:
    """[latent]"""
    latent = codes.shape[1]
    tried = min(len(codes), max(FEWEST, CHANGES // latent))
    begun = codes[:tried]
    others = numpy_stream(seed, "drawn", "changes").permuted(codes, axis=0)[:tried]  # each number by itself
    before = decode(trained, begun)
    found = np.empty(latent, np.float32)
    for number in range(latent):
        moved = begun.copy()
        moved[:, number] = others[:, number]
        found[number] = np.sqrt(np.square(decode(trained, moved) - before).sum((1, 2, 3)).mean())
    return found


def _images(trained: Trained, codes: Floats) -> Pixels:
    parts = [(decode(trained, codes[each]) * 255).round().astype(np.uint8) for each in slices(len(codes), PIECE)]
    return np.concatenate(parts)


def _covariance(codes: Floats, images: Pixels) -> Floats:
    """[pixels, numbers of the code]"""
    centred = codes - codes.mean(0)
    total = np.zeros((prod(images.shape[1:]), codes.shape[1]), np.float32)
    for each in slices(len(codes), PIECE):  # the mean image falls out, because codes are centred
        total += _flat(images[each]).T @ centred[each]
    return np.asarray(total / len(codes), dtype=np.float32)


def _variances(images: Pixels) -> Floats:
    """[pixels]"""
    found: Floats = (images.reshape(len(images), -1).var(0) / 255**2).astype(np.float32)
    return found


def _flat(images: Pixels) -> Floats:
    return np.asarray(images.reshape(len(images), -1), dtype=np.float32) / np.float32(255)
