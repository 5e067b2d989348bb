"""Choosing what is done to an image before a model sees it: the kind of corruption and its strength in its own unit."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from aecore.variants.compose import Choice

STEPS = 20  # of the strength, for each power of ten that its range spans


@dataclass(frozen=True)
class Noise:
    """A corruption of the catalog; `level` is None for a run's own strength, or where there is nothing to set."""

    kind: str
    level: float | None
    corrupts: bool  # whether anything is done to the image


def pick_noise(scope: str, own: "Choice") -> Noise:
    """The two widgets. They begin with `own`, what the run was trained with; `scope` begins their keys."""
    from aecore.corruption.catalog import CORRUPTIONS, strength

    kinds = list(CORRUPTIONS)
    notes = "  \n".join(f"{part.title}: {part.summary}" for part in CORRUPTIONS.values())
    kind = str(
        st.selectbox(
            "Corruption",
            kinds,
            kinds.index(own.kind),
            format_func=lambda each: CORRUPTIONS[each].title,
            key=f"{scope}.corruption",
            help=notes,
        )
    )
    known = strength(kind)
    if known is None or known.low is None or known.high is None:
        return Noise(kind, None, corrupts=False)
    usual = getattr(own.settings, known.name) if kind == own.kind else known.default
    if not isinstance(usual, (int, float)):
        raise TypeError(f"the strength of {kind} is {usual!r}, which no slider shows")
    step = 10.0 ** math.floor(math.log10(known.high)) / STEPS
    level = st.slider(
        f"{known.label} ({known.unit})",
        float(known.low),
        float(known.high),
        float(usual),
        step,
        format="%.3g",
        key=f"{scope}.level.{kind}",
        help=f"{known.reason[:1].upper()}{known.reason[1:]}.",
    )
    return Noise(kind, None if kind == own.kind and level == usual else float(level), corrupts=level > 0)
