"""What a command answers: one JSON document, and the same for a person to read."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EMPTY: tuple[object, ...] = (None, "", (), [], {})


@dataclass(frozen=True)
class Answer:
    """`document` is printed with --json, `text` without; `exit_status` is 0 unless the answer itself is a no."""

    document: Any
    text: str
    exit_status: int = 0

    def to_json(self) -> str:
        """The document on one line, in ASCII. JSON knows no NaN and no infinity: they become null."""
        return json.dumps(_finite(self.document), allow_nan=False)


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> str:
    """Rows as aligned text; `columns` maps keys to headings. Columns of numbers stand right."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    lines = [list(columns.values()), *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    right = [_is_numeric([row.get(key) for row in rows]) for key in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def listing(values: Mapping[str, object], indent: str = "") -> str:
    """Names and values, one a line, nested mappings indented; what is empty is left out."""
    shown = [(name, value) for name, value in _spread(values) if value not in EMPTY]
    width = max((len(name) for name, value in shown if not isinstance(value, Mapping)), default=0)
    lines = []
    for name, value in shown:
        if isinstance(value, Mapping):
            lines += [f"{indent}{readable(name)}", listing(value, indent + "  ")]
        else:
            lines.append(f"{indent}{readable(name).ljust(width)}  {_cell(value)}")
    return "\n".join(lines)


def _spread(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """A list of mappings as that many numbered mappings."""
    for name, value in values.items():
        if isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) for each in value):
            yield from ((f"{name} {index}", each) for index, each in enumerate(value, 1))
        else:
            yield name, value


def readable(text: str) -> str:
    """The text without what a terminal would obey instead of show: names may come from anybody's files."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)


def counted(count: int, noun: str) -> str:
    """ "1 file", "1,200 files"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def _is_numeric(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return "" if value is None else readable(str(value))
