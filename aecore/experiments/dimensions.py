"""Dimensionality reduction: what do codes of different methods and sizes keep of neighbourhoods?

Autoencoders of four variants are trained at every size on the images that PCA and UMAP are fitted on; finished runs on
the same data set, trained on clean images of all classes without their labels, join them at their own size with the
images they had. How all of them are measured is said in `aecore.analysis.dimensions` and `aecore.analysis.neighbours`.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from aecore.errors import SettingError
from aecore.experiments.experiment import Advance, Kind, Place, Result, Table, Values
from aecore.settings import Settings, setting

# The variants and what is changed: moderate networks, so that all of it takes minutes.
AUTOENCODERS: Mapping[str, Mapping[str, object]] = {
    "simple": {},
    "deep": {},
    "convolutional": {"network.channels": (8, 16)},
    "variational": {},
}


@dataclass(frozen=True)
class DimensionsSettings(Settings):
    """Which sizes, on how many images."""

    sizes: tuple[int, ...] = setting((2, 8, 32), 1, 1024, "numbers", "lengths of the codes", label="Code sizes")
    fitted: int = setting(
        10_000, 0, 10_000_000, "images", "training images that everything is fitted on; 0 stands for all",
        label="Training images", logarithmic=True,
    )  # fmt: skip
    measured: int = setting(
        5_000, 22, 10_000, "images", "test images whose neighbours are looked for; time grows with its square",
        label="Test images", logarithmic=True,
    )  # fmt: skip
    epochs: int = setting(20, 1, 1000, "passes", "of the autoencoders that are trained here", logarithmic=True)
    runs: bool = setting(True, reason="finished runs on these images are measured as well", label="Runs that are there")
    seed: int = setting(0, 0, 2**31 - 1, "", "of the autoencoders", advanced=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sizes:
            raise SettingError("sizes is empty: give at least one length of a code.")

    @property
    def lengths(self) -> tuple[int, ...]:
        """The sizes, each once, ascending."""
        return tuple(sorted(set(self.sizes)))


def _perform(settings: Settings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    assert isinstance(settings, DimensionsSettings)
    from aecore.experiments.dimensions_work import perform  # torch

    return perform(settings, dataset, place)


def _seconds(settings: Settings, dataset: str) -> float:
    assert isinstance(settings, DimensionsSettings)
    from aecore.experiments.dimensions_work import seconds  # torch

    return seconds(settings, dataset)


def _table(results: Sequence[Values]) -> Table:
    """A row for each method, two columns for each size: accuracy in percent and trustworthiness."""
    sizes = sorted({each for each in map(_size, results) if each is not None})
    rows: dict[str, dict[str, object]] = {}
    for each in results:
        row = rows.setdefault(str(each["method"]), {"method": each["method"]})
        for name, factor, form in (("accuracy", 100.0, ".1f"), ("trustworthiness", 1.0, ".3f")):
            value = each.get(name)
            if isinstance(value, (int, float)):
                row[f"{name} {each['size']}"] = format(factor * value, form)
    return list(rows.values()), {
        "method": "10 neighbours, by numbers per code",
        **{f"accuracy {size}": f"accuracy {size}, %" for size in sizes},
        **{f"trustworthiness {size}": f"trust {size}" for size in sizes},
    }


def _size(values: Values) -> int | None:
    """Of a method's code; the pixels themselves have no column of their own."""
    size = values.get("size")
    return size if isinstance(size, int) and values.get("method") != "Pixels" else None


DIMENSIONS = Kind(
    "dimensions",
    "Dimensions",
    "What codes of PCA, UMAP, t-SNE and autoencoders keep of neighbourhoods, at several sizes.",
    DimensionsSettings,
    _perform,
    _table,
    _seconds,
)
