"""Measures as rows of a table, each with its unit and reduction: the same words on every page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pages.shared.matrix import Numbers, decibels, digits

if TYPE_CHECKING:  # they load torch
    from aecore.analysis.evaluate import Evaluation
    from aecore.analysis.measures import Measures


def measure_rows(columns: "Mapping[str, Measures | None]", over: str, of: str = "") -> list[Numbers]:
    """Squared error, PSNR and, where one is known, cross-entropy, a column for each of `columns`.

    `over` says which images the means are over, `of` whose measures they are where the columns do not.
    """
    found = list(columns.values())
    squared, ratio = (f"{of}: squared error", f"{of}: PSNR") if of else ("Squared error", "PSNR")
    sums = [digits(m.sse_per_image if m else None) for m in found]
    means = [digits(m.mse_per_pixel if m else None) for m in found]
    ratios = [decibels(m.psnr_db if m else None) for m in found]
    rows = [
        Numbers(squared, f"summed over pixels, mean over {over}", sums),
        Numbers(squared, f"mean over pixels and {over}", means),
        Numbers(ratio, "dB, of that mean", ratios),
    ]
    if any(m is not None and m.bce_nats_per_image is not None for m in found):
        entropies = [digits(m.bce_nats_per_image if m else None) for m in found]
        label = f"{of}: cross-entropy" if of else "Cross-entropy"
        rows.append(Numbers(label, f"nats, summed over pixels, mean over {over}", entropies))
    return rows


BOUNDS = {
    "neg_elbo_nats_per_image": ("Negative ELBO", "nats"),
    "kl_nats_per_image": ("KL divergence", "nats"),
    "neg_elbo_binarised_nats_per_image": ("Negative ELBO", "nats, binarised pixels"),
    "kl_binarised_nats_per_image": ("KL divergence", "nats, binarised pixels"),
    "nll_nats_per_image": ("Negative log likelihood", "nats, binarised pixels, importance samples"),
}


def bound_rows(columns: "Sequence[Evaluation | None]", over: str) -> list[Numbers]:
    """What is known of variational models: bounds, likelihoods and numbers in use; a row only where one has it."""
    rows = [
        Numbers(label, f"{unit}, mean over {over}", [digits(getattr(each, name, None)) for each in columns])
        for name, (label, unit) in BOUNDS.items()
        if any(getattr(each, name, None) is not None for each in columns)
    ]
    units = [each.active_units if each else None for each in columns]
    if any(each is not None for each in units):
        shown = ["–" if each is None else f"{each:,}" for each in units]
        rows.append(Numbers("Active units", f"variance of the mean above 0.01 over {over}", shown))
    return rows


def mean_of(group: "Sequence[Measures]") -> "Measures | None":
    """The measures of several images together; None where there are none."""
    if not group:
        return None
    errors = [each.sse_per_image for each in group]
    return replace(group[0], images=len(group), sse_per_image=sum(errors) / len(errors))
