"""Rows of pictures under each other, one column for each image, and tables of numbers: both as plain HTML.

On a narrow screen the name of a row goes above its pictures, and all rows are pushed sideways together.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.pictures import Picture, data_uri
from pages.shared.theme import CSS_VARIABLES

STYLE = (
    f"<style>:root {{ {CSS_VARIABLES}}}"
    + """
.lab-scroll { overflow-x: auto; padding-bottom: 0.25rem; }
.lab-matrix { display: grid; grid-template-columns: 7.5rem repeat(var(--columns), var(--side));
  gap: 0.35rem 0.3rem; width: max-content; align-items: center; }
.lab-matrix [role=row] { display: contents; }
.lab-matrix [role=rowheader] { font-size: 0.875rem; line-height: 1.3; position: sticky; left: 0;
  grid-column: 1; overflow-wrap: anywhere; z-index: 1; height: 100%; display: grid; align-content: center;
  padding-right: 0.5rem; background: var(--lab-background); box-shadow: 0 0 0 1px var(--lab-background); }
.lab-matrix [role=columnheader], .lab-matrix [role=cell] { font-size: 0.8rem; line-height: 1.3; text-align: center;
  font-weight: 400; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; min-width: 0; }
.lab-matrix small, .lab-numbers small { display: block; font-size: 0.75rem; opacity: 0.8; font-weight: 400; }
.lab-matrix img { image-rendering: pixelated; display: block; width: 100%; height: auto; box-sizing: border-box;
  outline: 1px solid var(--lab-hairline); }
.lab-legend { display: block; height: 0.5rem; margin: 0.25rem 0 0.1rem; max-width: 7rem;
  outline: 1px solid var(--lab-hairline); }
.lab-matrix .lab-ends { display: flex; justify-content: space-between; max-width: 7rem; }
.lab-numbers { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.lab-numbers th, .lab-numbers td { padding: 0.3rem 1rem 0.3rem 0; text-align: right; font-weight: 400; border: 0;
  border-bottom: 1px solid var(--lab-hairline); vertical-align: top; }
.lab-numbers thead th { font-weight: 600; }
.lab-numbers thead tr:not(:last-child) > * { text-align: center; border: 0; padding-bottom: 0; white-space: nowrap; }
.lab-numbers .lab-apart { padding-left: 1.5rem; }
.lab-numbers th:first-child { text-align: left; }
@media (max-width: 640px) {
  .lab-matrix { grid-template-columns: repeat(var(--columns), var(--side)); }
  .lab-matrix [role=rowheader] { grid-column: 1 / -1; justify-self: start; margin-top: 0.4rem; }
  .lab-matrix .lab-corner { display: none; }
}
</style>"""
)


@dataclass(frozen=True)
class Scale:
    """What the colours of a row mean: from one end to the other."""

    colours: Sequence[str]
    low: str
    high: str


@dataclass(frozen=True)
class Row:
    """One row of a matrix: its name, a note below it, and one picture or word for each column."""

    label: str
    cells: Sequence[Picture | str]
    note: str = ""
    scale: Scale | None = None


@dataclass(frozen=True)
class Numbers:
    """One row of a table: what is measured, its unit and reduction, and one value for each column."""

    label: str
    unit: str
    values: Sequence[str]


def show_matrix(
    rows: Sequence[Row], heads: Sequence[str], label: str, side: int, place: DeltaGenerator | None = None
) -> None:
    """Pictures in rows, `side` CSS pixels wide, each column under its head. `label` says what the whole shows."""
    head = '<div role="cell" class="lab-corner"></div>' + "".join(
        f'<div role="{"columnheader" if each else "cell"}">{html.escape(each)}</div>' for each in heads
    )
    shown = [f'<div role="row">{head}</div>'] if any(heads) else []
    shown += [f'<div role="row">{_row_head(row)}{"".join(map(_cell, row.cells))}</div>' for row in rows]
    columns = max((len(row.cells) for row in rows), default=0)
    (place or st).html(
        f'{STYLE}<div class="lab-scroll" role="region" tabindex="0" aria-label="{html.escape(label)}">'
        f'<div class="lab-matrix" role="table" aria-label="{html.escape(label)}" '
        f'style="--columns: {columns}; --side: {side}px">{"".join(shown)}</div></div>'
    )


def side_for(width: int, wanted: int) -> int:
    """The multiple of an image's width that is closest to `wanted` CSS pixels: every pixel gets the same square."""
    return width * max(1, round(wanted / width))


def show_numbers(
    rows: Sequence[Numbers],
    heads: Sequence[str],
    label: str,
    place: DeltaGenerator | None = None,
    groups: Sequence[str] = (),
) -> None:
    """A table of numbers, measures down and what is measured across; `groups` are heads above as many columns each."""
    each = len(heads) // len(groups) if groups else len(heads)
    apart = [' class="lab-apart"' if index and index % each == 0 else "" for index in range(len(heads))]
    head = "<td></td>" + "".join(
        f'<th scope="col"{more}>{html.escape(name)}</th>' for name, more in zip(heads, apart, strict=True)
    )
    above = "".join(f'<th scope="colgroup" colspan="{each}">{html.escape(name)}</th>' for name in groups)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row.label)}<small>{html.escape(row.unit)}</small></th>'
        + "".join(f"<td{more}>{html.escape(value)}</td>" for value, more in zip(row.values, apart, strict=False))
        + "</tr>"
        for row in rows
    )
    (place or st).html(
        f'{STYLE}<div class="lab-scroll" role="region" tabindex="0" aria-label="{html.escape(label)}">'
        f'<table class="lab-numbers"><thead>{f"<tr><td></td>{above}</tr>" if above else ""}'
        f"<tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def digits(value: float | None) -> str:
    """A number with four digits that count; a dash where there is none."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}".rstrip(".")
    return text.replace("-", "−")


def decibels(value: float | None) -> str:
    """A ratio in dB with two digits after the point, as the field gives it; a dash where there is none."""
    return digits(value) if value is None or math.isinf(value) else f"{value:.2f}".replace("-", "−")


def _row_head(row: Row) -> str:
    note = f"<small>{html.escape(row.note)}</small>" if row.note else ""
    return f'<div role="rowheader">{html.escape(row.label)}{_legend(row.scale)}{note}</div>'


def _legend(scale: Scale | None) -> str:
    if scale is None:
        return ""
    return (
        f'<span class="lab-legend" style="background: linear-gradient(to right, {", ".join(scale.colours)})"></span>'
        f'<small class="lab-ends"><span>{html.escape(scale.low)}</span><span>{html.escape(scale.high)}</span></small>'
    )


def _cell(cell: Picture | str) -> str:
    if isinstance(cell, str):
        return f'<div role="cell">{html.escape(cell)}</div>'
    caption = f"<small>{html.escape(cell.caption)}</small>" if cell.caption else ""
    return f'<div role="cell"><img src="{data_uri(cell.pixels)}" alt="{html.escape(cell.alt)}">{caption}</div>'
