"""Projections of a run's codes, kept with the run: kept/projection-<method>.safetensors. Needs no torch.

    indices        int64    [n]     of the images in their split, ascending
    plane          float32  [n, 2]  where each code lies
    inverse_error  float32  [n]     distance between a code and what its neighbours in the plane would make of it

What else is known is JSON among the file's metadata. A projection belongs to the weights whose codes it shows: with
other weights it is outdated, which every reader is told.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aecore.errors import RunError
from aecore.runs.files import write_error, write_file
from aecore.runs.folder import CHECKPOINT, KEPT, PREVIOUS, Run

Method = Literal["umap", "t-sne"]

METHODS: tuple[Method, ...] = ("umap", "t-sne")
TITLES: Mapping[str, str] = {"umap": "UMAP", "t-sne": "t-SNE"}  # on screen
SPLITS = ("test", "train", "validation", "all")
FILES = tuple(f"projection-{method}.safetensors" for method in METHODS)
ABOUT = "projection"  # the key of the metadata
MEASURES = (
    "trustworthiness",
    "pca_trustworthiness",
    "inverse_error",
    "mean_code_error",
    "pixel_error",
    "mean_code_pixel_error",
)
ARRAYS: Mapping[str, tuple[str, int]] = {
    "indices": ("int64", 1),
    "plane": ("float32", 2),
    "inverse_error": ("float32", 1),
}
CHUNK = 2**20
LONGEST = 200  # characters of a fingerprint


@dataclass(frozen=True)
class AboutProjection:
    """What is known of a projection without its arrays. `measures` are those of `aecore.analysis.projections`."""

    method: str
    split: str  # or "all": train, validation and test on end
    images: int
    epoch: int
    weights: str  # fingerprint of the checkpoint
    data: str  # fingerprint of the data set: the indices mean nothing in another
    seed: int
    settings: Mapping[str, int | float]
    seconds: float
    measures: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class CodeProjection:
    """Codes of n images laid out in a plane."""

    about: AboutProjection
    indices: npt.NDArray[np.int64]  # [n], ascending
    plane: npt.NDArray[np.float32]  # [n, 2]
    inverse_error: npt.NDArray[np.float32]  # [n]

    @property
    def fingerprint(self) -> str:
        """Names it by its content."""
        content = hashlib.sha256(json.dumps(asdict(self.about)).encode())
        for name in ARRAYS:
            content.update(np.ascontiguousarray(getattr(self, name)).data)
        return content.hexdigest()


@dataclass(frozen=True)
class KeptProjection:
    """A line of the list: what is there, and whether it can be used."""

    method: Method
    about: AboutProjection | None  # None where the file is damaged
    outdated: bool  # of other weights than the run's newest
    message: str  # what is wrong and the way out; "" when nothing is


def weights_fingerprint(run: Run) -> str:
    """Names the newest checkpoint by its content; "" where there is none."""
    for name in (CHECKPOINT, PREVIOUS):
        path = run.path / name
        try:
            known = path.stat()
            return _digest(path, known.st_mtime_ns, known.st_size)
        except OSError:
            continue
    return ""


@lru_cache(maxsize=64)
def _digest(path: Path, changed_ns: int, size: int) -> str:
    """Of a file as it was then: hashing a large checkpoint anew for every list would be felt."""
    content = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            content.update(chunk)
    return content.hexdigest()[:32]


def write_projection(run: Run, projection: CodeProjection, root: str | Path | None = None) -> Path:
    """Keep it in the place of the last one of its method. RunError when the run is gone or the disk is full."""
    from safetensors.numpy import save

    if not run.path.is_dir():
        raise RunError(f"The run {run.id} is gone, so that its projection cannot be kept.")
    arrays = {name: np.ascontiguousarray(getattr(projection, name)) for name in ARRAYS}
    content: bytes = save(arrays, {ABOUT: json.dumps(asdict(projection.about))})
    path = _path(run, projection.about.method, root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, f"{KEPT}/", len(content)) from error
    write_file(path, content)
    return path


def read_projection(run: Run, method: str, root: str | Path | None = None, outdated: bool = False) -> CodeProjection:
    """The projection by a method. RunError when there is none, it is damaged, or other weights made it.

    With `outdated` those of other weights are given too: whoever asks must show that they are.
    """
    path = _path(run, method, root)
    found = _read(path, method)
    if not outdated and found.about.weights != weights_fingerprint(run):
        raise RunError(_old(method))
    return found


def list_projections(run: Run, root: str | Path | None = None) -> tuple[KeptProjection, ...]:
    """Those that are kept, with what is wrong with each; never an error."""
    return tuple(_line(run, method, root) for method in METHODS if _path(run, method, root).is_file())


def delete_projection(run: Run, method: str, root: str | Path | None = None) -> None:
    """RunError when there is none or it cannot be deleted."""
    path = _path(run, method, root)
    try:
        path.unlink()
    except FileNotFoundError:
        raise RunError(_none(run.id, method)) from None
    except OSError as error:
        raise RunError(
            f"{path.name} could not be deleted ({error.strerror}): make the folder of the runs writable."
        ) from error


def check_projection(path: Path) -> None:
    """RunError for a file that is no projection of the method its name says."""
    _read(path, path.stem.removeprefix("projection-"))


def _line(run: Run, method: Method, root: str | Path | None) -> KeptProjection:
    try:
        about = _read(_path(run, method, root), method).about
    except RunError as error:
        return KeptProjection(method, None, False, str(error))
    outdated = about.weights != weights_fingerprint(run)
    return KeptProjection(method, about, outdated, _old(method) if outdated else "")


def _path(run: Run, method: str, root: str | Path | None) -> Path:
    if method not in METHODS:
        raise RunError(f"There is no projection {method!r}: choose one of {', '.join(METHODS)}.")
    return run.kept_folder(root) / FILES[METHODS.index(method)]


def _read(path: Path, method: str) -> CodeProjection:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            about = _about(json.loads((file.metadata() or {})[ABOUT]), method)
            arrays = {name: file.get_tensor(name) for name in ARRAYS}
        _check(arrays, about)
    except FileNotFoundError:
        raise RunError(_none(path.parent.parent.name, method)) from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{path.name} is damaged ({error}): project the run again (python -m aecore project RUN --method {method})."
        ) from None
    return CodeProjection(about, **arrays)


def _about(values: Any, method: str) -> AboutProjection:
    """ValueError, KeyError, TypeError or AttributeError for values of another form."""
    known = {each.name for each in fields(AboutProjection)}
    if not isinstance(values, dict) or set(values) != known:
        raise ValueError(f"it does not say {', '.join(sorted(known))} and nothing else")
    about = AboutProjection(
        method=str(values["method"]),
        split=str(values["split"]),
        images=int(_number(values["images"])),
        epoch=int(_number(values["epoch"])),
        weights=str(values["weights"])[:LONGEST],
        data=str(values["data"])[:LONGEST],
        seed=int(_number(values["seed"])),
        settings={str(name): _number(each) for name, each in values["settings"].items()},
        seconds=float(_number(values["seconds"])),
        measures={str(name): _number(each) for name, each in values["measures"].items()},
    )
    if missing := [name for name in MEASURES if name not in about.measures]:
        raise ValueError(f"it does not say {', '.join(missing)}")
    if about.method != method or about.split not in SPLITS:
        raise ValueError(f"it is by {about.method!r} of the split {about.split!r}")
    return about


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return value


def _check(arrays: Mapping[str, npt.NDArray[Any]], about: AboutProjection) -> None:
    """ValueError for arrays of another form."""
    for name, (kind, axes) in ARRAYS.items():
        shape = (about.images, 2)[:axes]
        if arrays[name].dtype != kind or arrays[name].shape != shape:
            raise ValueError(f"{name} is {arrays[name].dtype} of shape {list(arrays[name].shape)}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    indices = arrays["indices"]
    if len(indices) and (indices[0] < 0 or (np.diff(indices) <= 0).any()):
        raise ValueError("its indices do not ascend from 0")


def _none(run: str, method: str) -> str:
    return f"{run} keeps no projection by {method}: make one (python -m aecore project {run} --method {method})."


def _old(method: str) -> str:
    return (
        f"The projection by {method} is of other weights than the run has now: its codes have moved since. Project the "
        "run again."
    )
