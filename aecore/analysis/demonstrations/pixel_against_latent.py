"""Diffusion in pixels against diffusion in a code: the same classes, the same seed, quality and time.

Quality is judged by something that neither was trained with: the nearest training image, in the principal components
of the training images. Of images drawn for a class it says how many it would put there; for real test images the
same share says how far that judge can be trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.baselines import PCA, fit_pca
from aecore.analysis.demonstrations.noise_to_image import codes_and_labels, diffusion_of, drawn_in
from aecore.analysis.measures import squared_errors
from aecore.analysis.trained import Floats, Trained, as_floats, batch_size, device_of, slices
from aecore.data.image_set import ImageSet
from aecore.data.splits import nested_subset
from aecore.errors import SettingError
from aecore.model import Sampling
from aecore.networks.latent_diffusion import LatentDiffusion

JUDGED = 100  # images of each model
SHOWN = 8
COMPONENTS = 32
TIMED_STEPS = (1, 5, 10, 20)
REFERENCES = 20_000  # training images that the judge looks through


@dataclass(frozen=True, eq=False)
class Contender:
    """One model: what it draws, how long it takes and how much of it is recognised."""

    name: str
    images: Floats  # [SHOWN, channels, height, width]
    diffused: int  # numbers that every step works on
    parameters: int
    steps: int
    milliseconds: tuple[float, ...]  # per image, for `timed_steps`
    recognised: float | None  # share of JUDGED images that the judge puts where they were asked for
    lost: float | None  # squared error of its autoencoder, sum over pixels, mean over test images; None without one


@dataclass(frozen=True, eq=False)
class PixelAgainstLatent:
    """All contenders on the same data."""

    contenders: tuple[Contender, ...]
    timed_steps: tuple[int, ...]
    judged: int
    real: float | None  # the share of real test images that the judge puts where they belong
    labels: npt.NDArray[np.int64] | None


def pixel_against_latent(
    trained: Sequence[tuple[str, Trained]],
    seed: int = 0,
    judged: int = JUDGED,
    timed_steps: Sequence[int] = TIMED_STEPS,
) -> PixelAgainstLatent:
    """Compare runs, given with their names, on the data of the first. SettingError for none or other models."""
    if not trained:
        raise SettingError("There is no run to compare: give at least one of diffusion.")
    splits = trained[0][1].splits
    judge = _Judge(splits.train) if splits.classes else None
    test = nested_subset(splits.test, judged)
    contenders = [_contender(name, each, seed, judged, tuple(timed_steps), judge) for name, each in trained]
    real = None
    if judge is not None and len(test) and test.labels is not None:
        real = judge.share(as_floats(test.images).numpy(), test.labels)
    labels = None if judge is None else np.arange(SHOWN) % splits.classes
    return PixelAgainstLatent(tuple(contenders), tuple(timed_steps), judged, real, labels)


class _Judge:
    """The class of the nearest training image in the principal components."""

    def __init__(self, train: ImageSet):
        references = nested_subset(train, REFERENCES)
        self.pca: PCA = fit_pca(train, COMPONENTS)
        self.codes = torch.cat(
            [
                self.pca.encode(as_floats(references.images[each]))
                for each in slices(len(references), batch_size(references.shape))
            ]
        )
        assert references.labels is not None
        self.labels = np.asarray(references.labels)

    def share(self, images: Floats, labels: npt.NDArray[np.int64]) -> float:
        """Of the images, those whose nearest neighbour has their label."""
        nearest = torch.cdist(self.pca.encode(torch.from_numpy(images)), self.codes).argmin(1).numpy()
        return float((self.labels[nearest] == labels).mean())


def _contender(
    name: str, trained: Trained, seed: int, judged: int, timed_steps: tuple[int, ...], judge: _Judge | None
) -> Contender:
    model = diffusion_of(trained)
    codes, labels = codes_and_labels(model, judged, seed, None)
    images, _ = drawn_in(model, codes, Sampling(labels))
    few = Sampling(None if labels is None else labels[:SHOWN])
    milliseconds = [drawn_in(model, codes[:SHOWN], Sampling(few.labels, steps=steps))[1] for steps in (1, *timed_steps)]
    recognised = None
    if judge is not None and labels is not None:
        recognised = judge.share(images, labels.cpu().numpy())
    return Contender(
        name=name,
        images=images[:SHOWN],
        diffused=model.latent,
        parameters=sum(each.numel() for each in model.average.parameters()),
        steps=model.steps,
        milliseconds=tuple(milliseconds[1:]),  # the very first draw warms up
        recognised=recognised,
        lost=_lost(model, trained) if isinstance(model, LatentDiffusion) else None,
    )


def _lost(model: LatentDiffusion, trained: Trained) -> float:
    """What the autoencoder loses of the test images."""
    test, total = trained.splits.test, 0.0
    with torch.inference_mode():
        for each in slices(len(test), batch_size(test.shape)):
            clean = as_floats(test.images[each])
            restored = model.shown(model.states(clean.to(device_of(model)))).cpu()
            total += float(squared_errors(clean, restored).double().sum())
    return total / max(len(test), 1)
