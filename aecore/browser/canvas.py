"""The latent canvas: a map of codes, a probe, sliders and walks, decoded in the browser at pointer rate.

The decoder travels once as ONNX bytes, the codes and the pictures beside it, as blocks that the browser fetches when
it has drawn what it already has (`aecore.browser.blocks`). While a person explores, nothing is sent to the server. The
component itself lies in assets/browser/canvas.js.

    position = (code - mean) componentsᵀ        the plane of the map; for codes of two numbers it is the code itself

A plane of another kind (UMAP, t-SNE) is given by its points, and by `Inverse` what leads from a place back to a code.

Making a scene hashes all pictures (50 ms for 70,000 images of MNIST), so that a page keeps what it has made:

    scene = make_scene(key="page.canvas", decoder=onnx_bytes, codes=codes, thumbnails=test.images,
                       labels=test.labels, class_names=test.class_names, projection=Projection(mean, components))
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aecore.browser.blocks import ADDRESS, Block, as_block, places
from aecore.browser.colours import DARK, LIGHT, class_colour, class_shape
from aecore.browser.packing import pack
from aecore.errors import SettingError

Part = Literal["map", "sliders", "walk"]
Offer = Literal["group", "walk"]
Floats = npt.NDArray[np.floating[Any]]

PICTURES_LIMIT = 64 * 1024 * 1024  # bytes; beyond it only the first pictures can be taken up
SPREAD = 3.0  # sliders reach this many standard deviations to both sides of the mean
ALONG = ("along_units", "along_origins")
NO_SPREAD = 1e-3  # a dimension that never changes still gets a slider that can be moved


@dataclass(frozen=True)
class Projection:
    """The plane of the map: mean [latent] and two components [2, latent]. PCA's components have length 1."""

    mean: Floats
    components: Floats


@dataclass(frozen=True, eq=False)
class Inverse:
    """The way from a place of a plane without components back to a code: see `aecore.analysis.projections.inverse`.

    neighbours       how many points make a code
    errors           [count], how far off it is at each point, the point itself left out
    mean_code_error  the mean distance of the codes to their mean, to compare with
    """

    neighbours: int
    errors: Floats
    mean_code_error: float


@dataclass(frozen=True)
class Colouring:
    """A number for each point of the map: what it is called, its unit and reduction, values [count]."""

    key: str
    title: str
    unit: str
    values: Floats


@dataclass(frozen=True)
class Past:
    """What the canvas is told of recorded epochs: where the history is, or why there is none."""

    missing: str = ""
    history: Block | None = None
    blocks: tuple[Block, ...] = ()  # that the history names: they exist as long as it does

    @property
    def message(self) -> dict[str, Any]:
        """What the header of a scene says of it."""
        return {"missing": self.missing, "history": self.history and self.history.place}


@dataclass(frozen=True, eq=False)
class Scene:
    """What the browser is sent, and the arrays that it fetches: they exist as long as the scene does."""

    header: Mapping[str, Any]
    small: Mapping[str, npt.NDArray[Any]]  # arrays that travel in the message
    blocks: Mapping[str, Block]
    past: Past | None = None

    @cached_property
    def message(self) -> bytes:
        """The same bytes for the same scene."""
        header = {**self.header, "blocks": places(self.blocks)}
        header["fingerprint"] = hashlib.sha256(pack(header, self.small)).hexdigest()
        return pack(header, self.small)

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name."""
        return {name: each.array for name, each in self.blocks.items()}

    def extended(self, groups: "Sequence[KeptGroup]" = (), along: "Sequence[Along]" = ()) -> "Scene":
        """The same scene with other groups kept beside it, and other directions."""
        header = {
            **self.header,
            "groups": [{"name": each.name, "count": len(each.ids)} for each in groups],
            "along": [{"title": each.title, "low": each.low, "high": each.high, "note": each.note} for each in along],
        }
        small = {name: array for name, array in self.small.items() if name not in ALONG}
        if along:
            vectors = ([each.unit for each in along], [each.origin for each in along])
            small |= {name: np.array(each, np.float32) for name, each in zip(ALONG, vectors, strict=True)}
        blocks = {name: block for name, block in self.blocks.items() if not name.startswith("group.")}
        for number, group in enumerate(groups):
            blocks[f"group.{number}"] = as_block(np.asarray(group.ids, np.int32))
        return Scene(header, small, blocks, self.past)

    def remembering(self, past: Past) -> "Scene":
        """The same scene with other recorded epochs."""
        return Scene({**self.header, "past": past.message}, self.small, self.blocks, past)


@dataclass(frozen=True)
class Along:
    """A direction with a slider of its own: position = unit · (code - origin), from low to high."""

    title: str
    unit: Floats  # [latent], of length 1
    origin: Floats  # [latent]
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class KeptGroup:
    """A group that is kept with the run: its name, and the numbers of its images in their data set."""

    name: str
    ids: npt.NDArray[np.integer[Any]]


def make_scene(
    *,
    key: str,
    decoder: bytes,
    codes: Floats,
    thumbnails: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer[Any]] | None = None,
    class_names: Sequence[str] = (),
    plane: Floats | None = None,
    projection: Projection | None = None,
    inverse: Inverse | None = None,
    activity: Floats | None = None,
    ranges: Floats | None = None,
    parts: Sequence[Part] | None = None,
    axes: tuple[str, str] | None = None,
    ends: tuple[int, int] | None = None,
    encoder: bytes | None = None,
    colourings: Sequence[Colouring] = (),
    ids: npt.NDArray[np.integer[Any]] | None = None,
    far: float | None = None,
    groups: Sequence[KeptGroup] = (),
    along: Sequence[Along] = (),
    offers: Sequence[Offer] = (),
    past: Past | None = None,
    plain: bool = False,
    drawn: bool = False,
) -> Scene:
    """Everything the browser needs; the message is the same for the same scene.

    decoder     ONNX: input "codes" float32 [batch, latent], output "images" float32 [batch, C, H, W] in [0, 1]
    codes       [count, latent], the true code of each point
    thumbnails  uint8 [pictured, C, H, W], the originals of the first `pictured` points; only these can be taken up
    labels      [count], index into class_names
    plane       [count, 2], where the points lie; by default where `projection` puts them. A plane that is no linear
                projection (t-SNE, UMAP) has no `projection`: without `inverse` its points can be taken up, but
                not dragged
    projection  not needed for codes of one or two numbers
    inverse     leads from `plane` back to codes; its errors are one more colouring
    activity    [latent], how much each number of the code does: the order of the sliders. By default its standard
                deviation over the codes
    ranges      [latent, 2], of the sliders; by default three standard deviations around the mean
    parts       which of map, sliders and walk; by default all that make sense for this size of code
    axes        what to write at the axes
    ends        two indices between which the walk goes at first; by default the first two pictures of different classes
    encoder     ONNX: input "images" float32 [batch, C, H, W], output "codes" [batch, latent] and, of a variational
                model, "spread" [batch, latent]: shows where a decoded image is encoded again
    colourings  numbers by which points can be coloured instead of by class
    ids         [count], the number of each image in its data set; by default counted from 0
    far         distance from the nearest code beyond which a place is far from all data
    groups      those that are kept with the run
    along       directions with a slider each, beside those of the single numbers
    offers      what a person can ask for: to keep a "group", to save a "walk". Without it nothing is ever sent back
    past        the recorded epochs of the run, for the time machine; without it there is none
    drawn       the model has drawn codes and pictures: they are no images of a data set, and `ids` count what it drew.
                Where there is a projection the probe begins at its mean, which is one of the codes
    plain       `decoder` is no ONNX but the packed steps of a dense one (`aecore.analysis.plain_network`): no runtime

    SettingError when these do not fit together.
    """
    codes = np.asarray(codes, dtype=np.float32)
    _check(codes, thumbnails, labels, class_names, plane, projection)
    count, latent = codes.shape
    colourings = [*colourings, *_inverse_errors(inverse, plane)]
    _check_columns(count, colourings, ids)
    thumbnails = thumbnails[: max(1, PICTURES_LIMIT // max(1, int(np.prod(thumbnails.shape[1:]))))]
    chosen = _projection(codes, plane, projection)
    points = _points(codes, plane, chosen)
    numbers = np.zeros(count, np.int32) if labels is None else np.asarray(labels, np.int32)
    arrays: dict[str, npt.NDArray[Any]] = {
        "codes": codes,
        "labels": numbers,
        "decoder": np.frombuffer(decoder, np.uint8),
        "pictures": thumbnails,
        "ids": np.arange(count, dtype=np.int32) if ids is None else np.asarray(ids, np.int32),
    }
    if points is not None and points is not codes:
        arrays["points"] = points
    if encoder is not None:
        arrays["encoder"] = np.frombuffer(encoder, np.uint8)
    for each in colourings:
        arrays[f"score.{each.key}"] = np.asarray(each.values, np.float32)
    blocks = {name: as_block(array) for name, array in arrays.items()}
    mean = codes.mean(axis=0, dtype=np.float64).astype(np.float32)
    small = {"mean": mean if projection is None or not drawn else projection.mean, "spread": codes.std(axis=0)}
    if chosen is not None:
        small["origin"] = np.asarray(chosen.mean, np.float32)
        small["components"] = np.asarray(chosen.components, np.float32)
    header = {
        "key": key,
        "shape": list(thumbnails.shape[1:]),
        "latent": latent,
        "count": count,
        "pictured": len(thumbnails),
        "movable": chosen is not None or inverse is not None,
        "inverse": inverse and {"neighbours": inverse.neighbours, "mean_code_error": inverse.mean_code_error},
        "classes": _classes(class_names if labels is not None else ()),
        "parts": _parts(parts, latent, points is not None, len(thumbnails)),
        "axes": list(axes or _axes(latent, chosen is not None)),
        "sliders": _sliders(codes, activity, ranges),
        "ends": list(ends or _ends(numbers[: len(thumbnails)])),
        "far": far,
        "offers": list(offers),
        "past": past and past.message,
        "plain": plain,
        "drawn": drawn,
        "colourings": [{"key": each.key, "title": each.title, "unit": each.unit} for each in colourings],
        "themes": {"light": asdict(LIGHT), "dark": asdict(DARK)},
        "blocks_url": ADDRESS,
    }
    return Scene(header, small, blocks, past).extended(groups, along)


def linked(scene: Scene, name: str, title: str, panels: bool) -> Scene:
    """The scene for a canvas that shares what is done with an image with all others of this name on the page.

    Images are the same where their ids are. `title` tells the canvases apart; without `panels` it has map and pictures
    alone. A scene that is linked otherwise is another scene to the browser.
    """
    link = {"name": name, "title": title, "panels": panels}
    return Scene({**scene.header, "link": link}, scene.small, scene.blocks, scene.past)


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


def _inverse_errors(inverse: Inverse | None, plane: Floats | None) -> list[Colouring]:
    if inverse is None:
        return []
    if plane is None:
        raise SettingError("There is a way back from the plane but no plane: give both.")
    unit = "distance to the true code, the point itself left out"
    return [Colouring("inverse_error", "Error of place → code", unit, inverse.errors)]


def _check_columns(count: int, colourings: Sequence[Colouring], ids: npt.NDArray[np.integer[Any]] | None) -> None:
    for each in colourings:
        if each.values.shape != (count,) or not np.isfinite(each.values).all():
            raise SettingError(f"{each.title} must be one finite number for each of {count} codes.")
    if ids is not None and ids.shape != (count,):
        raise SettingError(f"There are {len(ids)} image numbers for {count} codes: give one for each.")


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
    possible: dict[Part, bool] = {"map": has_points, "sliders": True, "walk": pictured > 1}
    if parts is None:
        return [part for part, fits in possible.items() if fits and (part != "sliders" or latent > 2)]
    for part in parts:
        if not possible.get(part, False):
            raise SettingError(f"The canvas cannot show {part!r} here: a map needs a plane, a walk pictures.")
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
