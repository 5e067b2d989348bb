"""A direction of one's own in the latent space: from one group of codes to another ("thin" to "thick").

    v = mean(B) - mean(A)     u = v / |v|     position of a code z:  p(z) = u . (z - c)     c midway between the means

so that A's mean lies at -|v|/2 and B's at +|v|/2. What it is worth is told by:

    R^2        between-group variance / total variance of the positions of both groups, n of A and m of B:
               (n m / (n + m)^2) |v|^2 / var(p). 1: the groups differ and nothing else moves along u; 0: no difference
    AUROC      share of pairs of one image of each group that the position puts in the right order, 0.5 by chance. Each
               image is placed by a direction made without it: the groups are halved by chance, one half gives the
               direction and orders the other; the mean over both halves and 10 halvings. A direction in a large code
               always tells apart the few images that it was made of; this number does not fall for that
    random     the R^2 of 200 groupings by chance of the same images into the same sizes, each with its own direction:
               what R^2 is worth nothing. It is large where the groups are small and the code is large
    angle      between u and the direction of groups drawn anew with replacement (bootstrap, 500 times), in degrees:
               how far another sample of the same kind would turn it. 90 is as good as chance. Groups of fewer
               images than the code has numbers are surer of themselves than they should be: believe AUROC there
    R^2 band   of the same samples, along u: percentiles 2.5 and 97.5. How far u itself is uncertain, the angle says
    map share  var(p) over all codes of the map / their total variance

Variances divide by the number of codes.

Source: difference of means: Larsen et al., "Autoencoding beyond Pixels Using a Learned Similarity Metric", ICML 2016
(visual attribute vectors); White, "Sampling Generative Networks", 2016. Bootstrap: Efron, "Bootstrap Methods: Another
Look at the Jackknife", Annals of Statistics 1979. R^2 is the correlation ratio (eta squared) of Fisher's analysis of
variance for two groups. The halves, the numbers of repetitions and the bands are our choice.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.anomalies.ranking import rank
from aecore.analysis.trained import Floats, Indices, Trained, encode
from aecore.errors import SettingError
from aecore.randomness import numpy_stream

LEAST_IMAGES = 2
SAMPLES, GROUPINGS, HALVINGS = 500, 200, 10
AT_ONCE = 25  # resamples computed together: bounds the memory for large groups
BAND_PERCENT = (2.5, 97.5)

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """What a direction is worth; see above for what the numbers are."""

    length: float  # |v|, in units of the code
    spreads: tuple[float, float]  # standard deviation of the positions of A and of B
    r2: float
    r2_band: tuple[float, float]
    r2_random_mean: float
    r2_random_95: float  # 95th percentile
    auroc: float
    angle_degrees: float  # mean over the samples
    angle_band_degrees: tuple[float, float]
    map_share: float


@dataclass(frozen=True, eq=False)
class Direction:
    """From group A to group B. A step of `vector` leads from the one mean to the other."""

    vector: Floats  # [latent]
    unit: Floats  # [latent]
    middle: Floats  # [latent], midway between the means
    worth: Worth
    counts: tuple[int, int]  # images of A and of B that it was made of
    shared: int = 0  # images in both groups, which were left out
    note: str = ""

    def positions(self, codes: Floats) -> Floats:
        """Where codes [n, latent] lie along it, [n]: A's mean at -length/2, B's at +length/2."""
        return np.asarray((codes - self.middle) @ self.unit, dtype=np.float32)

    def to_dict(self) -> dict[str, Any]:
        """All numbers but the vectors."""
        return {**asdict(self.worth), "images": list(self.counts), "shared": self.shared, "note": self.note}


def direction_between(
    trained: Trained, first: Indices, second: Indices, codes: Floats | None = None, seed: int = 0
) -> Direction:
    """The direction from one group of images to another, by index into training, validation and test images.

    `codes` are those of the map, for its share; without them all test images. Images in both groups say nothing about
    the difference and are left out. SettingError when a group then has fewer than 2 images.
    """
    shared = np.intersect1d(first, second)
    if len(shared) == len(np.union1d(first, second)):
        raise SettingError(f"Both groups hold the same {len(shared):,} images: choose two groups that differ.")
    groups = [np.setdiff1d(each, shared) for each in (first, second)]
    within = [encode(trained, trained.splits.take(each).images) for each in groups]
    everything = encode(trained, trained.splits.test.images) if codes is None else codes
    return direction(within[0], within[1], everything, seed, shared=len(shared))


def direction(first: Floats, second: Floats, everything: Floats, seed: int = 0, shared: int = 0) -> Direction:
    """The direction from codes [n, latent] to codes [m, latent]; `everything` are those of the map, [k, latent].

    SettingError for a group of fewer than 2 codes, and where the means are the same. `shared` is how many images the
    caller left out because they are in both groups.
    """
    _check(first, second, shared)
    one, two = first.astype(np.float64), second.astype(np.float64)
    vector, middle = two.mean(0) - one.mean(0), (two.mean(0) + one.mean(0)) / 2
    length = float(np.linalg.norm(vector))
    if length <= np.finfo(np.float32).eps * max(1.0, float(np.linalg.norm(middle))):
        raise SettingError("The mean codes of the two groups are the same: choose groups that differ.")
    unit = vector / length
    worth = _worth(one, two, unit, everything.astype(np.float64), seed)
    single = np.float32
    return Direction(
        vector.astype(single),
        unit.astype(single),
        middle.astype(single),
        worth,
        (len(first), len(second)),
        shared,
        _note(worth, shared),
    )


def _check(first: Floats, second: Floats, shared: int) -> None:
    for each, which in ((first, "first"), (second, "second")):
        if len(each) < LEAST_IMAGES:
            beside = f" beside {shared:,} that both groups hold" if shared else ""
            have = f"{len(each)} image{'' if len(each) == 1 else 's'}"
            raise SettingError(
                f"The {which} group has {have}{beside}: a direction needs {LEAST_IMAGES} or more in each."
            )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise SettingError("Some codes are not finite numbers: the model has diverged and has no directions.")


def _worth(one: Numbers, two: Numbers, unit: Numbers, everything: Numbers, seed: int) -> Worth:
    places = one @ unit, two @ unit
    angles, shares = _resampled(one, two, unit, numpy_stream(seed, "direction", "bootstrap"))
    random = _random_groupings(np.concatenate([one, two]), len(one), numpy_stream(seed, "direction", "random"))
    return Worth(
        length=float(places[1].mean() - places[0].mean()),
        spreads=(float(places[0].std()), float(places[1].std())),
        r2=explained(*places),
        r2_band=_band(shares),
        r2_random_mean=float(random.mean()),
        r2_random_95=float(np.percentile(random, 95)),
        auroc=_held_out_auroc(one, two, numpy_stream(seed, "direction", "halves")),
        angle_degrees=float(angles.mean()),
        angle_band_degrees=_band(angles),
        map_share=_map_share(everything, unit),
    )


def explained(one: Numbers, two: Numbers) -> float:
    """R^2 of two groups of positions [n], [m]: between-group variance as a share of the total; 0 without variance."""
    together = np.concatenate([one, two])
    total = float(together.var())
    between = len(one) * len(two) / len(together) ** 2 * float(one.mean() - two.mean()) ** 2
    return min(1.0, between / total) if total > 0 else 0.0


def _map_share(everything: Numbers, unit: Numbers) -> float:
    total = float(everything.var(0).sum())
    return float((everything @ unit).var()) / total if total > 0 else 0.0


def _resampled(one: Numbers, two: Numbers, unit: Numbers, chance: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Of each sample the angle of its direction with `unit`, in degrees, and its R^2 along `unit`."""
    places = one @ unit, two @ unit
    angles, shares = [], []
    for count in _chunks(SAMPLES):
        weights = [_drawn_anew(len(each), count, chance) for each in (one, two)]
        vectors = weights[1] @ two / len(two) - weights[0] @ one / len(one)
        angles.append(_angles(vectors, unit))
        shares.append(_weighted_explained(weights, places))
    return np.concatenate(angles), np.concatenate(shares)


def _drawn_anew(images: int, samples: int, chance: np.random.Generator) -> Numbers:
    """How often each image is in each sample, [samples, images]."""
    drawn = chance.integers(0, images, (samples, images))
    return np.stack([np.bincount(each, minlength=images) for each in drawn]).astype(np.float64)


def _angles(vectors: Numbers, unit: Numbers) -> Numbers:
    """A sample whose two means are the same has no direction: 90 degrees, as good as chance."""
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = np.divide(vectors @ unit, lengths, out=np.zeros(len(vectors)), where=lengths > 0)
    return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1, 1))))


def _weighted_explained(weights: list[Numbers], places: tuple[Numbers, Numbers]) -> Numbers:
    """`explained` for every row of weights [samples, n], [samples, m]."""
    n, m = (len(each) for each in places)
    centre = np.concatenate(places).mean()
    centred = [each - centre for each in places]
    means = [w @ p / len(p) for w, p in zip(weights, centred, strict=True)]
    squares = sum(w @ p**2 for w, p in zip(weights, centred, strict=True)) / (n + m)
    total = squares - ((n * means[0] + m * means[1]) / (n + m)) ** 2
    between = n * m / (n + m) ** 2 * (means[0] - means[1]) ** 2
    return _share(between, total)


def _random_groupings(codes: Numbers, first: int, chance: np.random.Generator) -> Numbers:
    """R^2 of each random grouping of the codes into `first` and the others, along its own direction."""
    centred = codes - codes.mean(0)
    second = len(codes) - first
    found = []
    for count in _chunks(GROUPINGS):
        ordered = np.tile(np.arange(len(codes)) < first, (count, 1))
        member = chance.permuted(ordered, axis=1).astype(np.float64)
        vectors = member @ centred * (1 / first + 1 / second)  # from the second to the first, as good here
        total = (centred @ vectors.T).var(0)
        between = first * second / len(codes) ** 2 * np.square(vectors).sum(1) ** 2
        found.append(_share(between, total))
    return np.concatenate(found)


def _share(part: Numbers, whole: Numbers) -> Numbers:
    """part / whole, from 0 to 1; 0 where there is no whole."""
    return np.asarray(np.clip(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0), 0, 1))


def _held_out_auroc(one: Numbers, two: Numbers, chance: np.random.Generator) -> float:
    """Each half of the groups is ordered along the direction that the other half gives."""
    found = []
    for _ in range(HALVINGS):
        halves = [np.array_split(chance.permutation(len(each)), 2) for each in (one, two)]
        for made, held in ((0, 1), (1, 0)):
            vector = two[halves[1][made]].mean(0) - one[halves[0][made]].mean(0)
            found.append(rank(one[halves[0][held]] @ vector, two[halves[1][held]] @ vector).auroc)
    return float(np.mean(found))


def _chunks(count: int) -> Iterator[int]:
    return (min(AT_ONCE, count - start) for start in range(0, count, AT_ONCE))


def _band(values: Numbers) -> tuple[float, float]:
    low, high = np.percentile(values, BAND_PERCENT)
    return float(low), float(high)


def _note(worth: Worth, shared: int) -> str:
    notes = []
    if shared:
        notes.append(f"{shared:,} image{' is' if shared == 1 else 's are'} in both groups and left out.")
    if worth.r2 <= worth.r2_random_95:
        notes.append("Groups made by chance explain as much: this direction may mean nothing.")
    return " ".join(notes)
