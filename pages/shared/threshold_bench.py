"""The threshold bench: a histogram of scores under a line that a person drags, with everything that follows from it.

Scores and small pictures travel once, in one packed scene; while the line moves nothing is sent to the server, and
where it is let go comes back. The component itself lies in assets/browser/bench.js.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.browser.colours import DARK, LIGHT
from aecore.browser.packing import pack
from aecore.data.image_set import ImageSet
from aecore.places import ASSETS
from pages.shared.serving import component_script

PICTURE_BYTES = 12 * 2**20  # of all small pictures together
LONGEST_SIDE = 48  # pixels of a small picture
OUTLIERS = 0.995  # share of the scores that the axis reaches to; the others are in its last bar
SKEWED = 8.0  # that many times the median at the far end make the axis logarithmic

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Kinds:
    """Normal and anomalous images with their scores; there may be no anomalous ones."""

    normal: ImageSet
    anomalous: ImageSet
    normal_scores: Floats
    anomalous_scores: Floats


@dataclass(frozen=True)
class Start:
    """Where the line begins, how sure that is, in words too, and the prices of both errors."""

    threshold: float
    low: float  # may be infinite
    high: float
    words: str
    alarm_price: float = 1.0
    miss_price: float = 1.0


def pack_bench(*, key: str, line: str, title: str, unit: str, kinds: Kinds, start: Start) -> bytes:
    """Everything the browser needs. While `line` is the same the line stays where a person has put it."""
    scores = np.concatenate([kinds.normal_scores, kinds.anomalous_scores])
    low, high = _reach(scores, start.threshold)
    pictures = _small(kinds.normal, kinds.anomalous)
    names, labels = _names(kinds.normal, kinds.anomalous)
    header: dict[str, Any] = {
        "key": key,
        "line": line,
        "title": title,
        "unit": unit,
        "threshold": start.threshold,
        "band": [each if math.isfinite(each) else None for each in (start.low, start.high)],
        "band_words": start.words,
        "prices": [start.alarm_price, start.miss_price],
        "low": low,
        "high": high,
        "logarithmic": low > 0 and float(np.quantile(scores, OUTLIERS)) > SKEWED * float(np.median(scores)),
        "shape": list(pictures.shape[1:]),
        "names": names,
        "themes": {"light": asdict(LIGHT), "dark": asdict(DARK)},
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "scores": scores.astype(np.float32),
        "anomalous": (np.arange(len(scores)) >= len(kinds.normal_scores)).astype(np.uint8),
        "labels": labels,
        "pictures": pictures,
    }
    header["fingerprint"] = hashlib.sha256(pack(header, arrays)).hexdigest()
    return pack(header, arrays)


def show_bench(scene: bytes, *, key: str, on_move: Callable[[], None] | None = None) -> float | None:
    """Show a packed bench; where the line was last let go, None before it was ever moved."""
    result = _BENCH(key=key, data=scene, default={"threshold": None}, on_threshold_change=on_move or _do_nothing)
    return None if result.threshold is None else float(result.threshold)


def _do_nothing() -> None:
    """Streamlit keeps a component's state only where a callback is named."""


_BENCH = st.components.v2.component(
    "threshold_bench",
    css="\n".join((ASSETS / "browser" / name).read_text(encoding="utf-8") for name in ("canvas.css", "bench.css")),
    js=component_script("bench.js"),
)


def _reach(scores: Floats, threshold: float) -> tuple[float, float]:
    """The ends of the axis: the lowest score, and one beyond which only outliers lie; the threshold is inside."""
    low = min(float(scores.min()), threshold)
    high = max(float(np.quantile(scores, OUTLIERS)), threshold + 0.05 * abs(threshold - low))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _small(normal: ImageSet, anomalous: ImageSet) -> npt.NDArray[np.uint8]:
    """Pictures small enough to be sent all together: means over squares of pixels."""
    count = max(1, len(normal) + len(anomalous))
    _, height, width = normal.shape
    times = max(math.ceil(max(height, width) / LONGEST_SIDE), math.ceil((count * normal.pixels / PICTURE_BYTES) ** 0.5))
    return np.concatenate([_shrunk(each.images, times) for each in (normal, anomalous)])


def _shrunk(images: npt.NDArray[np.uint8], times: int) -> npt.NDArray[np.uint8]:
    if times == 1:
        return np.asarray(images)
    count, channels, height, width = images.shape
    times = min(times, height, width)
    rows, columns = height // times, width // times
    cut = images[:, :, : rows * times, : columns * times].reshape(count, channels, rows, times, columns, times)
    return np.asarray(np.rint(cut.mean((3, 5), dtype=np.float32)), np.uint8)


def _names(normal: ImageSet, anomalous: ImageSet) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The names of the classes of both, and the class of each image; -1 where it has none."""
    labels = [
        np.full(len(each), -1) if each.labels is None else np.asarray(each.labels) for each in (normal, anomalous)
    ]
    if anomalous.class_names == normal.class_names:
        return list(normal.class_names), np.concatenate(labels).astype(np.int32)
    labels[1] = np.where(labels[1] < 0, -1, labels[1] + len(normal.class_names))
    return [*normal.class_names, *anomalous.class_names], np.concatenate(labels).astype(np.int32)
