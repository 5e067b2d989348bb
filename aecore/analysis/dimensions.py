"""Dimensionality reduction as a use: PCA, UMAP, t-SNE and autoencoders, judged by what they keep of neighbourhoods.

The images that are measured are test images. What can place images it has not met is fitted on training images alone:
PCA, UMAP and the autoencoders. t-SNE cannot: it places the measured images themselves, without their labels, and so
has seen what it is measured on. Neighbours are looked for among the measured images, leaving one out, for every
method alike; nothing else would be defined for t-SNE.

t-SNE is offered for 1 to 3 numbers: the fast algorithm (Barnes-Hut) divides the space into 2^size parts at every
level and goes no further, and the exact one takes memory and time that grow with the square of the images.

Settings are those the authors recommend: UMAP 15 neighbours and a least distance of 0.1, t-SNE perplexity 30 from a
start by PCA. Both take Euclidean distances of pixels. One seed each.

Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction",
arXiv:1802.03426, 2018; van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008; van der Maaten,
"Accelerating t-SNE using Tree-Based Algorithms", JMLR 2014.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from typing import Any, Literal

import numpy as np

from aecore.analysis.baselines import fit_pca
from aecore.analysis.neighbours import NEIGHBOURS, Kept, Neighbourhoods
from aecore.analysis.trained import Floats, Trained, as_floats, autoencoder_of, encode
from aecore.data.image_set import ImageSet, Splits
from aecore.data.splits import nested_subset
from aecore.errors import SettingError

SIZES = (2, 8, 32)
MEASURED = 5_000
FITTED = 10_000
SEED = 0
TSNE_SIZES = (1, 2, 3)
UMAP_NEIGHBOURS = 15
PERPLEXITY = 30.0

PIXELS, PCA, UMAP, TSNE = "Pixels", "PCA", "UMAP", "t-SNE"
CLASSICAL = (PCA, UMAP, TSNE)
SEEN = "It places the measured images themselves and has no way to place others."
NOT_OFFERED = "Not offered: its fast algorithm goes up to 3 numbers."


Measure = Literal["accuracy", "trustworthiness"]


@dataclass(frozen=True)
class Row:
    """One method at one size. `accuracy` and `trustworthiness` are shares; None where there is nothing to measure."""

    method: str
    size: int
    accuracy: float | None = None
    trustworthiness: float | None = None
    fitted_on: int = 0  # images; 0 where nothing was fitted
    seconds: float | None = None  # to fit it and to place the measured images, as this machine took; None unknown
    note: str = ""
    run: str = ""  # the id of the run whose codes these are; "" for what was fitted to be compared

    def to_dict(self) -> dict[str, object]:
        """As JSON knows it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Row":
        """What `to_dict` gave."""
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Coder:
    """A trained autoencoder to be measured: what its curve is called, and what else should be known."""

    method: str
    trained: Trained
    note: str = ""
    seconds: float | None = None  # of its training
    run: str = ""  # its id, for a run that was there


@dataclass(frozen=True)
class Task:
    """One row to come: what it is about, and the work."""

    title: str
    run: Callable[[], Row]


@dataclass(frozen=True)
class Comparison:
    """All rows, and what they were measured on."""

    rows: tuple[Row, ...]
    dataset: str
    images: int  # measured
    neighbours: int = NEIGHBOURS

    @property
    def pixels(self) -> Row | None:
        """The images themselves."""
        return next((row for row in self.rows if row.method == PIXELS and not row.run), None)

    @property
    def fitted(self) -> tuple[Row, ...]:
        """What was fitted at sizes that were asked for: all but the pixels and runs that were there."""
        return tuple(row for row in self.rows if row.method != PIXELS and not row.run)

    @property
    def runs(self) -> tuple[Row, ...]:
        """Runs that were there, each at its own size."""
        return tuple(row for row in self.rows if row.run)

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of what was fitted, in the order of the rows."""
        return tuple(dict.fromkeys(row.method for row in self.fitted))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that were asked for, ascending."""
        return tuple(sorted({row.size for row in self.fitted}))

    @property
    def measure(self) -> Measure:
        """What methods are told apart by: accuracy where there are classes."""
        return "accuracy" if any(row.accuracy is not None for row in self.rows) else "trustworthiness"

    def at(self, method: str, size: int) -> Row | None:
        """What was fitted by this method at this size; None until it is measured."""
        return next((row for row in self.fitted if (row.method, row.size) == (method, size)), None)

    def to_dict(self) -> dict[str, object]:
        """As JSON knows it."""
        return {**asdict(self), "rows": [row.to_dict() for row in self.rows]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Comparison":
        """What `to_dict` gave."""
        return cls(**{**values, "rows": tuple(Row.from_dict(row) for row in values["rows"])})


def dimensions(
    splits: Splits,
    coders: Sequence[Coder] = (),
    sizes: Sequence[int] = SIZES,
    measured: int = MEASURED,
    fitted: int = FITTED,
) -> Iterator[Row]:
    """The rows, one after the other: each takes from a moment to a minute, so whoever asks may stop in between."""
    return (task.run() for task in tasks(splits, coders, sizes, measured, fitted))


def tasks(
    splits: Splits,
    coders: Sequence[Coder] = (),
    sizes: Sequence[int] = SIZES,
    measured: int = MEASURED,
    fitted: int = FITTED,
) -> list[Task]:
    """The work in parts, with a name for each.

    `measured` test images and `fitted` training images (0: all) are taken, of every class about as many. SettingError
    for a size below 1; DataError for too few or too many images to measure.
    """
    bench = Bench(splits, measured, fitted)
    return bench.tasks(sizes) + [
        Task(f"{each.method}, {autoencoder_of(each.trained).latent} numbers", _later(bench.coder, each))
        for each in coders
    ]


def _later(run: Callable[[Any], Row], argument: object) -> Callable[[], Row]:
    return lambda: run(argument)


class Bench:
    """What methods are fitted on and measured by: `fitted` training images and `measured` test images, 0 for all."""

    def __init__(self, splits: Splits, measured: int = MEASURED, fitted: int = FITTED):
        """DataError for too few or too many images to measure."""
        self.splits = splits
        self.train = nested_subset(splits.train, fitted)
        self.neighbourhoods = Neighbourhoods(nested_subset(splits.test, measured))

    def tasks(self, sizes: Sequence[int]) -> list[Task]:
        """Everything but trained models, method by method. SettingError for a size below 1."""
        if any(size < 1 for size in sizes):
            raise SettingError(f"Codes of {min(sizes)} numbers hold nothing: choose sizes from 1.")
        methods = ((PCA, self.pca), (UMAP, self.umap), (TSNE, self.tsne))
        return [
            Task("Pixels as they are", self.pixels),
            *(Task(f"{name}, {size} numbers", _later(one, size)) for name, one in methods for size in sizes),
        ]

    @property
    def test(self) -> ImageSet:
        """The images that are measured."""
        return self.neighbourhoods.images

    def pixels(self) -> Row:
        """The images themselves."""
        return _row(PIXELS, self.test.pixels, self.neighbourhoods.of_pixels(), 0, None)

    def pca(self, size: int) -> Row:
        """Principal components."""
        import_module("sklearn.decomposition")  # not on the clock
        begun = time.perf_counter()
        fitted = fit_pca(self.train, size)
        codes = fitted.encode(as_floats(self.test.images)).numpy()
        note = "" if fitted.size == size else f"There are only {fitted.size} directions."
        return _row(PCA, size, self.neighbourhoods.measure(codes), len(self.train), begun, note)

    def umap(self, size: int) -> Row:
        """UMAP; the test images are placed into what the training images gave."""
        _import_umap()  # not on the clock, what it compiles at its first use is
        begun = time.perf_counter()
        codes = _umap(_rows(self.train), _rows(self.test), size)
        return _row(UMAP, size, self.neighbourhoods.measure(codes), len(self.train), begun)

    def tsne(self, size: int) -> Row:
        """t-SNE of the test images, or why it is not offered."""
        if size not in TSNE_SIZES:
            return Row(TSNE, size, note=NOT_OFFERED)
        begun = time.perf_counter()
        codes = _tsne(_rows(self.test), size)
        return _row(TSNE, size, self.neighbourhoods.measure(codes), len(self.test), begun, SEEN)

    def coder(self, coder: Coder) -> Row:
        """A trained model. SettingError for one of images of another shape."""
        codes = encode(coder.trained, self.test.images)
        kept = self.neighbourhoods.measure(codes)
        row = _row(coder.method, codes.shape[1], kept, len(coder.trained.splits.train), None, coder.note)
        return replace(row, seconds=coder.seconds, run=coder.run)


def _row(method: str, size: int, kept: Kept, fitted_on: int, begun: float | None, note: str = "") -> Row:
    seconds = None if begun is None else time.perf_counter() - begun
    return Row(method, size, kept.accuracy, kept.trustworthiness, fitted_on, seconds, note)


def _rows(images: ImageSet) -> Floats:
    """[n, pixels] in [0, 1]."""
    rows = images.images.reshape(len(images), -1).astype(np.float32)
    rows /= 255.0
    return rows


def _umap(train: Floats, test: Floats, size: int) -> Floats:
    """Fitted on `train`, codes of `test`. The seed makes it reproducible, for which it needs a single thread."""
    umap = _import_umap()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed leaves one thread, and what packages below will rename
        near = min(UMAP_NEIGHBOURS, len(train) - 1)
        # The start by the graph's eigenvectors needs more points than numbers.
        start = "spectral" if len(train) > 4 * size else "random"
        fitted: Any = umap.UMAP(n_neighbors=near, n_components=size, init=start, random_state=SEED, n_jobs=1)
        fitted.fit(train)
        return np.asarray(fitted.transform(test), dtype=np.float32)


def _import_umap() -> Any:
    """Slow: seconds, and longer the first time ever, when numba compiles what it keeps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about optional packages that it would like to have
        import umap
    return umap


def _tsne(images: Floats, size: int) -> Floats:
    from sklearn import manifold

    perplexity = min(PERPLEXITY, (len(images) - 1) / 3)
    make: Any = manifold.TSNE
    placed = make(size, perplexity=perplexity, init="pca", random_state=SEED)
    return np.asarray(placed.fit_transform(images), dtype=np.float32)
