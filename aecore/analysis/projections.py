"""Codes laid out in a plane by UMAP or t-SNE, and the way back from a place in that plane to a code.

    codes [n, latent] -> plane [n, 2]

Both start from the exact k nearest other codes by Euclidean distance, which are found in blocks. UMAP counts the point
itself among its neighbours and lays the graph out from its eigenvectors; t-SNE takes three times as many neighbours as
its perplexity and starts from the principal components, with 250 iterations under exaggeration 12 and 500 without. For
t-SNE codes longer than 50 numbers are first reduced to their 50 principal components, as is its protocol; UMAP takes
codes as they are. One seed gives one plane on one machine.

Neither method has a map from the plane back to codes. `inverse` gives one, by the k projected points that are nearest
to a place (modified Shepard weights): with distances d_1 <= ... <= d_k, R = d_(k+1) and s_i = d_i / R,

    w_i = ((1 - s_i) / max(s_i, 1e-4))^2        code = sum_i w_i c_i / sum_i w_i

All w_i are 1 where R is 0 or every w_i is 0; of n points at most n - 1 are taken for k, and a single point is its own
answer. The result is the code itself at a projected point, moves without a jump along any path, and lies within the
codes around. It is a guess: `inverse_errors` says how wrong it is at every point, leaving that point out.

Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction",
arXiv:1802.03426, 2018; van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008; Linderman et al., "Fast
interpolation-based t-SNE for improved visualization of single-cell RNA-seq data", Nature Methods 2019; Kobak and
Berens, "The art of using t-SNE for single-cell transcriptomics", Nature Communications 2019 (start and learning rate);
Franke and Nielson, "Smooth interpolation of large sets of scattered data", International Journal for Numerical
Methods in Engineering 1980 (the weights).
"""

import queue
import re
import threading
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.analysis.latent import EVERYTHING, LatentMap, ids_of, map_images
from aecore.analysis.neighbours import NEIGHBOURS, trustworthiness
from aecore.analysis.trained import Floats, Indices, Trained, decode, part_of, slices
from aecore.data.image_set import Pixels, Splits
from aecore.data.splits import shuffled
from aecore.errors import DataError, SettingError
from aecore.runs.kept_projections import METHODS, SPLITS, TITLES, AboutProjection, CodeProjection

Distances = npt.NDArray[np.float64]

INVERSE_NEIGHBOURS = 8
NEAREST_SHARE = 1e-4  # of R: a place as near as that to a point is the point
MOST_NUMBERS = 50  # of a code that t-SNE takes as it is
NEIGHBOURS_PER_PERPLEXITY = 3
EXAGGERATED, ITERATIONS = 250, 500
ITERATIONS_PER_REPORT = 5
FEW = 2_000  # codes: fewer gain nothing from threads that wait for each other at every iteration
MEASURED, DECODED = 5_000, 500  # points whose neighbours are compared, points whose images are decoded
ROWS = 1_000  # of one block of neighbours
NUMBERS_PER_BLOCK = 2**24  # of codes gathered at once
LOOK_S = 0.2  # how often the thread that lays out is looked after
SILENCE_S = 2.0  # the longest without a word from it


@dataclass(frozen=True)
class Step:
    """A piece of the work begins: the share of all that is done, 0 to 1, and what comes now, in words."""

    done: float
    message: str


@dataclass(frozen=True)
class Layout:
    """How codes are laid out. `neighbours` and `min_dist` are UMAP's, `perplexity` is that of t-SNE."""

    method: str = "umap"
    neighbours: int = 15
    min_dist: float = 0.1
    perplexity: float = 30.0
    seed: int = 0

    @property
    def others(self) -> int:
        """How many nearest other codes of each are needed."""
        if self.method == "umap":
            return self.neighbours - 1
        return int(NEIGHBOURS_PER_PERPLEXITY * self.perplexity)

    @property
    def own(self) -> dict[str, int | float]:
        """What of it concerns the method."""
        if self.method == "umap":
            return {"neighbours": self.neighbours, "min_dist": self.min_dist}
        return {"perplexity": self.perplexity}


@dataclass(frozen=True)
class Fidelity:
    """What the plane and its inverse are worth, with a baseline beside each; means over the points measured.

    Distances are Euclidean, between codes. Pixel errors are squared, summed over pixels and channels, between the image
    that the inverse's code gives and the one that the true code gives; pixels run from 0 to 1.
    """

    trustworthiness: float
    pca_trustworthiness: float  # of the plane of the two principal components
    inverse_error: float
    mean_code_error: float  # the distance to the mean of all codes
    pixel_error: float
    mean_code_pixel_error: float


# --- which images


def choose(splits: Splits, split: str, images: int = 0, seed: int = 0) -> Indices:
    """Ascending indices of `images` images of a split, 0 for all. "all" counts train, validation and test on end.

    SettingError for another word, DataError for a split without images.
    """
    _require_split(split)
    total = splits.count if split == EVERYTHING else len(part_of(splits, split))
    if not total:
        raise DataError(f"The {split} split has no images to project: choose more images or classes.")
    return np.sort(shuffled(total, seed, "projection")[: images or total])


def pixels_at(splits: Splits, split: str, indices: Indices) -> Pixels:
    """The images [n, channels, height, width] at indices that `choose` gave."""
    _require_split(split)
    return splits.take(ids_of(splits, split, indices)).images


def _require_split(split: str) -> None:
    if split not in SPLITS:
        raise SettingError(f"There is no split {split!r} to project: choose one of {', '.join(SPLITS)}.")


def projected_map(trained: Trained, kept: CodeProjection) -> LatentMap:
    """The images of a kept projection with their codes, where the projection puts them.

    The plane has no formula, so that `projection` is None. DataError when the run's images are others by now.
    """
    about, splits = kept.about, trained.splits
    title = TITLES[kept.about.method]
    if about.data != splits.fingerprint:
        raise DataError(
            f"The projection by {title} is of other images than the data set holds now: project the run again."
        )
    seen = map_images(trained, ids_of(splits, about.split, kept.indices))
    return replace(seen, plane=kept.plane, projection=None, axes=(f"{title} 1", f"{title} 2"), note=_note(about, title))


def _note(about: AboutProjection, title: str) -> str:
    worth = about.measures
    return (
        f"{title} keeps which images are neighbours, with a trustworthiness of {worth['trustworthiness']:.3f} for the "
        f"nearest ten (principal components: {worth['pca_trustworthiness']:.3f}), and neither distances nor directions."
    )


# --- into the plane


def lay_out(codes: Floats, layout: Layout) -> Generator[Step, None, Floats]:
    """Steps while codes [n, latent] are laid out; returns the plane [n, 2].

    Closing it ends the work within an epoch of UMAP or five iterations of t-SNE, in its thread. SettingError for codes
    of two numbers or fewer, for too few, equal or infinite ones, and for an unknown method.
    """
    require_layout(layout, *codes.shape)
    _require_spread(codes)
    points = _fifty(codes, layout.seed) if layout.method == "t-sne" else codes
    found = yield from _nearest_others(points, layout.others)
    place = _umap if layout.method == "umap" else _tsne
    plane = yield from _watched(lambda report: place(points, layout, *found, report))
    return np.ascontiguousarray(plane, dtype=np.float32)


def require_layout(layout: Layout, images: int, latent: int) -> None:
    """SettingError where codes of so many images and numbers cannot be laid out so, or are a map already."""
    if layout.method not in METHODS:
        raise SettingError(f"There is no projection {layout.method!r}: choose one of {', '.join(METHODS)}.")
    if latent <= 2:
        raise SettingError(
            f"The code of this run has {latent} number{'s' if latent == 2 else ''}: the map shows the code itself, "
            "there is nothing to project. Choose a run with a longer code."
        )
    least = max(layout.others + 2, 2 * NEIGHBOURS + 2)  # to lay out, to measure
    if images < least:
        (name, value), *_ = layout.own.items()
        raise SettingError(
            f"There are {images:,} images, too few for {name} {value:g}: take at least {least:,}, or other images."
        )


def _require_spread(codes: Floats) -> None:
    """SettingError for codes without neighbours, or without anything that tells them apart."""
    if not np.isfinite(codes).all():
        raise SettingError("Some codes are not finite numbers, so that they have no neighbours: train the run again.")
    if not np.ptp(codes, axis=0).any():
        raise SettingError("All codes are equal: there is nothing to lay out.")


def _fifty(codes: Floats, seed: int) -> Floats:
    """At most 50 principal components."""
    return codes if codes.shape[1] <= MOST_NUMBERS else _principal(codes, min(MOST_NUMBERS, len(codes)), seed)


def _principal(codes: Floats, size: int, seed: int = 0) -> Floats:
    from sklearn import decomposition

    fitted: Any = decomposition.PCA(size, random_state=seed)  # type: ignore[no-untyped-call]
    return np.asarray(fitted.fit_transform(codes), dtype=np.float32)


def _nearest_others(codes: Floats, count: int) -> Generator[Step, None, tuple[Indices, Floats]]:
    """The nearest others of each code and their distances, both [n, count], the nearest first."""
    from sklearn import neighbors

    make: Any = neighbors.NearestNeighbors
    search = make(n_neighbors=count + 1).fit(codes)
    indices, distances = np.empty((len(codes), count), np.int64), np.empty((len(codes), count), np.float32)
    for rows in slices(len(codes), ROWS):
        yield Step(0.2 * rows.start / len(codes), f"neighbours of {rows.start:,} of {len(codes):,} codes are known")
        far, near = search.kneighbors(codes[rows])
        itself = near == np.arange(rows.start, rows.stop)[:, None]
        itself[~itself.any(1), -1] = True  # so many equal codes that it is not among its own nearest
        indices[rows] = near[~itself].reshape(-1, count)
        distances[rows] = far[~itself].reshape(-1, count)
    return indices, distances


Report = Callable[[Step], None]


def _umap(codes: Floats, layout: Layout, indices: Indices, distances: Floats, report: Report) -> Floats:
    report(Step(0.2, "loading UMAP, which compiles parts of itself"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it cannot place further codes so, that a seed leaves one thread
        import umap

        report(Step(0.3, "the graph of neighbours and where its layout starts"))
        itself = np.arange(len(codes))[:, None]
        near = np.hstack([itself, indices]), np.hstack([np.zeros_like(distances[:, :1]), distances])
        fitted: Any = umap.UMAP(
            n_neighbors=layout.neighbours,
            min_dist=layout.min_dist,
            precomputed_knn=near,
            random_state=layout.seed,
            n_jobs=1,
            tqdm_kwds={
                "file": _Epochs(report),
                "bar_format": "{n}/{total}",
                "mininterval": LOOK_S,
                "miniters": 1,
                "disable": False,
            },
        )
        return np.asarray(fitted.fit_transform(codes), dtype=np.float32)


class _Epochs:
    """The file that UMAP's progress bar is written to: "120/500"."""

    def __init__(self, report: Report):
        self._report = report

    def write(self, text: str) -> None:
        """Report an epoch."""
        if found := re.search(r"(\d+)/(\d+)", text):
            epoch, all_epochs = int(found[1]), int(found[2])
            self._report(Step(0.4 + 0.6 * epoch / all_epochs, f"UMAP's layout, epoch {epoch} of {all_epochs}"))

    def flush(self) -> None:
        """Nothing waits."""


def _tsne(codes: Floats, layout: Layout, indices: Indices, distances: Floats, report: Report) -> Floats:
    import openTSNE
    from openTSNE import affinity, initialization, nearest_neighbors

    report(Step(0.2, "probabilities of neighbours and where t-SNE's layout starts"))
    total = EXAGGERATED + ITERATIONS
    reached = count(ITERATIONS_PER_REPORT, ITERATIONS_PER_REPORT)  # t-SNE itself counts each phase from 1

    def count_on(iteration: int, error: float, embedding: object) -> None:
        at = next(reached)
        report(Step(0.25 + 0.75 * at / total, f"t-SNE's layout, iteration {at} of {total}"))

    near = nearest_neighbors.PrecomputedNeighbors(indices, distances.astype(np.float64))
    threads = 1 if len(codes) < FEW else -1
    made: Any = openTSNE.TSNE(
        early_exaggeration_iter=EXAGGERATED,
        n_iter=ITERATIONS,
        n_jobs=threads,
        random_state=layout.seed,
        callbacks=count_on,
        callbacks_every_iters=ITERATIONS_PER_REPORT,
    )
    plane = made.fit(
        affinities=affinity.PerplexityBasedNN(perplexity=layout.perplexity, knn_index=near, n_jobs=threads),
        initialization=initialization.pca(codes, random_state=layout.seed),
    )
    return np.asarray(plane, dtype=np.float32)


class _Abandoned(Exception):  # noqa: N818
    """Nobody waits for the work any more."""


def _watched(work: Callable[[Report], Floats]) -> Generator[Step, None, Floats]:
    """The newest of the steps that `work` reports, while a thread does it; returns what it returned or raises it.

    Where nothing new is reported, the last step says every two seconds for how long it has been going on.
    A library that reports by calling back cannot yield: the thread lets whoever waits be stopped meanwhile, and ends at
    its next report after that.
    """
    reports: queue.SimpleQueue[Step] = queue.SimpleQueue()
    abandoned = threading.Event()
    ended: list[Floats | BaseException] = []

    def report(step: Step) -> None:
        if abandoned.is_set():
            raise _Abandoned
        reports.put(step)

    def perform() -> None:
        try:
            ended.append(work(report))
        except BaseException as error:  # handed to whoever waits
            ended.append(error)

    thread = threading.Thread(target=perform, name="layout", daemon=True)
    thread.start()
    try:
        yield from _followed(thread, reports)
    finally:
        abandoned.set()
    (result,) = ended
    if isinstance(result, BaseException):
        raise result
    return result


def _followed(thread: threading.Thread, reports: "queue.SimpleQueue[Step]") -> Generator[Step, None, None]:
    last, since, said = Step(0.0, ""), time.monotonic(), 0.0
    while thread.is_alive():
        thread.join(LOOK_S)
        silent = time.monotonic() - since
        if newest := _newest(reports):
            last, since, said = newest, time.monotonic(), 0.0
            yield newest
        elif silent > said + SILENCE_S:
            said = silent
            yield Step(last.done, f"{last.message}, for {silent:.0f} s")


def _newest(reports: "queue.SimpleQueue[Step]") -> Step | None:
    newest = None
    while not reports.empty():
        newest = reports.get()
    return newest


# --- back to codes


def inverse(codes: Floats, plane: Floats, places: Floats, neighbours: int = INVERSE_NEIGHBOURS) -> Floats:
    """A code for each of the places [m, 2]: [m, latent], by codes [n, latent] and where they lie, plane [n, 2].

    SettingError when codes and plane do not belong together, or for a number of neighbours below 1.
    """
    _require_pairs(codes, plane, neighbours)
    if len(codes) == 1:
        return np.repeat(codes, len(places), axis=0)
    near = min(neighbours, len(codes) - 1)
    distances, indices = _search(plane, near + 1).kneighbors(places.astype(np.float64))
    return _weighted(codes, indices, distances)


def inverse_errors(codes: Floats, plane: Floats, neighbours: int = INVERSE_NEIGHBOURS) -> tuple[Floats, Floats]:
    """What the inverse gives at each projected point without that point [n, latent], and how far off it is [n].

    SettingError as for `inverse`, and for fewer than 3 points.
    """
    _require_pairs(codes, plane, neighbours)
    if len(codes) < 3:
        raise SettingError(f"Of {len(codes)} points none can be left out and guessed by the others: give 3 or more.")
    near = min(neighbours, len(codes) - 2)
    distances, indices = _search(plane, near + 1).kneighbors()  # of each point without itself
    guessed = _weighted(codes, indices, distances)
    return guessed, distance(guessed, codes)


def distance(codes: Floats, others: Floats) -> Floats:
    """Euclidean distance of each code to its partner, or to the one there is: [n]."""
    return np.asarray(np.linalg.norm(codes - others, axis=1), dtype=np.float32)


def _require_pairs(codes: Floats, plane: Floats, neighbours: int) -> None:
    if codes.ndim != 2 or plane.shape != (len(codes), 2) or not len(codes):
        raise SettingError(
            f"Codes of shape {list(codes.shape)} and a plane of shape {list(plane.shape)} do not belong together: give "
            "one place of two numbers for each code."
        )
    if neighbours < 1:
        raise SettingError(f"{neighbours} neighbours give no code: choose 1 or more.")


def _search(plane: Floats, count: int) -> Any:
    from sklearn import neighbors

    make: Any = neighbors.NearestNeighbors
    return make(n_neighbors=count).fit(plane.astype(np.float64))


def _weighted(codes: Floats, indices: Indices, distances: Distances) -> Floats:
    """Means by the weights of the module's docstring; indices and distances [m, k + 1], the nearest first."""
    weights = _weights(distances)
    found = np.empty((len(indices), codes.shape[1]), np.float32)
    for rows in slices(len(indices), max(1, NUMBERS_PER_BLOCK // (indices.shape[1] * codes.shape[1]))):
        found[rows] = np.einsum("mk,mkl->ml", weights[rows], codes[indices[rows, :-1]])
    return found


def _weights(distances: Distances) -> Distances:
    """[m, k + 1] -> [m, k], each row with the sum 1."""
    radius = distances[:, -1:]
    share = np.divide(distances[:, :-1], radius, out=np.zeros_like(distances[:, :-1]), where=radius > 0)
    weights = ((1 - share) / np.maximum(share, NEAREST_SHARE)) ** 2
    weights[(radius[:, 0] == 0) | ~weights.any(1)] = 1.0
    return np.asarray(weights / weights.sum(1, keepdims=True))


# --- what it is worth


def fidelity(trained: Trained, codes: Floats, plane: Floats, guessed: Floats, seed: int = 0) -> Fidelity:
    """Measures of a plane and of what its inverse `guessed` [n, latent] with each point left out.

    Neighbours are compared among 5,000 points, the nearest ten of each, images of 500 are decoded; fewer if there are
    fewer. SettingError for fewer points than two neighbourhoods hold.
    """
    measured = np.sort(shuffled(len(codes), seed, "measured")[:MEASURED])
    decoded = np.sort(shuffled(len(codes), seed, "decoded")[:DECODED])
    mean = codes.mean(0, keepdims=True)
    images = decode(trained, codes[decoded])
    trusted = trustworthiness(codes[measured], [plane[measured], _principal(codes, 2)[measured]], NEIGHBOURS)
    return Fidelity(
        trustworthiness=trusted[0],
        pca_trustworthiness=trusted[1],
        inverse_error=float(distance(guessed, codes).mean()),
        mean_code_error=float(distance(codes, mean).mean()),
        pixel_error=_pixel_error(decode(trained, guessed[decoded]), images),
        mean_code_pixel_error=_pixel_error(decode(trained, mean), images),
    )


def _pixel_error(images: Floats, others: Floats) -> float:
    return float(np.square(images - others, dtype=np.float64).reshape(len(others), -1).sum(1).mean())
