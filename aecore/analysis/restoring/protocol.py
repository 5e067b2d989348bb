"""The published protocols for pictures, and the numbers of one model on a folder of them.

Super-resolution: the picture is cut to a multiple of the factor and shrunk (bicubic, antialiased, 8 bits); model and
bicubic enlarge it. Compared is the luma of ITU-R BT.601 from 16 to 235, without a border of `factor` pixels.

Denoising: Gaussian noise is added to the luminance and not clipped, from a fixed seed for each picture; compared is
the whole picture, kept within 0 and 255 and not rounded.

PSNR is 10 log10(255^2 / mean squared error), SSIM has an 11 x 11 Gaussian window with a standard deviation of 1.5; both
of each picture, then the mean over pictures.

Source: Timofte, De Smet, Van Gool, "A+: Adjusted Anchored Neighborhood Regression for Fast Super-Resolution", ACCV 2014
(the protocol of super-resolution); Zhang, Zuo, Chen, Meng, Zhang, "Beyond a Gaussian Denoiser", IEEE TIP 2017 (that of
denoising); Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity",
IEEE TIP 2004.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from aecore.analysis.restoring.classical import TITLES, classically_denoised, methods
from aecore.analysis.restoring.denoise import LEVELS, removes_noise
from aecore.analysis.restoring.enlarge import BICUBIC, enlarged, factors_of, shrunk
from aecore.analysis.restoring.orientations import ALL, ONE, restored
from aecore.analysis.restoring.pixels import Bytes, to_tensor
from aecore.analysis.restoring.tiles import Progress
from aecore.analysis.trained import Trained, noise, restorer_of
from aecore.errors import DataError
from aecore.model import luminance

Doubles = npt.NDArray[np.float64]

NOISES = (15.0, 25.0, 50.0)  # standard deviations in grey levels of 255
MODEL, SELF_ENSEMBLE, NOISY = "model", "self_ensemble", "noisy"
WINDOW = 11


@dataclass(frozen=True)
class Score:
    """Means over pictures: one method at one strength."""

    strength: float  # factor, or standard deviation of the noise in grey levels of 255
    method: str  # "model", "self_ensemble" (the model in eight orientations), "bicubic", "noisy", or a classical one
    psnr_db: float
    ssim: float


@dataclass(frozen=True)
class Protocol:
    """What a model reaches on pictures, with others beside it."""

    kind: str  # "super-resolution" or "denoising"
    pictures: int
    scores: tuple[Score, ...]

    def of(self, method: str, strength: float) -> Score:
        """One score; KeyError where it was not measured."""
        for each in self.scores:
            if each.method == method and each.strength == strength:
                return each
        raise KeyError((method, strength))

    def to_dict(self) -> dict[str, object]:
        """The numbers under names that say their unit, as JSON knows them."""
        name = "factor" if self.kind == "super-resolution" else "noise_std_levels"
        return {
            "protocol": self.kind,
            "pictures": self.pictures,
            "scores": [
                {name: each.strength, "method": each.method, "psnr_db": each.psnr_db, "ssim": each.ssim}
                for each in self.scores
            ],
        }


def method_title(method: str) -> str:
    """What a method is called."""
    own = {MODEL: "Model", SELF_ENSEMBLE: "Model, eight orientations", NOISY: "Noisy", BICUBIC: "Bicubic"}
    return own.get(method) or TITLES[method]


def measure_pictures(
    pictures: Sequence[Bytes],
    trained: Trained,
    progress: Progress | None = None,
    ensemble: bool = False,
) -> Protocol:
    """The protocol that fits the model, on uint8 pictures [height, width, channels].

    With `ensemble` also the model in eight orientations, which takes 8 times as long. RunError for a model that does
    not restore; DataError without pictures.
    """
    restorer_of(trained)
    if not pictures:
        raise DataError("There are no pictures to measure on: give a folder with some.")
    if removes_noise(trained):
        return _denoising(pictures, trained, progress, ensemble)
    return _super_resolution(pictures, trained, progress, ensemble)


def psnr_levels(clean: Doubles, made: Doubles) -> float:
    """PSNR in dB of values from 0 to 255; infinite where they are equal."""
    error = float(np.square(clean - made).mean())
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssim_levels(clean: Doubles, made: Doubles) -> float:
    """Mean structural similarity of values from 0 to 255; of pictures smaller than the window not a number."""
    from skimage.metrics import structural_similarity

    if min(clean.shape) < WINDOW:
        return math.nan
    return float(
        structural_similarity(
            clean, made, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def studio_luma(picture: Bytes) -> Doubles:
    """The luma of ITU-R BT.601 from 16 to 235; grey pictures are taken as equal red, green and blue."""
    weights = np.array([65.481, 128.553, 24.966])
    colours = picture.astype(np.float64) if picture.shape[2] == 3 else np.repeat(picture, 3, 2).astype(np.float64)
    return np.asarray(16 + colours @ weights / 255)


def luma_scores(clean: Bytes, made: Bytes, border: int) -> tuple[float, float]:
    """PSNR in dB and SSIM of the luma, without a border of so many pixels."""
    first, second = (_inside(studio_luma(each), border) for each in (clean, made))
    return psnr_levels(first, second), ssim_levels(first, second)


def _inside(values: Doubles, border: int) -> Doubles:
    return values[border : values.shape[0] - border, border : values.shape[1] - border]


def _super_resolution(
    pictures: Sequence[Bytes], trained: Trained, progress: Progress | None, ensemble: bool
) -> Protocol:
    factors = factors_of(trained)
    ways: list[tuple[str, Trained | None, int]] = [(each, trained, count) for each, count in _own(ensemble).items()]
    ways.append((BICUBIC, None, ONE))
    scores: list[Score] = []
    for place, factor in enumerate(factors):
        found: dict[str, list[tuple[float, float]]] = {method: [] for method, _, _ in ways}
        for number, picture in enumerate(pictures, 1):
            small = shrunk(picture, factor)
            clean = picture[: small.shape[0] * factor, : small.shape[1] * factor]
            for method, by, count in ways:
                found[method].append(luma_scores(clean, enlarged(small, factor, by, orientations=count), factor))
            _tell(progress, (place + number / len(pictures)) / len(factors))
        scores += [_mean(factor, method, each) for method, each in found.items()]
    return Protocol("super-resolution", len(pictures), tuple(scores))


def _denoising(pictures: Sequence[Bytes], trained: Trained, progress: Progress | None, ensemble: bool) -> Protocol:
    own, beside = _own(ensemble), methods()
    model, scores = restorer_of(trained), []
    for place, level in enumerate(NOISES):
        found: dict[str, list[tuple[float, float]]] = {each: [] for each in (*own, NOISY, *beside)}
        for number, picture in enumerate(pictures):
            clean = to_tensor(picture)
            clean = luminance(clean) if clean.shape[1] == 3 else clean
            drawn = torch.empty_like(clean).normal_(generator=noise(number, "protocol", int(level)))
            noisy = clean + drawn * (level / LEVELS)
            grey = noisy[0].permute(1, 2, 0).numpy()
            made = {NOISY: grey[..., 0]}
            made |= {each: restored(model, noisy, level / LEVELS, count)[0, 0].numpy() for each, count in own.items()}
            made |= {each: classically_denoised(grey, each, level / LEVELS)[..., 0] for each in beside}
            target = clean[0, 0].numpy().astype(np.float64) * 255
            for method, each in made.items():
                values = each.astype(np.float64) * 255
                found[method].append((psnr_levels(target, values), ssim_levels(target, values)))
            _tell(progress, (place + (number + 1) / len(pictures)) / len(NOISES))
        scores += [_mean(level, method, each) for method, each in found.items()]
    return Protocol("denoising", len(pictures), tuple(scores))


def _own(ensemble: bool) -> dict[str, int]:
    """The methods that are the model, and their orientations."""
    return {MODEL: ONE} | ({SELF_ENSEMBLE: ALL} if ensemble else {})


def _tell(progress: Progress | None, done: float) -> None:
    if progress:
        progress(done)


def _mean(strength: float, method: str, found: Iterable[tuple[float, float]]) -> Score:
    psnr, ssim = (float(np.mean(each)) for each in zip(*found, strict=True))
    return Score(strength, method, psnr, ssim)
