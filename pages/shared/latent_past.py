"""The recorded epochs of a run as they travel to the time machine of the latent canvas (assets/browser/past.js).

The message of a scene only says that there are some. The rest is fetched when the panel is first opened:

    history    one packed block: what `aecore.analysis.history` found, and where the blocks below are
    pictures   uint8 [n, channels, height, width], the images of the recorded codes; the same for all runs on the data
    decoders   a block for each epoch that has one, fetched when a person comes to that epoch

A `Recorder` makes them anew when an epoch is added: it keeps what does not change, so that this costs a tenth of a
second for each new epoch.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.browser.blocks import Block, as_block
from aecore.browser.canvas import Past
from aecore.browser.packing import pack
from aecore.errors import LabError

if TYPE_CHECKING:
    from aecore.analysis.history import History, Moment
    from aecore.runs.folder import Run
    from aecore.runs.opened import OpenRun

MOST_BYTES = 256 * 1024 * 1024  # of all decoders of a run: they are held as long as its scene is
PICTURES_BYTES = 64 * 1024 * 1024


@dataclass
class Recorder:
    """The past of one run, kept between its epochs."""

    newest: Past | None = None
    _seen: tuple[object, ...] = ()
    _moments: dict[tuple[int, int, bool], "Moment"] = field(default_factory=dict)  # by epoch, time of writing, decoder
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def renew(self, opened: "OpenRun") -> Past:
        """The past as it is now; the same object when no epoch has been recorded since."""
        with self._lock:
            seen = _files_of(opened.run)
            if self.newest is None or seen != self._seen:
                self.newest, self._seen = self._made(opened), seen
            return self.newest

    def _made(self, opened: "OpenRun") -> Past:
        from aecore.analysis.history import history

        try:
            decoding = self._decoding(opened.run)
            found = history(opened, lambda run, epoch: self._moment(run, epoch, epoch in decoding))
        except LabError as error:
            return Past(f"There is nothing to look back at. {error}")
        finally:
            self._forget(opened.run)
        if not found.codes.shape[1] or len(found.epochs) < 2:
            return Past(f"There is nothing to look back at. {found.note}")
        return _past(found, opened, len(decoding))

    def _moment(self, run: "Run", epoch: int, with_decoder: bool) -> "Moment":
        from aecore.analysis.history import moment

        key = (epoch, _written(run, epoch), with_decoder)
        if key not in self._moments:
            self._moments[key] = moment(run, epoch, with_decoder)
        return self._moments[key]

    def _forget(self, run: "Run") -> None:
        """Moments of epochs that are no longer there, or were written anew."""
        there = set(_files_of(run))
        self._moments = {key: each for key, each in self._moments.items() if key[:2] in there}

    def _decoding(self, run: "Run") -> frozenset[int]:
        """The epochs whose decoders are held: all, or as many as there is room for, the last among them."""
        epochs = run.snapshots()
        if not epochs:
            return frozenset()
        decoder = self._moment(run, epochs[-1], True).decoder or b""
        affordable = max(1, MOST_BYTES // max(1, len(decoder)))
        return frozenset(epochs[:: -ceil(len(epochs) / affordable)])


@st.cache_resource(max_entries=3, show_spinner=False)
def recorder_of(path: str) -> Recorder:
    """The recorder of the run in this folder, for all visitors of the server."""
    return Recorder()


def _files_of(run: "Run") -> tuple[tuple[int, int], ...]:
    return tuple((epoch, _written(run, epoch)) for epoch in run.snapshots())


def _written(run: "Run", epoch: int) -> int:
    """When; 0 where training has gone back before that epoch meanwhile."""
    path = run.snapshot_path(epoch)
    return path.stat().st_mtime_ns if path.exists() else 0


def _past(found: "History", opened: "OpenRun", decoded: int) -> Past:
    from aecore.plots.training import title

    decoders = [each and as_block(np.frombuffer(each, np.uint8)) for each in found.decoders]
    pictures, problem = _pictures(found, opened)
    header = {
        "latent": found.codes.shape[2],
        "count": found.codes.shape[1],
        "kept": len(found.originals),
        "pictures": pictures and pictures.place,
        "offset": opened.splits.offset("validation"),
        "labelled": found.labels is not None,
        "axes": list(found.alignment.axes),
        "decoders": [each and each.place for each in decoders],
        "undecoded": _undecoded(found, decoded),
        "loss": {"title": title(found.loss.name), "chapters": list(found.loss.chapters)},
        "note": " ".join(filter(None, (found.note, problem))),
    }
    history = as_block(np.frombuffer(pack(header, _arrays(found)), np.uint8))
    return Past("", history, tuple(each for each in (pictures, *decoders) if each))


def _arrays(found: "History") -> Mapping[str, npt.NDArray[Any]]:
    labels = np.zeros(found.codes.shape[1]) if found.labels is None else found.labels
    return {
        "epochs": found.epochs.astype(np.int32),
        "plane": np.asarray(found.alignment.plane, np.float32),
        "means": np.asarray(found.alignment.means, np.float32),
        "components": np.asarray(found.alignment.components, np.float32),
        "labels": labels.astype(np.int32),
        "originals": found.originals,
        "corrupted": found.corrupted,
        "reconstructions": found.reconstructions,
        "loss_epochs": found.loss.epochs.astype(np.int32),
        "training": found.loss.training.astype(np.float32),
        "validation": found.loss.validation.astype(np.float32),
    }


def _pictures(found: "History", opened: "OpenRun") -> tuple[Block | None, str]:
    """The images of the recorded codes: the first validation images, unless the data have changed since."""
    images, kept = opened.splits.validation.images, len(found.originals)
    if len(images) < found.codes.shape[1] or not np.array_equal(images[:kept], found.originals):
        return None, "The data set is not what it was when these epochs were recorded: points have no pictures."
    fitting = max(1, PICTURES_BYTES // max(1, int(np.prod(images.shape[1:]))))
    return as_block(np.ascontiguousarray(images[: min(found.codes.shape[1], fitting)])), ""


def _undecoded(found: "History", wanted: int) -> str:
    """What is said where an epoch has no decoder; "" when all have one."""
    epochs = [int(epoch) for epoch, each in zip(found.epochs, found.decoders, strict=True) if each is not None]
    if len(epochs) == len(found.epochs):
        return ""
    if not epochs:
        return "No epoch of this run can be decoded: its decoders were not recorded."
    if epochs == [int(found.epochs[-1])]:
        return "Only the last epoch can be decoded: the others were recorded without their decoder."
    too_large = f"of more, the decoders take more than {MOST_BYTES >> 20} MB"
    why = too_large if wanted < len(found.epochs) else "the others were recorded without their decoder"
    return f"Only {len(epochs)} of {len(found.epochs)} recorded epochs can be decoded: {why}."
