"""The recorded epochs of a run side by side: codes on one map, pictures, decoders and the loss.

Codes are those of the validation images that every snapshot keeps, without chance: the mean where the model is
variational. Snapshots store codes and decoders as float16, which rounds them to three digits. How the epochs are
brought onto one map stands in `aecore.analysis.alignment`.

What a person watches while a run is under way is the same object, made anew with each recorded epoch:

    history(run)                                everything
    history(run, recall=a function that keeps)  what does not change any more, `moment(run, epoch)`, comes from it
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aecore.analysis.alignment import Alignment, Figures, align, neighbours_kept
from aecore.analysis.export import decoder_onnx
from aecore.analysis.trained import Floats, Indices
from aecore.data.image_set import Labels, Pixels
from aecore.errors import DataError, RunError
from aecore.runs.folder import Run
from aecore.runs.opened import OpenRun, open_run
from aecore.runs.summary import number


@dataclass(frozen=True, eq=False)
class Moment:
    """A recorded epoch by itself. Nothing of it changes any more."""

    epoch: int
    codes: Floats  # [n, latent]; n is 0 where the model has no encoder
    originals: Pixels  # [k, channels, height, width]
    corrupted: Pixels  # of the same images
    reconstructions: Pixels  # of the same images; none where the model has no encoder
    samples: Pixels  # [s, channels, height, width], in every epoch from the same codes; none where none are drawn
    decoder: bytes | None  # ONNX, as `decoder_onnx` makes it
    lost: bool  # whether its decoder was asked for and cannot be had


@dataclass(frozen=True, eq=False)
class LossCurve:
    """The loss after every epoch, mean per image; NaN where it is not known."""

    name: str  # its only part, such as "cross_entropy", or "loss" for a sum of several
    epochs: Indices  # [m]
    training: Figures  # [m]
    validation: Figures  # [m]
    chapters: tuple[str, ...]  # the part of training that each epoch belongs to: their losses cannot be compared

    def at(self, epoch: int) -> float:
        """The validation loss after an epoch."""
        found = self.validation[self.epochs == epoch]
        return float(found[-1]) if len(found) else float("nan")


@dataclass(frozen=True, eq=False)
class History:
    """All recorded epochs of a run. Arrays that differ from epoch to epoch are indexed by it first."""

    epochs: Indices  # [e], ascending
    codes: Floats  # [e, n, latent], as recorded; n is 0 where the model has no encoder
    alignment: Alignment  # where they lie on the map, and how one gets there and back
    labels: Labels | None  # [n]
    originals: Pixels  # [k, channels, height, width]
    corrupted: Pixels  # [k, channels, height, width]
    reconstructions: Pixels  # [e, k, channels, height, width]
    samples: Pixels  # [e, s, channels, height, width]
    decoders: tuple[bytes | None, ...]  # one for each epoch; None where its weights were not kept
    loss: LossCurve
    note: str  # how to read the map, what is missing, and why


def moment(run: Run, epoch: int, with_decoder: bool = True) -> Moment:
    """One recorded epoch; its decoder takes 0.1 s. RunError when it was not recorded or is damaged."""
    kept = run.snapshot(epoch)
    wanted = with_decoder and len(kept.codes) > 0
    decoder = _decoder(run, epoch, bool(kept.decoder)) if wanted else None
    return Moment(
        epoch=epoch,
        codes=kept.codes,
        originals=kept.clean,
        corrupted=kept.corrupted,
        reconstructions=kept.reconstructions,
        samples=kept.samples,
        decoder=decoder,
        lost=wanted and decoder is None,
    )


def history(run: Run | OpenRun, recall: Callable[[Run, int], Moment] = moment) -> History:
    """The history of a run, also of one under way. RunError when no epoch was recorded or none can be read."""
    folder = run.run if isinstance(run, OpenRun) else run
    recorded = folder.snapshots()
    if not recorded:
        raise RunError(f"The run {folder.id} has recorded no epoch yet: come back when its first epoch is over.")
    moments, left_out = _recalled(folder, recorded, recall)
    moments, misfits = _fitting(moments)
    if not moments:
        raise RunError(f"No recorded epoch of the run {folder.id} can be shown. {left_out} {misfits}".rstrip())
    return _together(folder, moments, f"{left_out} {misfits}".strip())


def changes(history: History) -> list[dict[str, float | int | None]]:
    """What each recorded epoch changed, as rows of plain values; None where there is nothing to say.

    epoch, loss (validation), alignment_residual, spread, movement, neighbours_kept: see `aecore.analysis.alignment`.
    """
    alignment = history.alignment
    columns = {
        "loss": [history.loss.at(int(epoch)) for epoch in history.epochs],
        "alignment_residual": alignment.residuals.tolist(),
        "spread": alignment.spreads.tolist(),
        "movement": alignment.movements.tolist(),
        "neighbours_kept": neighbours_kept(history.codes).tolist(),
    }
    return [
        {"epoch": int(epoch)} | {name: _known(values[index]) for name, values in columns.items()}
        for index, epoch in enumerate(history.epochs)
    ]


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _decoder(run: Run, epoch: int, recorded: bool) -> bytes | None:
    """The recorded one, or that of the checkpoint where this is its epoch; None where neither can be had."""
    if not recorded and epoch != run.summary().epochs_done:
        return None
    try:
        opened = open_run(run, epoch=epoch if recorded else None)
    except (RunError, DataError):
        return None
    return decoder_onnx(opened) if opened.epoch == epoch else None


def _recalled(run: Run, recorded: Sequence[int], recall: Callable[[Run, int], Moment]) -> tuple[list[Moment], str]:
    """The moments that can be read, and why the others cannot: training may have gone back before one meanwhile."""
    found, problems = [], []
    for epoch in recorded:
        try:
            found.append(recall(run, epoch))
        except RunError as error:
            problems.append(f"Epoch {epoch} is left out. {error}")
    return found, " ".join(problems)


def _fitting(moments: Sequence[Moment]) -> tuple[list[Moment], str]:
    """Moments of finite codes and the sizes of the last one, and a sentence about the others."""
    finite = [each for each in moments if np.isfinite(each.codes).all()]
    fitting = [each for each in finite if _sizes(each) == _sizes(finite[-1])]
    misfits = [each.epoch for each in moments if all(each is not one for one in fitting)]
    if not misfits:
        return fitting, ""
    return fitting, f"{_epochs(misfits)} left out: codes that are not finite, or not of the same images as the last."


def _sizes(moment: Moment) -> tuple[tuple[int, ...], ...]:
    return moment.codes.shape, moment.originals.shape, moment.reconstructions.shape, moment.samples.shape


def _together(run: Run, moments: Sequence[Moment], left_out: str) -> History:
    codes = np.stack([each.codes for each in moments])
    alignment = align(codes)
    last = moments[-1]
    return History(
        epochs=np.array([each.epoch for each in moments], dtype=np.int64),
        codes=codes,
        alignment=alignment,
        labels=_labels(run, codes.shape[1]),
        originals=last.originals,
        corrupted=last.corrupted,
        reconstructions=np.stack([each.reconstructions for each in moments]),
        samples=np.stack([each.samples for each in moments]),
        decoders=tuple(each.decoder for each in moments),
        loss=_loss(run),
        note=" ".join(filter(None, (_without_codes(run, codes), alignment.note, _missing(moments), left_out))),
    )


def _labels(run: Run, count: int) -> Labels | None:
    """A starter run may keep fewer codes than labels."""
    labels = run.preview_labels()
    return labels[:count] if labels is not None and 0 < count <= len(labels) else None


def _loss(run: Run) -> LossCurve:
    rows = run.metrics()
    return LossCurve(
        name=_name(rows[-1].get("validation") if rows else None),
        epochs=np.array([row["epoch"] for row in rows], dtype=np.int64),
        training=_values(rows, "train"),
        validation=_values(rows, "validation"),
        chapters=tuple(str(row.get("chapter", "")) for row in rows),
    )


def _name(measured: object) -> str:
    parts = measured if isinstance(measured, dict) else {}
    same = [name for name, value in parts.items() if name != "loss" and value == parts.get("loss")]
    return str(same[0]) if same else "loss"


def _values(rows: Sequence[object], part: str) -> Figures:
    found = [number(row, part, "loss") for row in rows]
    return np.array([np.nan if each is None else each for each in found], dtype=np.float64)


def _without_codes(run: Run, codes: Floats) -> str:
    if codes.shape[1]:
        return ""
    why = "restores pictures and has no code" if run.summary().restores else "has no encoder"
    return f"There is no map: the model {why}. Only pictures and the loss were recorded."


def _missing(moments: Sequence[Moment]) -> str:
    """What cannot be shown of these epochs."""
    sentences = []
    if len(moments) == 1:
        sentences.append(f"Epoch {moments[0].epoch} alone was recorded, so that nothing moves.")
    without = [each.epoch for each in moments if each.lost]
    if without:
        sentences.append(f"{_epochs(without)} recorded without decoder: no code can be decoded as the model was then.")
    return " ".join(sentences)


def _epochs(epochs: Sequence[int]) -> str:
    """ "Epoch 1 was", "Epochs 1 and 2 were", "9 epochs from 1 to 40 were"."""
    if len(epochs) == 1:
        return f"Epoch {epochs[0]} was"
    if len(epochs) == 2:
        return f"Epochs {epochs[0]} and {epochs[1]} were"
    return f"{len(epochs)} epochs from {epochs[0]} to {epochs[-1]} were"
