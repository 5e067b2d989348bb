"""The codes of several epochs on one map, so that what moves there has moved and was not merely turned.

Networks that differ by a turn of the code decode alike, so that an epoch may turn all codes without having learned
anything. With X_e [n, latent] the codes of epoch e about their mean m_e, and Y those of the last epoch:

    turn         R_e = argmin |X_e R - Y|  over R R^T = 1                 reflections too; the scale stays as it is
    plane        (code - m_e) C_e^T,  C_e = P R_e^T  [2, latent]          P: principal components of the last epoch
    back         code = m_e + place C_e                                   the rows of C_e are orthonormal
    residual     1 - (sum of the singular values of X_e^T Y)^2 / (|X_e|^2 |Y|^2)
    spread       root of the codes' variance, summed over the numbers of the code
    movement     mean |X_e R_e - X_(e-1) R_(e-1)| / spread of epoch e

The residual is the share of the last epoch's variance that the turned codes leave unexplained at the scale that suits
them best: 0 where codes were only turned and stretched, near 1 where nothing of their arrangement was there yet.
Growing and shrinking is learning and stays to be seen; the spread tells it. Codes of one or two numbers are the map
themselves: nothing is turned or shifted, C_e is the identity and the residual has no value.

Source: Schönemann, "A Generalized Solution of the Orthogonal Procrustes Problem", Psychometrika 1966. Turning
all epochs onto the last one, the residual and the movement are our choice.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aecore.analysis.latent import plane_of
from aecore.analysis.neighbours import NEIGHBOURS, nearest
from aecore.analysis.trained import Floats

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Codes [e, n, latent] of e epochs on one map."""

    plane: Floats  # [e, n, 2]
    means: Floats  # [e, latent]: place = (code - mean) components^T, but for the height of codes of one number
    components: Floats  # [e, 2, latent]
    residuals: Figures  # [e]; NaN where nothing was turned
    spreads: Figures  # [e]; NaN without codes
    movements: Figures  # [e]; NaN for the first
    axes: tuple[str, str]
    note: str


def align(codes: Floats) -> Alignment:
    """Turn every epoch onto the last; n may be 0, e may not."""
    if not codes.shape[1]:
        return _nowhere(*codes.shape)
    return _as_they_are(codes) if codes.shape[2] <= 2 else _turned(codes)


def neighbours_kept(codes: Floats) -> Figures:
    """Of codes [e, n, latent]: the share of each code's 10 nearest others that were so in the epoch before, mean: [e].

    NaN for the first epoch and for fewer than 12 codes. Chance alone keeps 10 / (n - 1).
    """
    kept = np.full(len(codes), np.nan)
    if codes.shape[1] < NEIGHBOURS + 2:
        return kept
    found = [nearest(each, NEIGHBOURS) for each in codes]
    for index in range(1, len(found)):
        same = found[index][:, :, None] == found[index - 1][:, None, :]
        kept[index] = same.any(2).mean()
    return kept


def _nowhere(epochs: int, count: int, latent: int) -> Alignment:
    unknown = np.full(epochs, np.nan)
    return Alignment(
        plane=np.empty((epochs, count, 2), np.float32),
        means=np.zeros((epochs, latent), np.float32),
        components=_axes_of(epochs, latent),
        residuals=unknown,
        spreads=unknown,
        movements=unknown,
        axes=("", ""),
        note="",
    )


def _as_they_are(codes: Floats) -> Alignment:
    epochs, _, latent = codes.shape
    _, _, axes, note = plane_of(codes[-1])
    spreads = _spreads(codes)
    return Alignment(
        plane=np.stack([plane_of(each)[0] for each in codes]),
        means=np.zeros((epochs, latent), np.float32),
        components=_axes_of(epochs, latent),
        residuals=np.full(epochs, np.nan),
        spreads=spreads,
        movements=_movements(codes, spreads),
        axes=axes,
        note=note,
    )


def _turned(codes: Floats) -> Alignment:
    means = codes.mean(1, dtype=np.float64).astype(np.float32)
    centred = codes - means[:, None]
    turns, residuals = zip(*(_turn(each, centred[-1]) for each in centred), strict=True)
    _, projection, axes, note = plane_of(codes[-1])
    assert projection is not None  # codes of more than two numbers have one
    components = np.stack([projection.components @ turn.T for turn in turns])
    spreads = _spreads(codes)
    return Alignment(
        plane=np.asarray(centred @ components.transpose(0, 2, 1), np.float32),
        means=means,
        components=components,
        residuals=np.array(residuals),
        spreads=spreads,
        movements=_movements(centred @ np.stack(turns), spreads),
        axes=axes,
        note=f"{note} {_how_turned(codes)}".rstrip(),
    )


def _turn(codes: Floats, onto: Floats) -> tuple[Floats, float]:
    """The turn [latent, latent] and the residual; NaN where codes do not vary."""
    basis = _basis(codes, onto)
    left, shared, right = np.linalg.svd((codes @ basis).T @ (onto @ basis))
    explained, within = shared.sum(dtype=np.float64), left @ right
    whole = np.square(codes, dtype=np.float64).sum() * np.square(onto, dtype=np.float64).sum()
    residual = max(0.0, 1.0 - float(explained) ** 2 / float(whole)) if whole else float("nan")
    beside = np.eye(len(basis), dtype=np.float32) - basis @ basis.T
    return np.asarray(basis @ within @ basis.T + beside, np.float32), residual


def _basis(codes: Floats, onto: Floats) -> Floats:
    """[latent, m]: orthonormal columns that span both. Few codes of many numbers are turned within what they span."""
    count, latent = codes.shape
    if 2 * count >= latent:
        return np.eye(latent, dtype=np.float32)
    return np.asarray(np.linalg.qr(np.concatenate([codes, onto]).T)[0], np.float32)


def _how_turned(codes: Floats) -> str:
    epochs, count, latent = codes.shape
    if epochs == 1:
        return ""
    how = "The codes of every epoch are turned and shifted onto those of the last one; their scale is not changed."
    if count > latent:
        return how
    return f"{how} {count:,} codes of {latent:,} numbers leave the turn much freedom: trust the motion little."


def _spreads(codes: Floats) -> Figures:
    return np.asarray(np.sqrt(codes.var(1, dtype=np.float64).sum(1)))


def _movements(codes: Floats | Figures, spreads: Figures) -> Figures:
    """Mean way of a code since the epoch before; NaN where the codes do not vary."""
    ways = np.linalg.norm(np.diff(codes.astype(np.float64), axis=0), axis=2).mean(1)
    units = np.where(spreads > 0, spreads, np.nan)
    return np.concatenate([[np.nan], ways / units[1:]])


def _axes_of(epochs: int, latent: int) -> Floats:
    return np.broadcast_to(np.eye(2, latent, dtype=np.float32), (epochs, 2, latent))
