"""The latent canvas: a map of codes, a probe, sliders and interpolation, decoded in the browser at pointer rate.

The decoder travels once as ONNX bytes, together with the codes and the pictures, in one packed scene. While a person
explores, nothing is sent to the server. The component itself lies in assets/browser/canvas.js.

    position = (code - mean) componentsᵀ        the plane of the map; for codes of two numbers it is the code itself

Packing takes some 50 ms for 10,000 images of MNIST, so that a page keeps what it has packed in a cache:

    scene = pack_scene(key="page.canvas", decoder=onnx_bytes, codes=codes, thumbnails=test.images,
                       labels=test.labels, class_names=test.class_names, projection=Projection(mean, components))
    show_scene(scene, key="page.canvas")
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.errors import SettingError
from aecore.places import ASSETS
from pages.shared.packing import pack
from pages.shared.serving import browser_url
from pages.shared.theme import DARK, LIGHT, class_colour, class_shape

Part = Literal["map", "sliders", "interpolation"]
Floats = npt.NDArray[np.floating[Any]]

PICTURES_LIMIT = 64 * 1024 * 1024  # bytes; beyond it only the first pictures can be taken up
SPREAD = 3.0  # sliders reach this many standard deviations to both sides of the mean
NO_SPREAD = 1e-3  # a dimension that never changes still gets a slider that can be moved


@dataclass(frozen=True)
class Projection:
    """The plane of the map: mean [latent] and two components [2, latent]. PCA's components have length 1."""

    mean: Floats
    components: Floats


@dataclass(frozen=True)
class Kept:
    """A code that a person kept, and the index of the picture it belongs to, if one was held."""

    code: tuple[float, ...]
    index: int | None


def pack_scene(
    *,
    key: str,
    decoder: bytes,
    codes: Floats,
    thumbnails: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer[Any]] | None = None,
    class_names: Sequence[str] = (),
    plane: Floats | None = None,
    projection: Projection | None = None,
    activity: Floats | None = None,
    ranges: Floats | None = None,
    parts: Sequence[Part] | None = None,
    axes: tuple[str, str] | None = None,
    ends: tuple[int, int] | None = None,
    keep: str | None = None,
) -> bytes:
    """Everything the browser needs, as bytes that are the same for the same scene.

    decoder     ONNX: input "codes" float32 [batch, latent], output "images" float32 [batch, C, H, W] in [0, 1]
    codes       [count, latent], the true code of each point
    thumbnails  uint8 [pictured, C, H, W], the originals of the first `pictured` points; only these can be taken up
    labels      [count], index into class_names
    plane       [count, 2], where the points lie; by default where `projection` puts them. A plane that is no linear
                projection (t-SNE, UMAP) has no `projection`: its points can be taken up, but not dragged
    projection  not needed for codes of one or two numbers
    activity    [latent], how much each number of the code does: the order of the sliders. By default its standard
                deviation over the codes
    ranges      [latent, 2], of the sliders; by default three standard deviations around the mean
    parts       which of map, sliders and interpolation; by default all that make sense for this size of code
    axes        what to write at the axes
    ends        two indices where the interpolation starts; by default the first two pictures of different classes
    keep        words of a button with which a person keeps the code on screen; without it nothing is ever sent back

    SettingError when these do not fit together.
    """
    codes = np.asarray(codes, dtype=np.float32)
    _check(codes, thumbnails, labels, class_names, plane, projection)
    count, latent = codes.shape
    thumbnails = thumbnails[: max(1, PICTURES_LIMIT // max(1, int(np.prod(thumbnails.shape[1:]))))]
    chosen = _projection(codes, plane, projection)
    points = _points(codes, plane, chosen)
    classes = _classes(class_names if labels is not None else ())
    shown_parts = _parts(parts, latent, points is not None, len(thumbnails))
    numbers = np.zeros(count, np.int32) if labels is None else np.asarray(labels, np.int32)
    arrays: dict[str, npt.NDArray[Any]] = {
        "decoder": np.frombuffer(decoder, np.uint8),
        "codes": codes,
        "mean": codes.mean(axis=0, dtype=np.float64).astype(np.float32),
        "labels": numbers,
        "pictures": thumbnails,
    }
    if chosen is not None:
        arrays["origin"] = np.asarray(chosen.mean, np.float32)
        arrays["components"] = np.asarray(chosen.components, np.float32)
    if points is not None and points is not codes:
        arrays["points"] = points
    header = {
        "key": key,
        "shape": list(thumbnails.shape[1:]),
        "latent": latent,
        "count": count,
        "pictured": len(thumbnails),
        "movable": chosen is not None,
        "classes": classes,
        "parts": shown_parts,
        "axes": list(axes or _axes(latent, chosen is not None)),
        "sliders": _sliders(codes, activity, ranges),
        "ends": list(ends or _ends(numbers[: len(thumbnails)])),
        "keep": keep,
        "themes": {"light": asdict(LIGHT), "dark": asdict(DARK)},
        "decoder_hash": hashlib.sha256(decoder).hexdigest(),
    }
    header["fingerprint"] = hashlib.sha256(pack(header, arrays)).hexdigest()
    return pack(header, arrays)


def show_scene(scene: bytes, *, key: str, on_keep: Callable[[], None] | None = None) -> Kept | None:
    """Show a packed scene; `key` is the one it was packed with. Returns the code that was kept last, if any.

    `on_keep` is called when a person keeps a code, before the page runs again.
    """
    result = _CANVAS(key=key, data=scene, default={"kept": None}, on_kept_change=on_keep or _do_nothing)
    kept = result.kept
    return None if kept is None else Kept(tuple(map(float, kept["code"])), kept["index"])


def _do_nothing() -> None:
    """Streamlit keeps a component's state only where a callback is named."""


# A module made from a string has no address of its own, so the import inside it needs the server's.
_CANVAS = st.components.v2.component(
    "latent_canvas",
    css=(ASSETS / "browser" / "canvas.css").read_text(encoding="utf-8"),
    js=f"""
    const {{ mount }} = await import(location.origin + {browser_url("canvas.js")!r});
    export default mount;
    """,
)


def _check(
    codes: Floats,
    thumbnails: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer[Any]] | None,
    class_names: Sequence[str],
    plane: Floats | None,
    projection: Projection | None,
) -> None:
    if codes.ndim != 2 or 0 in codes.shape:
        raise SettingError(f"The canvas needs codes of shape [count, latent] with at least one, not {codes.shape}.")
    if not np.isfinite(codes).all():
        raise SettingError("Some codes are not finite numbers: the model has diverged and cannot be explored.")
    if thumbnails.dtype != np.uint8 or thumbnails.ndim != 4 or thumbnails.shape[1] not in (1, 3):
        raise SettingError(
            f"The canvas needs pictures as uint8 [count, 1 or 3, height, width], "
            f"not {thumbnails.dtype} of shape {list(thumbnails.shape)}."
        )
    if not 1 <= len(thumbnails) <= len(codes):
        raise SettingError(f"There are {len(thumbnails)} pictures for {len(codes)} codes: give from 1 to that many.")
    if labels is not None and (
        labels.shape != (len(codes),) or not 0 <= labels.min() <= labels.max() < len(class_names)
    ):
        raise SettingError(f"There must be one label per code, each an index into {len(class_names)} class names.")
    _check_plane(codes, plane, projection)


def _check_plane(codes: Floats, plane: Floats | None, projection: Projection | None) -> None:
    count, latent = codes.shape
    if plane is not None and (plane.shape != (count, 2) or not np.isfinite(plane).all()):
        raise SettingError(f"The plane must have two finite numbers for each of {count} codes, not {plane.shape}.")
    if projection is None:
        return
    if projection.mean.shape != (latent,) or projection.components.shape != (2, latent):
        raise SettingError(
            f"A projection of codes of {latent} numbers has a mean of {latent} and components of 2 x {latent}, "
            f"not {projection.mean.shape} and {projection.components.shape}."
        )
    if plane is not None and not np.allclose(_project(codes[:64], projection), plane[:64], rtol=1e-2, atol=1e-3):
        raise SettingError("The plane is not where the projection puts the codes: give one of the two.")


def _project(codes: Floats, projection: Projection) -> npt.NDArray[np.float32]:
    return np.asarray((codes - projection.mean) @ np.asarray(projection.components).T, np.float32)


def _projection(codes: Floats, plane: Floats | None, projection: Projection | None) -> Projection | None:
    """The plane in which the probe moves; codes of one or two numbers are their own."""
    latent = codes.shape[1]
    if projection is not None or plane is not None or latent > 2:
        return projection
    return Projection(np.zeros(latent, np.float32), np.eye(2, latent, dtype=np.float32))


def _points(codes: Floats, plane: Floats | None, projection: Projection | None) -> Floats | None:
    if plane is not None:
        return np.asarray(plane, np.float32)
    if projection is None:
        return None
    if codes.shape[1] == 2 and np.array_equal(projection.components, np.eye(2)) and not projection.mean.any():
        return codes
    points = _project(codes, projection)
    if codes.shape[1] == 1:
        points[:, 1] = _scattered(len(codes)) * max(float(codes.std()), NO_SPREAD)
    return points


def _scattered(count: int) -> Floats:
    """Heights in [-0.5, 0.5) that keep points on one line apart: multiples of the golden ratio, modulo one."""
    return (np.arange(count) * 0.6180339887498949) % 1 - 0.5


def _classes(names: Sequence[str]) -> list[dict[str, str]]:
    if not names:
        return [{"name": "", "shape": class_shape(0), "light": LIGHT.accent, "dark": DARK.accent}]
    return [
        {
            "name": str(name),
            "shape": class_shape(index),
            "light": class_colour(index, LIGHT),
            "dark": class_colour(index, DARK),
        }
        for index, name in enumerate(names)
    ]


def _parts(parts: Sequence[Part] | None, latent: int, has_points: bool, pictured: int) -> list[Part]:
    possible: dict[Part, bool] = {"map": has_points, "sliders": True, "interpolation": pictured > 1}
    if parts is None:
        return [part for part, fits in possible.items() if fits and (part != "sliders" or latent > 2)]
    for part in parts:
        if not possible.get(part, False):
            raise SettingError(f"The canvas cannot show {part!r} here: a map needs a plane, an interpolation pictures.")
    return list(parts)


def _axes(latent: int, is_projection: bool) -> tuple[str, str]:
    if not is_projection:
        return ("", "")
    return {1: ("code", ""), 2: ("code 1", "code 2")}.get(latent, ("component 1", "component 2"))


def _ends(labels: npt.NDArray[np.int32]) -> tuple[int, int]:
    others = np.flatnonzero(labels != labels[0])
    return (0, int(others[0]) if len(others) else min(1, len(labels) - 1))


def _sliders(codes: Floats, activity: Floats | None, ranges: Floats | None) -> list[dict[str, float | int]]:
    spread = codes.std(axis=0)
    middle = codes.mean(axis=0)
    reach = SPREAD * np.maximum(spread, NO_SPREAD)
    bounds = np.stack([middle - reach, middle + reach], axis=1) if ranges is None else np.asarray(ranges)
    active = spread if activity is None else np.asarray(activity)
    return [
        {
            "dimension": int(index),
            "low": float(bounds[index, 0]),
            "high": float(bounds[index, 1]),
            "activity": float(active[index]),
        }
        for index in np.argsort(-active, kind="stable")
    ]
