"""What a command answers: one JSON document, and the same for a person to read."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`document` is printed with --json, `text` without; `exit_status` is 0 unless the answer itself is a no."""

    document: Any
    text: str
    exit_status: int = 0


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> str:
    """Rows as aligned text; `columns` maps keys to headings. Numbers stand right."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    lines = [list(columns.values()), *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    right = [all(isinstance(row.get(key), (int, float)) for row in rows) and bool(rows) for key in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def listing(values: Mapping[str, object], indent: str = "") -> str:
    """Names and values, one a line, nested mappings indented."""
    lines = []
    width = max((len(name) for name, value in values.items() if not isinstance(value, Mapping)), default=0)
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}", listing(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name.ljust(width)}  {_cell(value)}")
    return "\n".join(lines)


def show_progress(text: str) -> None:
    """One line on standard error that replaces itself, only where a person is watching."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def end_progress() -> None:
    """Leave the line of `show_progress`."""
    show_progress("")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
